"""YAML: the events of PyYAML, for positions and plain values only; nothing is constructed, no alias followed.

Templates (Helm, Jinja, Ansible) are no YAML until they are filled in: they are a `FormatError`, and read as plain text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml
from yaml.error import Mark
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    ScalarEvent,
    SequenceStartEvent,
)

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.nesting import BOM, MAX_DEPTH, Path, deeper, element, name_values, sibling, text_of
from keywatch.model import Binding, Secret, Span

if TYPE_CHECKING:
    from yaml._yaml import Mark as CMark

try:
    from yaml import CLoader as Loader
except ImportError:  # a platform without the wheel: the same events, twenty times slower
    from yaml import Loader  # type: ignore[assignment]

#: an anchor or a tag before a scalar
_PROPERTIES = re.compile(rb"(?:[!&][^\s]*+\s++)*+")
_HEADER = re.compile(rb"[|>][^\n]*+\n?\s*+")
_COMMENTED = re.compile(
    rb"""(?:^|(?<=\xef\xbb\xbf))[ \t]*+#[# \t]*+(?:-[ \t]++)?(?:export[ \t]++)?"""
    rb"""["']?([A-Za-z_][\w.-]*+)["']?[ \t]*+[:=][ \t]*+"""
    rb"""(?:"([^"\r\n]*+)"|'([^'\r\n]*+)'|([^\s#"'][^\s]*+))""",
    re.MULTILINE,
)


@dataclass(slots=True)
class _Open:
    """A list (`count` ≥ 0) or mapping (`key` of its current member, None while a key is awaited) not closed yet."""

    path: Path
    count: int
    key: str | None = None
    taken: dict[str, int] = field(default_factory=dict)

    def step(self) -> str:
        """The step to what stands here, and on to the next place."""
        if self.count >= 0:
            self.count += 1
            return f"[{self.count - 1}]"
        key, self.key = self.key or "", None
        return sibling(self.taken, key)


class _Reader:
    """Takes events in their order; offsets of characters become offsets of bytes as it goes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.found: list[Binding] = []
        self.blocks: list[Span] = []
        self._stack: list[_Open] = []
        self._opened = self._documents = 0
        start = len(BOM) if content.startswith(BOM) else 0
        try:
            self.text, self._encoding = content[start:].decode(), "utf-8"
        except UnicodeDecodeError:
            self.text, self._encoding = content[start:].decode("latin-1"), "latin-1"
        self._narrow = self._encoding == "latin-1" or self.text.isascii()
        self._at = (0, start)  # a character's index and its byte's offset

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
        elif isinstance(event, CollectionEndEvent):
            self._stack.pop()
        elif isinstance(event, CollectionStartEvent):
            self._open(event)
        elif isinstance(event, (ScalarEvent, AliasEvent)):
            self._value(event)

    def _open(self, event: CollectionStartEvent) -> None:
        path: Path = () if self._documents < 2 else (f"document {self._documents}",)
        if self._stack:
            top = self._stack[-1]
            if top.count < 0 and top.key is None:  # a mapping as a key
                top.key = ""
            if len(self._stack) == MAX_DEPTH:
                raise FormatError("YAML", 1, f"at most {MAX_DEPTH} levels of nesting")
            path = deeper(top.path, top.step(), self._opened)
        self._opened += 1
        self._stack.append(_Open(path, 0 if isinstance(event, SequenceStartEvent) else -1))

    def _value(self, event: ScalarEvent | AliasEvent) -> None:
        top = self._stack[-1] if self._stack else None
        value = b"" if isinstance(event, AliasEvent) else event.value.encode(self._encoding, "surrogatepass")
        if top is not None and top.count < 0 and top.key is None:
            top.key = text_of(value)
            return
        if top is not None and top.count < 0:
            name, path = top.key or "", top.path
            top.key = None
        else:
            name, path = "", top.path if top else ()
            if top:
                top.count += 1
        if not value or not isinstance(event, ScalarEvent):
            return
        span = self._span(event)
        if name:
            self.found.append(Binding(name, Secret(value), span, path))
        else:
            self.found.append(element(self.content, value, span, path))

    def _span(self, event: ScalarEvent) -> Span:
        """The bytes of the value: inside its quotes, or below its block's header."""
        start, end = self._offset(event.start_mark), self._offset(event.end_mark)
        if (properties := _PROPERTIES.match(self.content, start, end)) is not None:
            start = properties.end()
        if event.style in ("'", '"'):
            return Span(start + 1, end - 1)
        raw = self.content[start:end]
        if event.style in ("|", ">"):
            self.blocks.append(Span(start, end))
            header = _HEADER.match(raw)
            start += header.end() if header else 0
        return Span(start, max(start, end - (len(raw) - len(raw.rstrip()))))

    def _offset(self, mark: Mark | CMark | None) -> int:
        index = mark.index if mark else 0
        start, offset = self._at
        if self._narrow or index < start:
            return offset - start + index if self._narrow else len(self.text[:index].encode())
        offset += len(self.text[start:index].encode())
        self._at = (index, offset)
        return offset


def parse(content: bytes) -> list[Binding]:
    """Every scalar value of YAML content, commented-out members too; `FormatError` for what is not YAML."""
    reader = _Reader(content)
    try:
        for event in yaml.parse(reader.text, Loader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FormatError("YAML", line, "well-formed YAML") from None
    except yaml.YAMLError:
        raise FormatError("YAML", 1, "text without control characters") from None
    return sorted(name_values(reader.found) + _commented(reader), key=lambda binding: binding.span)


def _commented(reader: _Reader) -> list[Binding]:
    """Members in comments, with the path of what stands before; none inside of a value that holds a `#`."""
    found: list[Binding] = []
    taken = sorted((*reader.blocks, *(binding.span for binding in reader.found)))
    starts = [span.start for span in taken]
    by_end = sorted(reader.found, key=lambda binding: binding.span.end)
    ends = [binding.span.end for binding in by_end]
    for match in _COMMENTED.finditer(reader.content):
        group = match.lastindex or 4
        before = bisect_left(starts, match.end()) - 1
        if before >= 0 and taken[before].end > match.start():
            continue
        above = bisect_left(ends, match.start()) - 1
        path = by_end[above].path if above >= 0 else ()
        found.append(Binding(text_of(match[1]), Secret(match[group]), Span(*match.span(group)), path, commented=True))
    return found


FORMATS = {"yaml": Format("yaml", "YAML", parse)}
