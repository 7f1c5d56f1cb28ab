"""The page's tables: machines, what has been moved, what was not read. Pure; texts go in as text only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from keywatch.report.base import plural
from keywatch.report.escape import show_path
from keywatch.report.grouping import by_credential
from keywatch.report.machines import MachineReport
from keywatch.report.markup import fill, make
from keywatch.severity import Severity

#: moves that are listed; a report is no archive
_MAX_MOVED = 500
_STATES = {"moved": "in the vault", "undone": "put back", "unfinished": "not finished"}


def say_time(seconds: float) -> str:
    """`24 November 2026, 04:26 UTC`; said plainly where it is not known."""
    if seconds <= 0:
        return "at an unknown time"
    moment = time.gmtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%B %Y, %H:%M UTC', moment)}"


def _when(seconds: float) -> str:
    """The same, short: `2026-11-24 04:26`."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds)) if seconds > 0 else "unknown"


def list_machines(machines: Sequence[MachineReport]) -> Element:
    """One row a machine: when it was swept, its keys by severity, what was moved and what was not read."""
    shown = sorted(Severity, reverse=True)
    head = make("tr", make("th", "Machine", scope="col"), make("th", "Swept (UTC)", scope="col"))
    for title in (*(severity.label.capitalize() for severity in shown), "Places", "Moved", "Not read"):
        fill(head, make("th", title, scope="col", class_="n"))
    body = make("tbody")
    for machine in machines:
        worst = [max(f.severity for f in group) for group in by_credential(machine.sweep.findings)]
        row = make("tr", make("th", machine.name, scope="row"), make("td", _when(machine.sweep.swept), class_="when"))
        for severity in shown:
            count = sum(each is severity for each in worst)
            fill(row, make("td", f"{count:,}", class_=f"n {severity.label}" if count else "n none"))
        moved = sum(each.state == "moved" for each in machine.moved)
        for count in (len(machine.sweep.findings), moved, len(machine.sweep.skipped)):
            fill(row, make("td", f"{count:,}", class_="n"))
        fill(body, row)
    return _table("Machines", "h-machines", make("thead", head), body, plural(len(machines), "machine"))


def list_moved(machines: Sequence[MachineReport]) -> Element:
    """What moves have rewritten, the latest first."""
    many = len(machines) > 1
    rows = [(machine, row) for machine in machines for row in machine.moved]
    rows.sort(key=lambda pair: -pair[1].time)
    columns = ("When (UTC)", *(("Machine",) if many else ()), "Key", "Place", "Entry", "Now")
    head = make("tr", *(make("th", column, scope="col") for column in columns))
    body = make("tbody")
    for machine, row in rows[:_MAX_MOVED]:
        path = make("code")
        path.text = show_path(row.path, machine.home)
        line = make("tr", make("td", _when(row.time), class_="when"))
        if many:
            fill(line, make("td", machine.name))
        key = " ".join(filter(None, (row.title, row.masked)))
        entry = f"{row.entry} ({row.vault})" if row.vault else row.entry
        fill(line, make("td", key), make("td", path), make("td", entry), make("td", _STATES[row.state]))
        fill(body, line)
    section = _table("Moved", "h-moved", make("thead", head), body, "What has been moved")
    if len(rows) > _MAX_MOVED:
        fill(section, make("p", f"And {len(rows) - _MAX_MOVED:,} earlier ones.", class_="quiet"))
    return section


def list_skipped(machine: MachineReport, most: int) -> Element:
    """What was not read on a machine, folded away."""
    skipped = machine.sweep.skipped
    names = make("ul")
    for skip in skipped[:most]:
        path = make("code")
        path.text = show_path(skip.path, machine.home)
        fill(names, make("li", path, f" {skip.why}"))
    folded = make("details", make("summary", f"Not read: {len(skipped):,}"), names)
    if len(skipped) > most:
        fill(folded, make("p", f"And {len(skipped) - most:,} more.", class_="quiet"))
    return folded


def _table(title: str, anchor: str, head: Element, body: Element, caption: str) -> Element:
    table = make("table", make("caption", caption, class_="away"), head, body)
    region = make("div", table, class_="scroll", tabindex=0, role="region", aria_label=f"{title}, table")
    return make("section", make("h2", title, id=anchor), region, class_="wide", aria_labelledby=anchor)
