"""`keywatch report`: a page or JSON of a fresh sweep, or of sweeps from files, put together by machine."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from typing import TextIO

from keywatch.cli.inputs import read_named
from keywatch.cli.output import check_output, open_output
from keywatch.cli.sweep import INCOMPLETE, INTERRUPTED, Sweep, name_unswept, sweep_as_asked
from keywatch.errors import JournalError, StateError, UsageError
from keywatch.paths import own_homes
from keywatch.report import machines as shown
from keywatch.report.base import plural
from keywatch.report.escape import show
from keywatch.report.machines import MachineReport, MovedRow, merge, write_json
from keywatch.state import State

#: one page of more machines' files is no page
MAX_FILES = 10_000
STDOUT = "-"


def run_report(options: argparse.Namespace, sweep: Sweep | None = None) -> int:
    """Make the report; the exit status: 0 made, 3 when something asked for could not be swept. Tests bring `sweep`."""
    target = options.html or options.output or STDOUT
    if options.html and options.output:
        raise UsageError("--html names the page's file itself: leave out --output")
    if target != STDOUT:
        check_output(target)
    status = 0
    if options.merge:
        machines = merge(_read_all(options))
    else:
        done = sweep_as_asked(options, sweep)
        status = INTERRUPTED if done.interrupted else INCOMPLETE if any(s.asked for s in done.result.skipped) else 0
        machines = [_this_machine(done.result.scope, MachineReport(done.result.machine or "this machine", done.result))]
        name_unswept(done.result)
    if target == STDOUT:
        _write(options, machines, sys.stdout)
    else:
        with open_output(target) as out:
            _write(options, machines, out)
        found = sum(len(machine.sweep.findings) for machine in machines)
        sys.stderr.write(
            f"keywatch: {show(target)}: {plural(found, 'finding')} of {plural(len(machines), 'machine')}\n"
        )
    return status


def _read_all(options: argparse.Namespace) -> list[MachineReport]:
    from keywatch.report.reading import MAX_BYTES, parse_machines

    looking = ("paths", "home", "processes", "max_size", "no_cache", "jobs", "rules", "ignore_file", "baseline")
    if any(getattr(options, name) for name in looking):
        raise UsageError(
            "--merge takes sweeps from files and sweeps nothing: leave out where to look and what to report"
        )
    if len(options.merge) > MAX_FILES:
        raise UsageError(f"--merge: more than {MAX_FILES:,} files")
    return [part for path in options.merge for part in parse_machines(read_named(path, MAX_BYTES), path)]


def _this_machine(scope: str, report: MachineReport) -> MachineReport:
    """With what was moved, and the totals of earlier sweeps of the same scope, where they can be had."""
    from dataclasses import replace

    report = replace(report, home=os.path.expanduser("~"))
    folder = own_homes().state
    with contextlib.suppress(JournalError):
        report = replace(report, moved=_moved(folder))
    if not scope:
        return report
    try:
        with State(folder) as state:
            return replace(report, trend=state.load_totals(scope))
    except StateError:
        # the sweep has said so in its notes
        return report


def _moved(folder: str) -> tuple[MovedRow, ...]:
    """One row a place of each move that was made, undone ones too."""
    from datetime import datetime

    from keywatch.move.journal import Journal, MoveState

    words: dict[MoveState, shown.MoveState] = {MoveState.DONE: "moved", MoveState.UNDONE: "undone"}
    with Journal(folder) as journal:
        return tuple(
            MovedRow(
                datetime.fromisoformat(move.made).timestamp(), move.entry, path,
                words.get(move.state, "unfinished"), move.title,
                move.masked, move.vault,
            )
            for move in journal.all()
            if move.state is not MoveState.ROLLED_BACK
            for path in move.places
        )  # fmt: skip


def _write(options: argparse.Namespace, machines: list[MachineReport], out: TextIO) -> None:
    if options.json:
        write_json(machines, out)
        return
    from keywatch.report import html

    html.write(machines, out, made=time.time())
