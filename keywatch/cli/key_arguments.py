"""The options of `keywatch key …`. Parses nothing itself."""

from __future__ import annotations

import argparse
from typing import Any

from keywatch.cli.rotate_arguments import add_retire, add_rotate


def add_key(parser: argparse.ArgumentParser) -> None:
    """`keywatch key list`, and its siblings."""
    from keywatch.cli.key_create_arguments import add_create

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(parser))
    _add_list(actions)
    add_create(actions)
    add_rotate(actions)
    add_retire(actions)


def _add_list(actions: Any) -> None:
    listing = actions.add_parser(
        "list", help="every AWS key of files and vault", description="Every AWS key of files and vault.",
        allow_abbrev=False,
    )  # fmt: skip
    listing.add_argument(
        "--online", action="store_true", help="ask AWS with each key of the vault, which logs it; never with a canary's"
    )
    listing.add_argument("--json", action="store_true", help="as JSON (docs/aws.md)")
