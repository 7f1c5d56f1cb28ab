"""The command line's definitions: commands, options, help. Parses, and does nothing else.

Manual page and shell completion are made from `build_parser`, so every word a person can type stands here.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from importlib import import_module

from keywatch import __version__
from keywatch.cli.parser import Parser, RawHelp
from keywatch.errors import UsageError
from keywatch.severity import NEVER, Severity, parse_fail_on

_OVERVIEW = """\
Finds cloud keys left in plaintext, and says how urgent each is and why.
"""

_EXAMPLES = """\
examples:
  keywatch --sweep                      sweep the well-known places of this account
  keywatch sweep --home                 sweep the whole home folder
  keywatch sweep ~/work /etc            sweep these trees
  git diff | keywatch sweep -           sweep standard input
  keywatch sweep --json -o report.json  write a report, and later report only what is new:
  keywatch sweep --baseline report.json
"""

EXIT_STATUS = """\
exit status:
  0  nothing found          1  findings at or above --fail-on
  2  wrong usage            3  something that was asked for could not be swept
"""

_REPORT_EXAMPLES = """\
examples:
  keywatch report --html keys.html                  sweep the well-known places, and make a page of it
  keywatch report --json -o laptop.json             the same as JSON, for one page of many machines:
  keywatch report --html all.html --merge *.json
"""

_COMPLETION_EXAMPLES = """\
examples:
  keywatch completion bash > ~/.local/share/bash-completion/completions/keywatch
  keywatch completion zsh > "${fpath[1]}/_keywatch"
  keywatch completion fish > ~/.config/fish/completions/keywatch.fish
"""

_CREDENTIAL_EXAMPLES = """\
examples, in ~/.aws/credentials:
  [default]
  credential_process = /home/you/.local/bin/keywatch-credential aws-work
"""


#: every command: its name, what it does, and the module and function that add what it takes
_COMMANDS = (
    ("sweep", "find keys in files, trees, standard input and processes", "arguments", "_add_sweep"),
    ("rules", "list the kinds of keys that are looked for", "arguments", "_add_rules"),
    ("review", "look at all findings on one screen, and move, redact or ignore each", "move_arguments", "add_review"),
    ("move", "move keys into a vault, and have their programs ask keywatch for them", "move_arguments", "add_move"),
    ("undo", "put a moved key back where it was", "move_arguments", "add_undo"),
    (
        "redact",
        "overwrite keys in records that nothing reads: histories, transcripts, logs",
        "move_arguments",
        "add_redact",
    ),
    ("ignore", "leave a key out of reports, with a reason", "move_arguments", "add_ignore"),
    ("ignores", "list what is left out of reports, and why", "move_arguments", "add_ignores"),
    (
        "key",
        "list AWS keys, rotate them, make a service its own, give temporary ones",
        "key_arguments",
        "add_key",
    ),
    ("advise", "say for each key what is best done next, with the commands", "move_arguments", "add_advise"),
    ("recover", "end moves that were cut short", "move_arguments", "add_recover"),
    (
        "mover",
        "make one move for whoever asks at the system's socket: systemd starts this",
        "arguments",
        "_add_nothing",
    ),
    ("report", "make a page or JSON of what was found, on this machine or on many", "arguments", "_add_report"),
    ("vault", "keep keys in an encrypted vault file or the OS keyring", "vault_arguments", "add_vault"),
    ("exec", "run a command with vaulted keys in its environment", "vault_arguments", "add_exec"),
    ("env", "print lines that set an entry's variables, for a shell", "vault_arguments", "add_env"),
    ("agent", "answer the helper quickly while the vault is unlocked", "vault_arguments", "add_agent"),
    ("unlock", "have the agent hold the vault open for a time", "vault_arguments", "add_unlock"),
    ("lock", "have the agent forget everything", "vault_arguments", "add_lock"),
    ("log", "show who read which entry when and what was moved, and check that record", "vault_arguments", "add_log"),
    ("watch", "see keys the moment they are written, until told to stop", "watch_arguments", "add_watch"),
    ("status", "say what is watched, what was found, and what is wrong", "watch_arguments", "add_status"),
    ("pause", "have the daemon examine nothing for a while", "watch_arguments", "add_pause"),
    ("install", "have a service watch from each login on", "watch_arguments", "add_install"),
    ("uninstall", "take the service away again", "watch_arguments", "add_uninstall"),
    ("forward", "send events on to an OpenTelemetry collector", "watch_arguments", "add_forward"),
    ("config", "check or show the configuration, or say where it is", "watch_arguments", "add_config"),
    ("completion", "print a script that completes commands in a shell", "arguments", "_add_completion"),
)


def build_parser(only: str = "") -> tuple[Parser, dict[str, Parser]]:
    """The whole command line, and each command's own parser by name. `only` names a command that is enough."""
    top = Parser(
        prog="keywatch",
        description=_OVERVIEW,
        epilog=_EXAMPLES,
        formatter_class=RawHelp,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"keywatch {__version__}")
    top.add_argument("--sweep", action="store_true", help="the same as the command sweep; its options may follow")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=Parser)
    wanted = [row for row in _COMMANDS if row[0] == only] or _COMMANDS
    made = {}
    for name, text, module, function in wanted:
        made[name] = commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            formatter_class=RawHelp,
            allow_abbrev=False,
        )
        add: Callable[[Parser], None] = getattr(import_module(f"keywatch.cli.{module}"), function)
        add(made[name])
    return top, made


def build_credential_parser() -> Parser:
    """The definitions of `keywatch-credential`, for its manual page: the helper itself has no time for argparse."""
    parser = Parser(
        prog="keywatch-credential",
        description="Print an entry's credentials as AWS clients take them from a credential_process. "
        "Answers within a second or says in one line on standard error why not; never asks anybody anything.",
        epilog=_CREDENTIAL_EXAMPLES,
        formatter_class=RawHelp,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("--vault", metavar="FILE", help="another vault file, 'keyring' or 'system'")
    parser.add_argument("entry", metavar="ENTRY", help="the entry's name")
    return parser


def _add_looking(parser: Parser) -> argparse._ArgumentGroup:
    """Where to look and what to report: the same for all commands that sweep. Returns the group of the latter."""
    where = parser.add_argument_group("where to look")
    where.add_argument("paths", nargs="*", metavar="PATH", help="a file or a tree; - is standard input")
    where.add_argument("--home", action="store_true", help="all of the home folder")
    where.add_argument("--processes", action="store_true", help="also the environments of running processes")
    where.add_argument("--max-size", type=_size, metavar="SIZE", help="leave out larger files, e.g. 64M")
    where.add_argument("--no-cache", action="store_true", help="read files again that are known to be clean")
    where.add_argument("--jobs", type=_jobs, metavar="N", help="how many at once (default: one a processor)")

    what = parser.add_argument_group("what to report")
    what.add_argument("--rules", action="append", default=[], metavar="FILE", help="more rules; may be repeated")
    what.add_argument(
        "--ignore-file", action="append", default=[], metavar="FILE", help="what to leave out; may be repeated"
    )
    what.add_argument("--baseline", metavar="FILE", help="leave out what this --json report has")
    return what


def _add_sweep(parser: Parser) -> None:
    parser.description = (
        "Find keys. Without a PATH: in the well-known places of this account (as root: of all accounts)."
    )
    parser.epilog = _EXAMPLES + "\n" + EXIT_STATUS
    what = _add_looking(parser)
    what.add_argument(
        "--fail-on",
        type=_fail_on,
        metavar="SEVERITY",
        default=argparse.SUPPRESS,
        help=f"exit with 1 from this severity on: {', '.join(s.label for s in Severity)} or {NEVER} (default: low)",
    )

    how = parser.add_argument_group("how to report")
    form = how.add_mutually_exclusive_group()
    for name, text in (("json", "as JSON (docs/json.md)"), ("sarif", "as SARIF 2.1.0"), ("csv", "as CSV")):
        form.add_argument(f"--{name}", dest="report", action="store_const", const=name, help=text)
    form.add_argument("-q", "--quiet", dest="report", action="store_const", const="lines", help="one line a finding")
    parser.set_defaults(report="text")
    how.add_argument("-v", "--verbose", action="store_true", help="name every place and every file not read")
    how.add_argument("-o", "--output", metavar="FILE", help="write the report there, readable by you only")
    how.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")


def _add_rules(parser: Parser) -> None:
    parser.description = (
        "List the kinds of keys that are looked for, with their ids as ignore files and reports name them."
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_nothing(_: Parser) -> None:
    """For what takes nothing."""


def _add_report(parser: Parser) -> None:
    parser.description = "Make a page for a browser, or JSON, of a sweep or of many machines' sweeps."
    parser.epilog = _REPORT_EXAMPLES
    how = parser.add_argument_group("what to make")
    form = how.add_mutually_exclusive_group(required=True)
    form.add_argument("--html", metavar="FILE", help="one self-contained page; - is standard output")
    form.add_argument("--json", action="store_true", help="as JSON, with the trend and the moves (docs/formats.md)")
    how.add_argument("-o", "--output", metavar="FILE", help="write the JSON there, readable by you only")
    how.add_argument(
        "--merge", nargs="+", action="extend", default=[], metavar="SWEEP",
        help="do not sweep: put together what sweep --json or report --json wrote, here or on other machines",
    )  # fmt: skip
    _add_looking(parser)


def _add_completion(parser: Parser) -> None:
    parser.description = "Print a script that completes keywatch's commands and options in a shell."
    parser.epilog = _COMPLETION_EXAMPLES
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="whose script")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of one command, its name in `command`. `UsageError` says what is wrong.

    `--sweep` anywhere stands for the command `sweep`. Options and paths may be mixed.
    """
    words = list(argv)
    top, commands = build_parser(words[0].removeprefix("--") if words else "")
    if not words:
        top.print_help()
        raise SystemExit(0)
    # argparse loses `--` when options and paths are mixed: what follows it is paths whatever it looks like
    at = words.index("--") if "--" in words else len(words)
    ahead, rest = words[:at], words[at + 1 :]
    if words[0] not in commands and "--sweep" in ahead:
        ahead.remove("--sweep")
        ahead.insert(0, "sweep")
    if ahead and ahead[0] in commands:
        command = commands[ahead[0]]
        # options and paths may be mixed, but for actions of their own
        options = (
            command.parse_args(ahead[1:]) if ahead[0] in ("vault", "key") else command.parse_intermixed_args(ahead[1:])
        )
        options.command = ahead[0]
        if options.command == "exec":
            options.words = rest
            return options
        if rest and options.command not in ("sweep", "report"):
            raise UsageError(f"{rest[0]}: keywatch {options.command} takes no paths")
        if rest:
            options.paths = [*options.paths, *rest]
        return options
    if words[0] in ("-h", "--help", "--version"):
        top.parse_args(words[:1])
    raise UsageError(_unknown(words[0], list(commands)))


def _unknown(word: str, commands: list[str]) -> str:
    if word.startswith("-"):
        return f"{word}: not an option of keywatch itself: say keywatch sweep {word}, or see keywatch --help"
    if os.path.lexists(word):
        return f"{word}: no command: to sweep it, say keywatch sweep {word}"
    from difflib import get_close_matches

    near = get_close_matches(word[:100], commands, n=1)
    return f"{word[:100]}: no command: " + (f"did you mean {near[0]}?" if near else "see keywatch --help")


def _size(text: str) -> int:
    from keywatch.config import parse_size

    try:
        size = parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if size < 1:
        raise argparse.ArgumentTypeError("expected at least one byte")
    return size


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 256 and len(text) < 4):
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number from 1 to 256")
    return int(text)


def _fail_on(text: str) -> Severity | None:
    try:
        return parse_fail_on(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
