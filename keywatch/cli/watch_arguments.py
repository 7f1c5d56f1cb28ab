"""What `keywatch watch`, `status`, `pause`, `install`, `uninstall` and `config` take. Parses, and does nothing else."""

from __future__ import annotations

import argparse

#: a pause is no longer than a week (keywatch/watch/desk.py)
LONGEST_PAUSE = 7 * 86400
_STATUS = """\
exit status:
  0  a daemon watches       3  none does, and what it remembered is shown
  2  wrong usage
"""
_FORWARD = """\
examples:
  journalctl -q -f -o json -t keywatch | keywatch forward --otlp https://collector.example.org:4318
"""
_INSTALL = """\
examples:
  keywatch install --user --dry-run     show what would be written and run
  keywatch install --user               watch from now on, and from each login on
  journalctl --user -u keywatch         what it did
  sudo keywatch install --system        one set of services for the whole machine
"""


def add_watch(parser: argparse.ArgumentParser) -> None:
    """`keywatch watch`."""
    parser.add_argument(
        "--system",
        action="store_true",
        help="watch the system's places, and tell each user of own files: systemd starts this",
    )
    parser.add_argument("--vault", default="", metavar="FILE", help="the vault file that its agent answers from")
    parser.add_argument(
        "--log", choices=("auto", "journal", "json", "text"), default="auto",
        help="where and how to log: the journal, or JSON or text lines on standard error (default: auto)",
    )  # fmt: skip


def add_status(parser: argparse.ArgumentParser) -> None:
    """`keywatch status`."""
    parser.epilog = _STATUS
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON (docs/daemon.md)")
    form.add_argument(
        "--textfile", metavar="FILE", help="write the counts there for Prometheus' node_exporter; - is standard output"
    )
    form.add_argument("--brief", action="store_true", help="one line, or nothing where there is nothing to say")


def add_forward(parser: argparse.ArgumentParser) -> None:
    """`keywatch forward`."""
    parser.epilog = _FORWARD
    parser.add_argument(
        "--otlp", metavar="URL", required=True, help="the collector's OTLP/HTTP address, such as http://127.0.0.1:4318"
    )


def add_pause(parser: argparse.ArgumentParser) -> None:
    """`keywatch pause [FOR]`."""
    parser.add_argument(
        "time", nargs="?", type=_pause, default=0, metavar="FOR", help="90s, 30m, 8h, 1d; at most 7d (default: 1h)"
    )
    parser.add_argument("--resume", action="store_true", help="examine again, first what changed meanwhile")


def _pause(text: str) -> int:
    from keywatch.config import parse_time

    try:
        seconds = parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not 1 <= seconds <= LONGEST_PAUSE:
        raise argparse.ArgumentTypeError(f"'{text[:100]}': expected 1s to 7d; to go on now: keywatch pause --resume")
    return int(seconds)


def add_install(parser: argparse.ArgumentParser) -> None:
    """`keywatch install --user|--system`."""
    parser.epilog = _INSTALL
    _add_whose(parser)
    parser.add_argument("--vault", default="", metavar="FILE", help="the vault file that its agent answers from")
    parser.add_argument("--homes", action="store_true", help="with --system: watch the homes of all accounts, too")
    parser.add_argument(
        "--recovery-key",
        action="store_true",
        help="with --system: make and show a recovery key also when not on a terminal",
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="with --system: accounts, folders and the vault's key only, start nothing (what a package's scripts call)",
    )


def add_uninstall(parser: argparse.ArgumentParser) -> None:
    """`keywatch uninstall --user|--system`."""
    _add_whose(parser)
    parser.add_argument(
        "--purge", action="store_true", help="with --system: remove all but the vault and what opens it"
    )
    parser.add_argument("--force", action="store_true", help="with --system: although keys are still moved")


def _add_whose(parser: argparse.ArgumentParser) -> None:
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--user", action="store_true", help="the service of this account")
    whose.add_argument("--system", action="store_true", help="the services of the whole machine, as root")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def add_config(parser: argparse.ArgumentParser) -> None:
    """`keywatch config check|show|path`."""
    parser.add_argument(
        "what", choices=("check", "show", "path"), metavar="check|show|path",
        help="check the file; show every setting that counts; print where the file is",
    )  # fmt: skip
