"""What the line-oriented formats share: physical lines with their byte offsets, and text that knows where it came from.

Knows nothing of any format's rules. Every function is linear in the bytes it is given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keywatch.model import Binding, Secret, Span

BOM = b"\xef\xbb\xbf"
#: what Python's `str.strip`, and so configparser, takes off the ends of a line, as far as it is ASCII
BLANKS = b" \t\x0b\x0c\x1c\x1d\x1e\x1f"

_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_LEADING = re.compile(rb"[ \t\x0b\x0c\x1c-\x1f]*")
_REMARK = re.compile(rb"[#; \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=(?!=)|:(?![:/]))[ \t]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line: its number from 1, its bytes without the line ending, and where these start and end."""

    number: int
    start: int
    end: int
    text: bytes


def each_line(content: bytes) -> Iterator[Line]:
    """The lines of `content`, ended by LF, CRLF or a lone CR; a byte order mark belongs to none of them."""
    at = len(BOM) if content.startswith(BOM) else 0
    number = 0
    while at < len(content):
        found = _LINE.match(content, at)
        if found is None:  # can't be: the pattern matches at every place
            return
        number += 1
        yield Line(number, at, found.end(1), found[1])
        at = found.end()


def trim(content: bytes, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved inwards over blanks; both at one place when there is nothing else."""
    found = _LEADING.match(content, start, end)
    start = found.end() if found else start
    return start, start + len(content[start:end].rstrip(BLANKS))


def within_quotes(content: bytes, start: int, end: int, quotes: bytes = b"\"'") -> tuple[int, int]:
    """The inside of `content[start:end]` when one pair of quotes encloses all of it, else `start` and `end`."""
    if end - start < 2 or content[start] not in quotes or content[end - 1] != content[start]:
        return start, end
    inside = content[start + 1 : end - 1]
    return (start, end) if content[start] in inside else (start + 1, end - 1)


def bind(
    name: bytes,
    value: bytes,
    span: Span,
    path: tuple[str, ...],
    *,
    commented: bool = False,
) -> Binding:
    """A binding with its name as text; a commented one stands in the part `#` of its path."""
    return Binding(readable(name), Secret(value), span, (*path, "#") if commented else path, commented)


def readable(name: bytes) -> str:
    """A name or a step of a path for a person: UTF-8, whatever is not shown as escapes."""
    return name.decode("utf-8", "backslashreplace")


def remark(content: bytes, line: Line, path: tuple[str, ...]) -> Binding | None:
    """The binding in a line that no consumer reads, such as `# export NAME="value"`, if it looks like one."""
    found = _REMARK.match(content, line.start, line.end)
    if found is None:
        return None
    start, end = trim(content, found.end(), line.end)
    start, end = within_quotes(content, start, end)
    if start == end:
        return None
    return bind(found[1], content[start:end], Span(start, end), path, commented=True)


class Steps:
    """Gives each section, object or entry of a content a step that no other has: `dev`, then `dev#1`, `dev#2` …"""

    __slots__ = ("_next", "_taken")

    def __init__(self) -> None:
        self._taken: set[tuple[str, ...]] = set()
        self._next: dict[tuple[str, ...], int] = {}

    def under(self, path: tuple[str, ...], name: str) -> tuple[str, ...]:
        """`path` with a new step for `name`."""
        step = (*path, name)
        number = self._next.get(step, 0)
        made = (*path, f"{name}#{number}") if number else step
        while made in self._taken:
            number += 1
            made = (*path, f"{name}#{number}")
        self._taken.add(made)
        self._next[step] = number
        return made


class Unfolded:
    """Text with its folds or escapes resolved that still knows where in the content each of its bytes stood."""

    __slots__ = ("_at", "_extra", "_start", "text")

    def __init__(self, text: bytes, start: int, at: list[int], extra: list[int]) -> None:
        self.text = text
        self._start = start
        self._at = at
        self._extra = extra

    def origin(self, at: int) -> int:
        """Where in the content the byte `at` of the text begins."""
        before = bisect_right(self._at, at)
        return self._start + at + (self._extra[before - 1] if before else 0)

    def span(self, start: int, end: int) -> Span:
        """The span in the content of `text[start:end]`."""
        return Span(self.origin(start), max(self.origin(start), self.origin(end)))


def unfold(
    content: bytes,
    start: int,
    end: int,
    pattern: re.Pattern[bytes],
    resolve: Callable[[re.Match[bytes]], bytes],
) -> Unfolded:
    """`content[start:end]` with each match of `pattern` replaced by what `resolve` gives: never more than it had."""
    pieces: list[bytes] = []
    at: list[int] = []
    extra: list[int] = []
    length, dropped, last = 0, 0, start
    for found in pattern.finditer(content, start, end):
        new = resolve(found)
        pieces += (content[last : found.start()], new)
        length += found.start() - last + len(new)
        last = found.end()
        if len(new) != found.end() - found.start():
            dropped += found.end() - found.start() - len(new)
            at.append(length)
            extra.append(dropped)
    pieces.append(content[last:end])
    return Unfolded(b"".join(pieces), start, at, extra)
