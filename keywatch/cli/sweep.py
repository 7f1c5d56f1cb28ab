"""`keywatch sweep`: from arguments to a request, and from the result to a report and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TextIO

from keywatch.cli.inputs import read_baseline, read_ignores, read_stdin
from keywatch.cli.output import check_output, open_output
from keywatch.config import FILE_NAME, Config, read_config
from keywatch.model import Skipped, SweepResult
from keywatch.paths import own_homes
from keywatch.report.base import Look, find
from keywatch.report.escape import show
from keywatch.report.progress import Progress
from keywatch.request import Interrupted, SweepRequest
from keywatch.severity import Severity

if TYPE_CHECKING:
    from keywatch.sweep.ahead import Ahead

Sweep = Callable[[SweepRequest, Callable[[str, int, int], None] | None], SweepResult]

FOUND = 1
INCOMPLETE = 3
INTERRUPTED = 130
STDIN = "-"


def run_sweep(options: argparse.Namespace, sweep: Sweep | None = None, *, ahead: Ahead | None = None) -> int:
    """Sweep as `options` say, write the report, and give the exit status. Tests bring their own `sweep`."""
    if options.output:
        check_output(options.output)
    done = sweep_as_asked(options, sweep, progress=options.report != "lines", ahead=ahead)
    _write(done.result, options)
    name_unswept(done.result)
    if done.interrupted:
        return INTERRUPTED
    fail_on: Severity | None = getattr(options, "fail_on", done.config.sweep.fail_on)
    return exit_status(done.result, fail_on)


@dataclass(frozen=True, slots=True)
class Done:
    """A sweep that a command asked for: what it found, and whether it was let finish."""

    result: SweepResult
    config: Config
    interrupted: bool


def sweep_as_asked(
    options: argparse.Namespace, sweep: Sweep | None = None, *, progress: bool = True, ahead: Ahead | None = None
) -> Done:
    """Sweep as `options` say; notes and standard input's shortcomings are in the result."""
    homes = own_homes()
    config = read_config(os.path.join(homes.config, FILE_NAME))
    request, notes = _request(options, config, homes.config)
    sweep = sweep or _real_sweep(ahead)
    short: list[Skipped] = []
    if STDIN in options.paths:
        request, short = _with_stdin(request)
    interrupted = False
    with Progress(sys.stderr, os.path.expanduser("~"), wanted=progress) as shown:
        try:
            result = sweep(request, shown)
        except Interrupted as stop:
            interrupted = True
            result = stop.result
            notes.append("Interrupted: this is what was found until then")
    result.skipped.extend(short)
    result.notes = (*result.notes, *notes)
    return Done(result, config, interrupted)


def name_unswept(result: SweepResult) -> None:
    """Say on standard error what was asked for and could not be swept."""
    for skip in result.skipped:
        if skip.asked:
            sys.stderr.write(f"keywatch: error: {show(skip.path)}: {show(skip.why)}\n")


def _real_sweep(ahead: Ahead | None) -> Sweep:
    from keywatch.sweep.flow import sweep

    return partial(sweep, ahead=ahead)


def exit_status(result: SweepResult, fail_on: Severity | None) -> int:
    """3 when something asked for was not swept, else 1 when a finding reaches `fail_on`, else 0."""
    if any(skip.asked for skip in result.skipped):
        return INCOMPLETE
    if fail_on is not None and any(finding.severity >= fail_on for finding in result.findings):
        return FOUND
    return 0


def _request(options: argparse.Namespace, config: Config, config_home: str) -> tuple[SweepRequest, list[str]]:
    paths = tuple(dict.fromkeys(path for path in options.paths if path != STDIN))
    roots = [os.path.abspath(path) if os.path.isdir(path) else os.path.dirname(os.path.abspath(path)) for path in paths]
    if not options.paths:
        roots.append(os.path.expanduser("~"))
    ignore, notes = read_ignores(options.ignore_file, [*roots, os.getcwd()], config_home)
    return SweepRequest(
        paths=paths,
        home=options.home,
        processes=options.processes,
        use_cache=not options.no_cache,
        rules_files=(*config.sweep.rules, *options.rules),
        ignore=tuple(ignore),
        baseline=read_baseline(options.baseline) if options.baseline else None,
        jobs=options.jobs or config.sweep.jobs,
        max_size=options.max_size or config.sweep.max_file_size,
        config=config,
    ), notes


def _with_stdin(request: SweepRequest) -> tuple[SweepRequest, list[Skipped]]:
    from dataclasses import replace

    content, whole = read_stdin(sys.stdin.buffer, request.max_size)
    short = [] if whole else [Skipped("<stdin>", f"only its first {request.max_size:,} bytes were read", asked=True)]
    return replace(request, stdin=content), short


def _write(result: SweepResult, options: argparse.Namespace) -> None:
    write = find(options.report)
    if options.output:
        with open_output(options.output) as out:
            write(result, out, _look(options, out, terminal=options.color == "always"))
        return
    out = sys.stdout
    write(result, out, _look(options, out, terminal=_is_terminal(options.color, out)))
    out.flush()


def _look(options: argparse.Namespace, out: TextIO, *, terminal: bool) -> Look:
    try:
        width = os.get_terminal_size(out.fileno()).columns or None
    except (OSError, ValueError):
        width = None
    # https://no-color.org: colours off, other styling may stay; an explicit --color=always is the person's last word
    color = terminal and (options.color == "always" or not os.environ.get("NO_COLOR"))
    try:
        folder = os.getcwd()
    except OSError:
        folder = ""
    return Look(terminal, color, width, options.verbose, os.path.expanduser("~"), folder)


def _is_terminal(color: str, out: TextIO) -> bool:
    """True when escape sequences are wanted there."""
    if color != "auto":
        return color == "always"
    return out.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
