"""The program: hardens itself, reads its arguments, runs a command, and turns every error into one line and a status.

Imports little: what only one command needs, that command imports. A person's mistake never shows a traceback; what is
keywatch's own mistake names its place and never the text of the exception, which may hold what was being read.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from keywatch.errors import KeywatchError
from keywatch.hardening import harden

if TYPE_CHECKING:
    import argparse

#: each command's module in keywatch.cli and its function: only what runs is imported
COMMANDS = {
    "sweep": ("begin", "begin_sweep"),
    "rules": ("rules", "run_rules"),
    "report": ("report", "run_report"),
    "move": ("move", "run_move"),
    "undo": ("move", "run_undo"),
    "review": ("review", "run_review"),
    "redact": ("move", "run_move"),
    "ignore": ("ignore", "run_ignore"),
    "ignores": ("ignore", "run_ignores"),
    "key": ("key", "run_key"),
    "advise": ("advise", "run_advise"),
    "recover": ("move", "run_recover"),
    "forward": ("forward", "run_forward"),
    "mover": ("mover", "run_mover"),
    "vault": ("vault", "run_vault"),
    "exec": ("give", "run_exec"),
    "env": ("give", "run_env"),
    "agent": ("agent", "run_agent"),
    "unlock": ("agent", "run_unlock"),
    "lock": ("agent", "run_lock"),
    "log": ("log", "run_log"),
    "watch": ("watch", "run_watch"),
    "status": ("status", "run_status"),
    "pause": ("watch", "run_pause"),
    "install": ("install", "run_install"),
    "uninstall": ("install", "run_uninstall"),
    "config": ("config", "run_config"),
    "completion": ("completion", "run_completion"),
}
INTERNAL = 3
INTERRUPTED = 130
#: 128 + SIGPIPE, as a shell would say of a program that the signal ended
BROKEN_PIPE = 141


def run() -> NoReturn:
    """The entry point of `keywatch`."""
    gc.disable()  # what is loaded now stays: looking through it for what could go costs a tenth of a short run
    harden()
    if sys.argv[1:] == ["status", "--brief"]:  # every login shell waits for it: not even argparse
        from keywatch.cli.brief import run_brief

        status = run_brief()
    else:
        status = main(sys.argv[1:])
    gc.freeze()  # it goes with the process
    sys.exit(status)


def main(argv: Sequence[str]) -> int:
    """Run one command; the exit status."""
    try:
        # a locale that has no … must not end a report
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        status = _run(argv)
        sys.stdout.flush()
    except KeywatchError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:
        # whoever read has gone: so must the flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("KEYWATCH_DEBUG"):
            raise
        _say(
            f"internal error: {type(error).__name__} at {_place(error)}: please report it (KEYWATCH_DEBUG=1 shows more)"
        )
        return INTERNAL
    return status


def _run(argv: Sequence[str]) -> int:
    from keywatch.cli.arguments import parse

    try:
        options = parse(argv)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    module, function = COMMANDS[options.command or "sweep"]
    run: Callable[[argparse.Namespace], int] = getattr(import_module(f"keywatch.cli.{module}"), function)
    if not gc.isenabled():  # all that the command needs is loaded
        gc.freeze()
        gc.enable()
    return run(options)


def _place(error: BaseException) -> str:
    """File and line at which `error` was raised."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "an unknown place" if at is None else f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"


def _say(message: str) -> None:
    from keywatch.report.escape import show

    sys.stderr.write("keywatch: error: " + "\n  ".join(show(line) for line in message.splitlines()) + "\n")
