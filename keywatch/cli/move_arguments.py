"""The command line's definitions for moving keys: move, undo, recover. Parses, and does nothing else."""

from __future__ import annotations

import argparse

WAYS = ("profile", "env", "exec", "literal", "unit", "tool", "redact")

_MOVE = """\
examples:
  keywatch move ~/.aws/credentials      move the keys of this file
  keywatch move 3f2a                    move one finding, by its id in a sweep
  keywatch move --all --dry-run         show what would be done to all findings
  keywatch move --to keyring --yes .env
  keywatch move aws-work --to keyring   bring an entry and its places into another vault
"""
_MOVE_EXIT = """\
exit status:
  0  all that was asked for was moved   1  something can't be rewritten, or you said no
  2  wrong usage                        3  it failed; everything stands as before, or the message says what does not
"""
_REDACT = """\
examples:
  keywatch redact ~/.bash_history       overwrite the keys in a history by markers of their length
  keywatch redact 3f2a --dry-run
"""
_IGNORE = """\
examples:
  keywatch ignore 3f2a --reason "a test account's key" --until 2027-01-31
  keywatch ignore --undo finding:3f2a91c04d55
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
        "words",
        nargs="*",
        metavar="FINDING|PATH",
        help="what to move: a finding's id, a file, FILE:LINE; or an entry, with its places, into another vault",
    )
    parser.add_argument("--all", action="store_true", help="every finding of the well-known places")
    parser.add_argument(
        "--to", metavar="VAULT", default="", help="keyring, vault (the vault file), or a vault file's path"
    )
    parser.add_argument("--as", dest="way", choices=WAYS, default="", help="what stands in the place afterwards")
    _add_system(parser)
    parser.add_argument("--entry", metavar="NAME", default="", help="what to call it in the vault")
    _add_common(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan, and change nothing")
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def add_redact(parser: argparse.ArgumentParser) -> None:
    """`keywatch redact`: a move whose way is settled."""
    parser.epilog = _REDACT
    parser.add_argument("words", nargs="+", metavar="FINDING|PATH", help="a finding's id, a file, FILE:LINE")
    parser.add_argument(
        "--to", metavar="VAULT", default="", help="where the key is kept, so that this can be undone; see move --to"
    )
    parser.set_defaults(all=False, way="redact", entry="")
    _add_system(parser)
    _add_common(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan, and change nothing")
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def add_review(parser: argparse.ArgumentParser) -> None:
    """`keywatch review`."""
    parser.add_argument(
        "words", nargs="*", metavar="FINDING|PATH", help="only these; without any all of the well-known places"
    )
    parser.add_argument("--to", metavar="VAULT", default="", help="where moved keys go; see move --to")
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def add_advise(parser: argparse.ArgumentParser) -> None:
    """`keywatch advise`."""
    parser.add_argument(
        "words", nargs="*", metavar="FINDING|PATH|ENTRY", help="only these; without any all keys that are known"
    )
    parser.add_argument("--json", action="store_true", help="as JSON (docs/advice.md)")


def add_ignore(parser: argparse.ArgumentParser) -> None:
    """`keywatch ignore`."""
    parser.epilog = _IGNORE
    parser.add_argument(
        "words", nargs="+", metavar="FINDING|PATH", help="a finding's id, a file, FILE:LINE; with --undo an entry"
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why it may stay, for whoever reads it later")
    parser.add_argument("--until", metavar="DATE", default="", help="the last day on which it is ignored, YYYY-MM-DD")
    parser.add_argument("--everywhere", action="store_true", help="this key wherever it lies, not at this place alone")
    parser.add_argument("--undo", action="store_true", help="report it again")


def add_ignores(parser: argparse.ArgumentParser) -> None:
    """`keywatch ignores`."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def add_undo(parser: argparse.ArgumentParser) -> None:
    """`keywatch undo`."""
    parser.epilog = _UNDO
    parser.add_argument(
        "move", nargs="?", metavar="MOVE", default="", help="a move's id, as --list shows it; the last one"
    )
    parser.add_argument("--list", action="store_true", help="list the moves, and undo nothing")
    _add_system(parser)
    parser.add_argument("--remove-entry", action="store_true", help="take the key out of the vault afterwards")
    _add_common(parser)
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def add_recover(parser: argparse.ArgumentParser) -> None:
    """`keywatch recover`."""
    _add_system(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the vault's passphrase from this descriptor"
    )


def _add_system(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--system",
        action="store_true",
        help="have the system's mover do it: for root, and members of the group keywatch",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="as JSON; asks nothing, so it needs --yes or --dry-run")
