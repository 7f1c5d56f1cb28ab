"""What a file format is: bytes in, bindings with exact byte spans out. Pure: no files, no clock, no state.

One file a format. `parse` gives every binding of the content, commented-out ones too (`commented=True`), in order of
their spans, which never overlap. Content is raw bytes of an ASCII-compatible encoding (UTF-8 with or without BOM,
latin-1 …), any line ending. Content that is not of the format raises `FormatError`; the caller then falls back to plain
text. No input may take more than time and memory linear in its size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keywatch.model import Binding, Span

Parse = Callable[[bytes], list[Binding]]


@dataclass(frozen=True, slots=True)
class Format:
    """A named format: `parse` as described above; `title` names it to a person."""

    name: str
    title: str
    parse: Parse


def splice(content: bytes, edits: Sequence[tuple[Span, bytes]]) -> bytes:
    """`content` with each span replaced by its bytes. Every byte outside the spans is kept. Spans must not overlap."""
    pieces: list[bytes] = []
    at = 0
    for span, new in sorted(edits, key=lambda edit: edit[0]):
        if span.start < at or span.end > len(content):
            raise ValueError(f"edit at {span.start}..{span.end} overlaps another or lies outside the content")
        pieces += (content[at : span.start], new)
        at = span.end
    pieces.append(content[at:])
    return b"".join(pieces)
