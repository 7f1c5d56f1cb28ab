"""The command line's definitions for moving keys: move, undo, recover. Parses, and does nothing else."""

from __future__ import annotations

import argparse

WAYS = ("profile", "env", "exec", "fifo", "literal", "unit", "tool", "redact")

_MOVE = """\
examples:
  keywatch move ~/.aws/credentials      move the keys of this file
  keywatch move 3f2a                    move one finding, by its id in a sweep
  keywatch move --all --dry-run         show what would be done to all findings
  keywatch move --to keyring --yes .env
"""
_MOVE_EXIT = """\
exit status:
  0  all that was asked for was moved   1  something can't be rewritten, or you said no
  2  wrong usage                        3  it failed; everything stands as before, or the message says what does not
"""
_UNDO = """\
examples:
  keywatch undo --list                  the moves that were made
  keywatch undo                         undo the last one
  keywatch undo 9c41 --remove-entry     undo this one, and take its key out of the vault
"""


def add_move(parser: argparse.ArgumentParser) -> None:
    """`keywatch move`."""
    parser.epilog = f"{_MOVE}\n{_MOVE_EXIT}"
    parser.add_argument(
        "words", nargs="*", metavar="FINDING|PATH", help="what to move: a finding's id, a file, FILE:LINE"
    )
    parser.add_argument("--all", action="store_true", help="every finding of the well-known places")
    parser.add_argument(
        "--to", metavar="VAULT", default="", help="keyring, vault (the vault file), or a vault file's path"
    )
    parser.add_argument("--as", dest="way", choices=WAYS, default="", help="what stands in the place afterwards")
    parser.add_argument("--entry", metavar="NAME", default="", help="what to call it in the vault")
    _add_common(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan, and change nothing")
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def add_undo(parser: argparse.ArgumentParser) -> None:
    """`keywatch undo`."""
    parser.epilog = _UNDO
    parser.add_argument(
        "move", nargs="?", metavar="MOVE", default="", help="a move's id, as --list shows it; the last one"
    )
    parser.add_argument("--list", action="store_true", help="list the moves, and undo nothing")
    parser.add_argument("--remove-entry", action="store_true", help="take the key out of the vault afterwards")
    _add_common(parser)
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def add_recover(parser: argparse.ArgumentParser) -> None:
    """`keywatch recover`."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="as JSON; asks nothing, so it needs --yes or --dry-run")
