"""Sweeps of many machines are put together by machine: the latest counts, and nothing is lost or counted twice."""

from __future__ import annotations

from dataclasses import replace

from madeup import DAY, NOW, full_result
from pages import one_machine

from keywatch.report.machines import MachineReport, MovedRow, merge
from keywatch.totals import DayTotals


def part(name: str, days_ago: int, found: slice, places: tuple[str, ...] = ("/home",), scope: str = "home"):
    result = full_result()
    return MachineReport(
        name, replace(result, findings=result.findings[found], swept=NOW - days_ago * DAY, places=places, scope=scope)
    )


def test_of_sweeps_of_the_same_places_the_latest_counts() -> None:
    [machine] = merge([part("a", 5, slice(0, 8)), part("a", 1, slice(0, 2)), part("a", 3, slice(0, 6))])
    assert len(machine.sweep.findings) == 2
    assert [(t.day, t.places) for t in machine.trend] == [("2026-09-16", 8), ("2026-09-18", 6), ("2026-09-20", 2)]


def test_sweeps_of_different_places_add_up_without_counting_twice() -> None:
    home, etc = part("a", 1, slice(0, 5)), part("a", 0, slice(3, 8), ("/etc",), scope="")
    [machine] = merge([home, etc])
    assert len(machine.sweep.findings) == 8
    assert machine.sweep.places == ("/etc", "/home")
    assert machine.sweep.summary.files == 2 * home.sweep.summary.files
    assert machine.sweep.dropped == {name: 2 * count for name, count in home.sweep.dropped.items()}
    assert [t.places for t in machine.trend] == [5], "a sweep of given paths is no point of the line"


def test_machines_stay_apart_and_in_order() -> None:
    machines = merge([part("b", 0, slice(0, 1)), part("a", 0, slice(0, 3))])
    assert [(m.name, len(m.sweep.findings)) for m in machines] == [("a", 3), ("b", 1)]


def test_what_machines_know_of_their_past_is_kept() -> None:
    known = replace(one_machine(), sweep=replace(one_machine().sweep, scope="home"))
    older = replace(known, trend=(DayTotals("2025-01-01", (0, 0, 0, 0, 1), 1),), sweep=replace(known.sweep, swept=1.0))
    extra = MovedRow(NOW + 5, "new", "/x")
    [machine] = merge([older, known, replace(known, moved=(extra,))])
    assert machine.trend == (*older.trend, *known.trend)
    assert machine.moved == (extra, *known.moved)
