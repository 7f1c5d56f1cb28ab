"""The options of `keywatch key rotate` and `keywatch key retire`. Parses, and does nothing else."""

from __future__ import annotations

import argparse
from typing import Any

from keywatch.cli.parser import RawHelp
from keywatch.config import parse_time

_ROTATE = """\
examples:
  keywatch key rotate aws-work --dry-run         show whose key it is, what uses it and what would be done
  keywatch key rotate aws-work                   make the second key, verify it, switch the entry to it
  keywatch key rotate aws-work --profile admin   have a profile of ~/.aws sign, where the key may not manage itself
  keywatch key retire aws-work                   afterwards, now and then: end the old key when nobody uses it

exit status:
  0  rotated, or shown with --dry-run   1  you said no
  2  wrong usage, or no key that can be rotated
  3  it failed; all is as before, or the message says what is not
"""
_RETIRE = """\
examples:
  keywatch key retire                            take the steps that are due, for all rotations
  keywatch key retire aws-work --now             deactivate the old key at once
  keywatch key retire aws-work --now --delete-after 0   and delete it: the key is in wrong hands
  keywatch key retire aws-work --back            take the old key into use again

exit status:
  0  what was due was done, also where a step is waited for   1  you said no
  2  wrong usage   3  a step failed; the others were taken
"""


def add_rotate(actions: Any) -> None:
    """`keywatch key rotate ENTRY`."""
    parser = _action(actions, "rotate", "replace an AWS key by a new one, while everything goes on", _ROTATE)
    parser.add_argument("entry", metavar="ENTRY", help="the entry whose key is rotated")
    parser.add_argument(
        "--drop", metavar="KEYID", default="",
        help="of two keys, delete this one first, if it is inactive or was not used for 90 days",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="show the plan, and change nothing")
    _add_common(parser)


def add_retire(actions: Any) -> None:
    """`keywatch key retire [ENTRY]`."""
    parser = _action(actions, "retire", "deactivate, later delete the old keys of rotations", _RETIRE)
    parser.add_argument("entry", metavar="ENTRY", nargs="?", default="", help="of this entry alone")
    parser.add_argument(
        "--after", type=_time, metavar="TIME",
        help="deactivate once it was not used for so long since the switch (default: 1d); kept for the next time",
    )  # fmt: skip
    parser.add_argument(
        "--delete-after", type=_time, metavar="TIME",
        help="delete so long after it was deactivated (default: 14d); kept for the next time",
    )  # fmt: skip
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--now", action="store_true", help="deactivate it at once, whoever uses it")
    how.add_argument("--back", action="store_true", help="give the old key again, and retire the new one instead")
    _add_common(parser)


def _action(actions: Any, name: str, text: str, epilog: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = actions.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=epilog,
        formatter_class=RawHelp, allow_abbrev=False,
    )  # fmt: skip
    return made


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vault", default="", metavar="FILE", help="another vault file, 'keyring' or 'system'")
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--profile", metavar="NAME", default="", help="sign as this profile of ~/.aws (default: the key itself)"
    )
    who.add_argument("--as", dest="signer", metavar="ENTRY", default="", help="sign as this entry of the vault")
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="as JSON (docs/rotation.md); asks nothing")
    parser.add_argument("--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from descriptor N")


def _time(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
