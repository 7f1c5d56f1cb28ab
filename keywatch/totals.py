"""How many keys there are, day by day: what a report's trend is drawn from. Counts only; nothing of a key is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keywatch.model import Finding
from keywatch.severity import Severity


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What the last sweep of a day found. `keys` counts each key once, by its most urgent place, info first."""

    day: str
    keys: tuple[int, ...]
    places: int


def add_up(findings: Iterable[Finding], day: str) -> DayTotals:
    """The totals of these findings; `day` is `YYYY-MM-DD`."""
    worst: dict[str, Severity] = {}
    places = 0
    for finding in findings:
        places += 1
        worst[finding.identity] = max(finding.severity, worst.get(finding.identity, Severity.INFO))
    return DayTotals(day, tuple(sum(s is severity for s in worst.values()) for severity in Severity), places)
