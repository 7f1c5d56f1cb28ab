"""The options of `keywatch key …`. Parses nothing itself."""

from __future__ import annotations

import argparse
from typing import Any

from keywatch.cli.rotate_arguments import add_retire, add_rotate
from keywatch.cli.vault_arguments import seconds


def add_key(parser: argparse.ArgumentParser) -> None:
    """`keywatch key list`, and its siblings."""
    from keywatch.cli.key_create_arguments import add_create

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(parser))
    _add_list(actions)
    add_create(actions)
    add_rotate(actions)
    add_retire(actions)
    _add_session(actions)
    _add_consumers(actions)


def _add_list(actions: Any) -> None:
    listing = actions.add_parser(
        "list", help="every AWS key of files and vault", description="Every AWS key of files and vault.",
        allow_abbrev=False,
    )  # fmt: skip
    listing.add_argument(
        "--online", action="store_true", help="ask AWS with each key of the vault, which logs it; never with a canary's"
    )
    listing.add_argument("--json", action="store_true", help="as JSON (docs/aws.md)")


def _add_session(actions: Any) -> None:
    session = actions.add_parser(
        "session", help="have programs get temporary keys of an entry, never the entry itself",
        description="Have programs get temporary keys of an entry (STS), never the entry itself. Where that is so, say "
        "how they are got, and until when the one at hand is good.",
        allow_abbrev=False,
    )  # fmt: skip
    session.add_argument("entry", metavar="ENTRY", help="the entry's name")
    session.add_argument("--role", metavar="ARN", help="of this role (AssumeRole), not of the key's own user")
    session.add_argument(
        "--mfa",
        nargs="?",
        const="",
        metavar="ARN",
        help="with a code of this MFA device; without ARN: the user's only one",
    )
    session.add_argument("--duration", type=seconds, metavar="TIME", help="15m to 36h, of a role to 12h (default: 1h)")
    session.add_argument("--external-id", metavar="TEXT", help="what the role's trust policy asks for")
    session.add_argument("--now", action="store_true", help="get a new one now, and ask for its MFA code here")
    session.add_argument("--off", action="store_true", help="have programs get the long-lived key again")
    session.add_argument("--vault", default="", metavar="FILE", help="another vault file, or 'keyring'")
    session.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from descriptor N")
    session.add_argument("--json", action="store_true", help="as JSON (docs/sessions.md)")


def _add_consumers(actions: Any) -> None:
    consumers = actions.add_parser(
        "consumers", help="which programs have used which entry", description="Which programs have used which entry.",
        allow_abbrev=False,
    )  # fmt: skip
    consumers.add_argument("entry", nargs="?", metavar="ENTRY", help="of this entry only")
    consumers.add_argument("--forget", metavar="PROGRAM", help="have this program be new to ENTRY again")
    consumers.add_argument("--json", action="store_true", help="as JSON (docs/consumers.md)")
