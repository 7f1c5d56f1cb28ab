"""The parts of a large or binary content that deserve a closer look: around what triggered, to the ends of the lines.

A closer look costs far more than the engine's pass, and a library of 100 MB may hold three names of interest. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from keywatch.detect.engine import CASELESS, locate
from keywatch.model import Span

#: bytes looked at on either side of a trigger: a private key, a session token, the other half of a pair
MARGIN = 4096
#: the same around a name alone: how far it speaks for a value (labels.REACH), and the value
NAME_MARGIN = 512
#: how much further a region may grow to begin and end with a line
_TO_LINE_END = 1024
#: triggers followed in one content
MOST = 20_000


def regions_of(content: bytes, patterns: Iterable[tuple[str, int]], margin: int = MARGIN) -> list[Span]:
    """Disjoint spans of `content`, in order, outside of which none of the patterns (text and flags) matches.

    They reach `margin` bytes beyond each match, and on to the ends of the lines.
    """
    found: list[tuple[int, int]] = []
    for pattern, flags in patterns:
        places = locate(pattern, flags, content, margin)
        found += places if places is not None else _search(pattern, flags, content)
    spans: list[Span] = []
    for start, end in sorted(found):
        if spans and start - margin <= spans[-1].end:
            if end + margin > spans[-1].end:
                spans[-1] = Span(spans[-1].start, _line_end(content, end + margin))
        else:
            floor = spans[-1].end if spans else 0
            spans.append(Span(max(floor, _line_start(content, start - margin)), _line_end(content, end + margin)))
    return spans


def _search(pattern: str, flags: int, content: bytes) -> list[tuple[int, int]]:
    """The same without Hyperscan."""
    compiled = re.compile(pattern.encode(), re.IGNORECASE if flags & CASELESS else 0)
    places = []
    for match in compiled.finditer(content):
        places.append(match.span())
        if len(places) >= MOST:
            break
    return places


def _line_start(content: bytes, offset: int) -> int:
    if offset <= 0:
        return 0
    at = content.rfind(b"\n", max(0, offset - _TO_LINE_END), offset)
    return at + 1 if at >= 0 else offset


def _line_end(content: bytes, offset: int) -> int:
    if offset >= len(content):
        return len(content)
    at = content.find(b"\n", offset, offset + _TO_LINE_END)
    return at + 1 if at >= 0 else offset
