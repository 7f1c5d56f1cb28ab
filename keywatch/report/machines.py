"""What a report of one or many machines is made of, and its JSON (docs/json.md). Pure; holds no secret.

A machine's part is its sweep, the totals of earlier days, and what has been moved. `merge` puts the parts of one
machine together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Literal, TextIO

from keywatch import __version__
from keywatch.model import Finding, Summary, SweepResult
from keywatch.report.base import Look
from keywatch.report.escape import decodable
from keywatch.report.json import as_time
from keywatch.report.json import write as write_sweep
from keywatch.severity import Severity
from keywatch.totals import DayTotals, add_up

SCHEMA = "keywatch.report/1"

MoveState = Literal["moved", "undone", "unfinished"]


@dataclass(frozen=True, slots=True)
class MovedRow:
    """One place that a move rewrote. `time` is seconds since the epoch; `masked` as in a finding; `vault` a title."""

    time: float
    entry: str
    path: str
    state: MoveState = "moved"
    title: str = ""
    masked: str = ""
    vault: str = ""


@dataclass(frozen=True, slots=True)
class MachineReport:
    """One machine's part: its latest sweep, the totals of its days (the latest last), and what was moved there.

    `home` is shown as `~`; it is known only of the machine that writes the report.
    """

    name: str
    sweep: SweepResult
    trend: tuple[DayTotals, ...] = ()
    moved: tuple[MovedRow, ...] = ()
    home: str = ""


def merge(parts: Iterable[MachineReport]) -> list[MachineReport]:
    """One report for each machine, by name.

    Of sweeps of the same places of one machine the latest counts, and the earlier ones only add to the trend; sweeps
    of different places add up, a finding of both counting once.
    """
    machines: dict[str, list[MachineReport]] = {}
    for part in parts:
        machines.setdefault(part.name, []).append(part)
    return [_merge_machine(name, machines[name]) for name in sorted(machines)]


def _merge_machine(name: str, parts: Sequence[MachineReport]) -> MachineReport:
    ordered = sorted(parts, key=lambda part: part.sweep.swept, reverse=True)
    latest = {part.sweep.places: part.sweep for part in reversed(ordered)}
    sweeps = sorted(latest.values(), key=lambda sweep: sweep.swept, reverse=True)
    # a sweep of its own kind is no point on the line of the machine's usual ones
    scope = next((part.sweep.scope for part in ordered if part.sweep.scope), "")
    days: dict[str, DayTotals] = {}
    for part in reversed(ordered):
        if part.sweep.scope == scope:
            days.update({totals.day: totals for totals in part.trend})
            if scope and (day := as_time(part.sweep.swept)[:10]) and not part.trend:
                days[day] = add_up(part.sweep.findings, day)
    moved = {row: None for part in ordered for row in part.moved}
    trend = tuple(days[day] for day in sorted(days))
    return MachineReport(name, _add_sweeps(sweeps), trend, tuple(sorted(moved, key=lambda row: -row.time)))


def _add_sweeps(sweeps: Sequence[SweepResult]) -> SweepResult:
    """The sweeps of one machine as one, the latest first."""
    if len(sweeps) == 1:
        return sweeps[0]
    findings: dict[str, Finding] = {}
    for sweep in sweeps:
        for finding in sweep.findings:
            findings.setdefault(finding.id, finding)
    summaries = [sweep.summary for sweep in sweeps]
    return replace(
        sweeps[0],
        findings=list(findings.values()),
        dropped=_sum(sweep.dropped for sweep in sweeps),
        suppressed=_sum(sweep.suppressed for sweep in sweeps),
        skipped=list(dict.fromkeys(skip for sweep in sweeps for skip in sweep.skipped)),
        summary=Summary(
            files=sum(s.files for s in summaries),
            bytes=sum(s.bytes for s in summaries),
            seconds=sum(s.seconds for s in summaries),
            cached=sum(s.cached for s in summaries),
        ),
        places=tuple(dict.fromkeys(place for sweep in sweeps for place in sweep.places)),
        notes=tuple(dict.fromkeys(note for sweep in sweeps for note in sweep.notes)),
    )


def _sum(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return total


def write_json(machines: Sequence[MachineReport], out: TextIO) -> None:
    """The machine-readable report: one object, each machine with its sweep as `keywatch sweep --json` writes it."""
    out.write(f'{{"schema": {json.dumps(SCHEMA)}, "version": {json.dumps(__version__)}, "machines": [')
    for number, machine in enumerate(machines):
        sweep = StringIO()
        write_sweep(replace(machine.sweep, machine=machine.name), sweep, Look())
        out.write(f'{"," if number else ""}\n{{"sweep": {sweep.getvalue().rstrip()},\n')
        out.write(f' "trend": {json.dumps([_totals(day) for day in machine.trend])},\n')
        out.write(f' "moved": {json.dumps([_moved(row) for row in machine.moved])}}}')
    out.write("]}\n")


def _totals(totals: DayTotals) -> dict[str, object]:
    keys = {severity.label: count for severity, count in zip(Severity, totals.keys, strict=True)}
    return {"day": totals.day, "keys": keys, "places": totals.places}


def _moved(row: MovedRow) -> dict[str, object]:
    return {
        "time": as_time(row.time),
        "entry": decodable(row.entry),
        "path": decodable(row.path),
        "state": row.state,
        "title": decodable(row.title),
        "masked": decodable(row.masked),
        "vault": decodable(row.vault),
    }
