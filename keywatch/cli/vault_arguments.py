"""The command line of `keywatch vault`, `exec` and `env`. Parses, and does nothing else."""

from __future__ import annotations

import argparse
from typing import Protocol

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
#: whose syntax `keywatch env` knows
SHELLS = ("sh", "bash", "zsh", "fish", "csh", "json")
_EXAMPLES = """\
examples:
  keywatch vault init                        make a vault file; its key goes into the OS keyring
  keywatch vault init --passphrase           the same, opened by a passphrase
  keywatch vault add aws-work                put a key in: asks for id and secret
  keywatch vault list                        what is in it, where it came from
  keywatch vault recipients add passphrase   another way to open it

exit status:
  0  done      2  wrong usage      3  the vault is missing, locked, damaged or could not be written
"""


class Commands(Protocol):
    """What `add_subparsers` returns, as far as it is used here."""

    def add_parser(self, name: str, **options: object) -> argparse.ArgumentParser: ...


def add_vault(parser: argparse.ArgumentParser) -> None:
    """The actions of `keywatch vault`."""
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(parser))

    def action(name: str, text: str, *, opens: bool = False) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
        made.add_argument("--vault", default="", metavar="FILE", help="another vault file, 'keyring' or 'system'")
        if opens:
            made.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from descriptor N")
            made.add_argument("--recovery-key", action="store_true", help="ask for the recovery key to open it")
        return made

    init = action("init", "make a vault file")
    _add_holders(init, required=False)
    init.add_argument("--force", action="store_true", help="although places rely on the OS keyring being meant")
    init.add_argument("--no-recovery", action="store_true", help="print no recovery key")
    listing = action("list", "list the entries; needs no unlocking")
    listing.add_argument(
        "--all", action="store_true", help="keywatch's own entries too: what undos need, temporary keys"
    )
    listing.add_argument("--json", action="store_true", help="as JSON")
    show = action("show", "show an entry, masked", opens=True)
    show.add_argument("entry", metavar="ENTRY")
    show.add_argument("--reveal", action="store_true", help="show the secrets, on a terminal only")
    add = action("add", "put a key in: asks for it, or reads NAME=value lines from standard input")
    add.add_argument("entry", metavar="ENTRY")
    add.add_argument("--replace", action="store_true", help="replace the entry of that name")
    rename = action("rename", "give an entry another name", opens=True)
    rename.add_argument("entry", metavar="ENTRY")
    rename.add_argument("new", metavar="NEW")
    rename.add_argument("--force", action="store_true", help="although moved places use it")
    remove = action("rm", "take an entry out")
    remove.add_argument("entry", metavar="ENTRY")
    remove.add_argument("--force", action="store_true", help="although moved places use it")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    copy = action("copy", "copy an entry to another vault", opens=True)
    copy.add_argument("entry", metavar="ENTRY")
    copy.add_argument("--to", required=True, metavar="FILE", help="the other vault file, 'keyring' or 'system'")
    copy.add_argument("--replace", action="store_true", help="replace the entry of that name there")
    _add_recipients(action("recipients", "the ways to open a vault file: list, add, remove", opens=True))
    passphrase = action("passphrase", "set or change the passphrase", opens=True)
    passphrase.add_argument("--new-passphrase-fd", type=int, metavar="N", help="read the new one from descriptor N")
    action("recovery", "make a new recovery key; the old one opens nothing from then on", opens=True)
    action("verify", "open every entry and check that nothing was tampered with", opens=True)
    adopt = action("adopt", "take over a vault file that another machine wrote or an older copy", opens=True)
    adopt.add_argument("--yes", action="store_true", help="do not ask")
    action("export", "write all entries in plaintext, after a typed confirmation", opens=True)


def _add_holders(parser: argparse.ArgumentParser, *, required: bool) -> None:
    how = parser.add_mutually_exclusive_group(required=required)
    how.add_argument(
        "--keyring", action="store_true", help="its key is held by the OS keyring (default where there is one)"
    )
    how.add_argument("--passphrase", action="store_true", help="its key is sealed by a passphrase")
    how.add_argument("--key-file", metavar="PATH", help="its key stands in a new file of mode 0600")
    parser.add_argument("--passphrase-fd", type=int, metavar="N", help="read the new passphrase from descriptor N")


def _add_recipients(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("change", nargs="?", choices=("add", "rm"), metavar="add|rm", help="default: list them")
    parser.add_argument(
        "what", nargs="?", metavar="KIND|ID",
        help="to add: keyring, passphrase, recovery, key-file=PATH or credential=NAME; to remove: an id",
    )  # fmt: skip
    parser.add_argument("--new-passphrase-fd", type=int, metavar="N", help="read the new one from descriptor N")


def add_exec(parser: argparse.ArgumentParser) -> None:
    """`keywatch exec ENTRY… -- COMMAND`."""
    parser.add_argument("entries", nargs="*", metavar="ENTRY", help="entries whose variables the command gets")
    parser.add_argument("--vault", default="", metavar="FILE", help="another vault file, 'keyring' or 'system'")
    parser.add_argument(
        "--env-file", action="append", default=[], metavar="FILE",
        help="variables from a file, in which keywatch://ENTRY/field stands for secrets",
    )  # fmt: skip
    _add_as(parser)
    parser.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from descriptor N")


def _add_as(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as", dest="named", action="append", default=[], metavar="NAME=FIELD",
        help="set NAME to that field of the entry, and only what is so named; may be repeated",
    )  # fmt: skip


def add_env(parser: argparse.ArgumentParser) -> None:
    """`keywatch env ENTRY`."""
    parser.add_argument("entry", metavar="ENTRY")
    parser.add_argument("--vault", default="", metavar="FILE", help="another vault file, 'keyring' or 'system'")
    parser.add_argument("--shell", choices=SHELLS, default="sh", help="whose syntax (default: sh)")
    _add_as(parser)


def add_agent(parser: argparse.ArgumentParser) -> None:
    """`keywatch agent`."""
    parser.add_argument(
        "--system", action="store_true", help="serve the system vault to everybody: systemd starts this"
    )
    parser.add_argument("--vault", default="", metavar="FILE", help="another vault file")


def add_unlock(parser: argparse.ArgumentParser) -> None:
    """`keywatch unlock --for TIME`."""
    parser.add_argument("--vault", default="", metavar="FILE", help="another vault file")
    parser.add_argument(
        "--for", dest="time", type=seconds, default=8 * 3600, metavar="TIME", help="90s, 30m, 8h, 1d (default: 8h)"
    )
    parser.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from descriptor N")
    parser.add_argument("--recovery-key", action="store_true", help="ask for the recovery key to open it")


def add_lock(_parser: argparse.ArgumentParser) -> None:
    """`keywatch lock` takes nothing."""


def add_log(parser: argparse.ArgumentParser) -> None:
    """`keywatch log [ENTRY]`."""
    parser.add_argument("entry", nargs="?", metavar="ENTRY", help="of this entry only")
    parser.add_argument("--event", metavar="EVENT", default="", help="of this kind only: read, refused, move, undo, …")
    parser.add_argument("--verify", action="store_true", help="say whether any event was changed, removed or put in")
    parser.add_argument(
        "--expect", metavar="N:HASH", default="", help="verify, and that this event, noted earlier, is still in it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def seconds(text: str) -> int:
    """`8h`, `30m`, `90s`, `1d` as seconds."""
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or not int(number) or len(number) > 6 or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!a} is no time: use 90s, 30m, 8h or 1d")
    return int(number) * _UNITS[unit]
