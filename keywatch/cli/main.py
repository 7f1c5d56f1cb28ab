"""The program: hardens itself, reads its arguments, runs a command, and turns every error into one line and a status.

Imports little: what only one command needs, that command imports. A person's mistake never shows a traceback; what is
keywatch's own mistake names its place and never the text of the exception, which may hold what was being read.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from keywatch.cli.arguments import parse
from keywatch.cli.hardening import harden
from keywatch.errors import KeywatchError

INTERNAL = 3
INTERRUPTED = 130
#: 128 + SIGPIPE, as a shell would say of a program that the signal ended
BROKEN_PIPE = 141


def run() -> NoReturn:
    """The entry point of `keywatch`."""
    harden()
    sys.exit(main(sys.argv[1:]))


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
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        _say(f"internal error: {type(error).__name__} at {where}: please report it (KEYWATCH_DEBUG=1 shows more)")
        return INTERNAL
    return status


def _run(argv: Sequence[str]) -> int:
    try:
        options = parse(argv)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    if options.command == "rules":
        from keywatch.cli.rules import run_rules

        return run_rules(options)
    from keywatch.cli.sweep import run_sweep

    return run_sweep(options)


def _say(message: str) -> None:
    from keywatch.report.escape import show

    sys.stderr.write("keywatch: error: " + "\n  ".join(show(line) for line in message.splitlines()) + "\n")
