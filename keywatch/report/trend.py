"""The trend over time as an inline SVG and its table: how many keys there were from one sweep to the next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element

from keywatch.report.markup import fill, make
from keywatch.severity import Severity
from keywatch.totals import DayTotals

_WIDTH, _HEIGHT = 640, 178
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 6, 12, 30
#: days in the table below the picture; all are in the picture
_MAX_ROWS = 60


def add_machines(trends: Sequence[Sequence[DayTotals]]) -> list[DayTotals]:
    """The sum of several machines' days. Between two sweeps of a machine, what the earlier one found still counts."""
    days = sorted({totals.day for trend in trends for totals in trend})
    by_day = [{totals.day: totals for totals in trend} for trend in trends]
    current: list[DayTotals | None] = [None] * len(trends)
    summed = []
    for day in days:
        current = [known.get(day, last) for known, last in zip(by_day, current, strict=True)]
        have = [totals for totals in current if totals is not None]
        keys = tuple(sum(column) for column in zip(*(totals.keys for totals in have), strict=True))
        summed.append(DayTotals(day, keys, sum(totals.places for totals in have)))
    return summed


def draw_trend(days: Sequence[DayTotals]) -> Element:
    """The keys of each day as stacked steps, most urgent at the bottom. At least two days."""
    ordinals = [date.fromisoformat(totals.day).toordinal() for totals in days]
    first, last = ordinals[0], ordinals[-1]
    # the last value needs some width of its own to be seen
    span = (last - first) * 1.03 or 1.0
    most = _ceiling(max(sum(totals.keys) for totals in days))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def x(ordinal: float) -> float:
        return round(_LEFT + (ordinal - first) / span * (right - _LEFT), 1)

    def y(count: float) -> float:
        return round(bottom - count / most * (bottom - _TOP), 1)

    told = f"{sum(days[0].keys):,} keys on {days[0].day}, {sum(days[-1].keys):,} on {days[-1].day}"
    svg = make("svg", class_="trend", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_labelledby="trend-title")
    fill(svg, make("title", f"Keys over time: {told}", id="trend-title"))
    for count in dict.fromkeys((0, most // 2 if most % 2 == 0 else 0, most)):
        fill(svg, make("line", class_="grid", x1=_LEFT, x2=right, y1=y(count), y2=y(count)))
        fill(svg, make("text", f"{count:,}", class_="end", x=_LEFT - 6, y=y(count) + 4))
    below = [0] * len(days)
    for severity in sorted(Severity, reverse=True):
        above = [low + totals.keys[severity] for low, totals in zip(below, days, strict=True)]
        if above != below:
            ends = [*ordinals[1:], first + span]
            steps = list(zip(ordinals, ends, strict=True))
            up = [f"{x(a)},{y(high)} {x(b)},{y(high)}" for (a, b), high in zip(steps, above, strict=True)]
            down = [f"{x(b)},{y(low)} {x(a)},{y(low)}" for (a, b), low in zip(steps, below, strict=True)]
            fill(svg, make("polygon", class_=f"fill {severity.label}", points=" ".join((*up, *reversed(down)))))
        below = above
    for ordinal, anchor, at in ((first, "start", x(first)), (last, "end", right)):
        fill(svg, make("text", date.fromordinal(ordinal).isoformat(), class_=anchor, x=at, y=_HEIGHT - 6))
    return svg


def list_days(days: Sequence[DayTotals]) -> Element:
    """The same as a table, the latest day first."""
    shown = sorted(Severity, reverse=True)
    head = make("tr", make("th", "Day", scope="col"))
    fill(head, *(make("th", severity.label.capitalize(), scope="col", class_="n") for severity in shown))
    fill(head, make("th", "Places", scope="col", class_="n"))
    body = make("tbody")
    for totals in list(reversed(days))[:_MAX_ROWS]:
        row = make("tr", make("th", totals.day, scope="row"))
        fill(row, *(make("td", f"{totals.keys[severity]:,}", class_="n") for severity in shown))
        fill(body, fill(row, make("td", f"{totals.places:,}", class_="n")))
    return make("table", make("caption", "Keys by day, latest first", class_="away"), make("thead", head), body)


def _ceiling(count: int) -> int:
    """The next round number at which an axis can end: 1, 2, 3, 4, 6, 8, 10, 20, 30 …"""
    step = 1
    while True:
        for factor in (1, 2, 3, 4, 6, 8):
            if factor * step >= count:
                return factor * step
        step *= 10
