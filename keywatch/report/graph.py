"""The graph of keys, the places where they lie, and the programs that read them, as an inline SVG. Pure.

Three columns, joined by curves. What does not fit is counted, never left out in silence; the list of keys has all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from keywatch.model import Finding
from keywatch.report.base import masked
from keywatch.report.escape import show, show_place
from keywatch.report.markup import fill, make

#: rows that one picture takes before it stops being one
MAX_PLACES = 60
_ROW, _TOP = 30, 34
#: width of a character of a label at most (12 px of a proportional, 11 px of a monospaced font), and of the curves
_LETTER, _MONO, _REACH = 7.2, 6.7, 100
_MAX_LABEL = 58


@dataclass(frozen=True, slots=True)
class Key:
    """A credential on one machine, as the page shows it. `anchor` is its id in the page."""

    anchor: str
    machine: str
    home: str
    findings: Sequence[Finding]


@dataclass(slots=True)
class _Node:
    label: str
    whole: str
    y: float = 0.0
    #: y of what it is joined to
    near: list[float] = field(default_factory=list)


def draw_graph(keys: Sequence[Key], *, machines: bool) -> tuple[Element, int]:
    """The graph of the most urgent keys, and how many keys it leaves out. `machines`: places name theirs."""
    places: dict[tuple[str, ...], _Node] = {}
    readers: dict[str, _Node] = {}
    drawn: list[tuple[Key, _Node, list[tuple[_Node, _Node]]]] = []
    for key in keys:
        fresh = {_place_key(key, finding) for finding in key.findings} - set(places)
        if drawn and len(places) + len(fresh) > MAX_PLACES:
            continue
        links: dict[tuple[int, int], tuple[_Node, _Node]] = {}
        for finding in list(key.findings)[:MAX_PLACES]:
            whole = (f"{key.machine}: " if machines else "") + show_place(
                finding.place.path, finding.place.via, key.home
            )
            place = places.setdefault(_place_key(key, finding), _Node(_shorten(whole), whole))
            told = show(finding.place.consumer) or "not known"
            reader = readers.setdefault(told, _Node(_shorten(told, 18), told))
            links[id(place), id(reader)] = (place, reader)
        name = show(masked(key.findings[0])) or show(key.findings[0].title)
        drawn.append((key, _Node(_shorten(name, 30), f"{show(key.findings[0].title)} {name}"), list(links.values())))
    for number, place in enumerate(places.values()):
        place.y = _TOP + (number + 0.5) * _ROW
    for _, node, links_ in drawn:
        node.near = [place.y for place, _ in links_]
        for place, reader in links_:
            reader.near.append(place.y)
    height = _TOP + len(places) * _ROW + 6
    _spread([node for _, node, _ in drawn], height)
    _spread(list(readers.values()), height)
    return _draw(drawn, list(places.values()), list(readers.values()), height), len(keys) - len(drawn)


def _place_key(key: Key, finding: Finding) -> tuple[str, ...]:
    return (key.machine, finding.place.path, *finding.place.via)


def _spread(nodes: list[_Node], height: float) -> None:
    """Put each node as near to the middle of what it is joined to as the others allow."""
    for node in nodes:
        node.y = sum(node.near) / len(node.near)
    ordered = sorted(nodes, key=lambda node: node.y)
    least = _TOP + _ROW / 2
    for node in ordered:
        node.y = max(node.y, least)
        least = node.y + _ROW
    most = height - _ROW / 2
    for node in reversed(ordered):
        node.y = min(node.y, most)
        most = node.y - _ROW


def _draw(
    drawn: list[tuple[Key, _Node, list[tuple[_Node, _Node]]]], places: list[_Node], readers: list[_Node], height: float
) -> Element:
    # columns as wide as what stands in them, so that a phone need not scroll past nothing
    end = _LETTER * max([4, *(len(node.label) for _, node, _ in drawn)])
    box, width = end + _REACH, 20 + _MONO * max([8, *(len(place.label) for place in places)])
    reach = box + width + _REACH
    whole = round(reach + _LETTER * max([8, *(len(reader.label) for reader in readers)]))
    told = f"{len(drawn)} keys in {len(places)} places, read by {len(readers)} kinds of program"
    svg = make(
        "svg",
        make("title", f"Keys, places and consumers: {told}. The list below says the same in words.", id="graph-title"),
        class_="graph", width=whole, height=height, viewBox=f"0 0 {whole} {height:.6g}", role="img",
        aria_labelledby="graph-title",
    )  # fmt: skip
    for x, anchor, text in ((end, "end", "key"), (box, "start", "place"), (reach, "start", "read by")):
        fill(svg, make("text", text, class_=f"head {anchor}", x=x, y=16))
    for key, node, links in drawn:
        worst = max(finding.severity for finding in key.findings).label
        group = make("g", class_=f"node {worst}", data_key=key.anchor)
        for place, reader in links:
            fill(group, make("path", class_="link", d=_curve(end + 12, node.y, box, place.y)))
            fill(group, make("path", class_="link", d=_curve(box + width, place.y, reach - 12, reader.y)))
        fill(group, make("circle", cx=end + 12, cy=node.y, r=6))
        fill(svg, fill(group, _label(node, end, "end")))
    for place in places:
        frame = make("rect", class_="box", x=box, y=place.y - 11, width=width, height=22, rx=4)
        fill(svg, frame, _label(place, box + 10, "start mono"))
    for reader in readers:
        dot = make("circle", class_="reader", cx=reach - 12, cy=reader.y, r=4)
        fill(svg, dot, _label(reader, reach, "start"))
    return svg


def _label(node: _Node, x: float, class_: str) -> Element:
    # labels are escaped already: their backslashes are not to be doubled
    text = make("text", class_=class_, x=x, y=node.y + 4)
    text.text = node.label
    if node.label != node.whole:
        title = make("title")
        title.text = node.whole
        title.tail, text.text = node.label, ""
        text.append(title)
    return text


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"M{x1:.6g} {y1:.6g}C{middle:.6g} {y1:.6g} {middle:.6g} {y2:.6g} {x2:.6g} {y2:.6g}"


def _shorten(text: str, most: int = _MAX_LABEL) -> str:
    """`text` with its middle left out: a path's end tells most."""
    if len(text) <= most:
        return text
    head = most // 3
    return text[:head] + "…" + text[-(most - head - 1) :]
