"""Edits of lines that several ways make: where a line begins and ends, which line ending a file has. Pure."""

from __future__ import annotations

import re

from keywatch.model import Span

_LINE_END = re.compile(rb"\r\n|\n|\r")


def newline_of(content: bytes) -> bytes:
    """The line ending of a content: that of its first line, LF where it has none."""
    found = _LINE_END.search(content)
    return found[0] if found else b"\n"


def lines_of(content: bytes, span: Span) -> Span:
    """The whole physical lines that `span` touches, with the last one's line ending and without a byte order mark."""
    start = max(content.rfind(b"\n", 0, span.start), content.rfind(b"\r", 0, span.start)) + 1
    if start == 0 and content.startswith(b"\xef\xbb\xbf"):
        start = 3
    found = _LINE_END.search(content, max(span.end, start))
    return Span(start, found.end() if found else len(content))


def text_of(content: bytes, line: Span) -> bytes:
    """A line without its line ending."""
    return content[line.start : line.end].rstrip(b"\r\n")


def indent_of(content: bytes, line: Span) -> bytes:
    """The blanks at the beginning of a line."""
    text = text_of(content, line)
    return text[: len(text) - len(text.lstrip(b" \t"))]


def ending_of(content: bytes, line: Span) -> bytes:
    """The line ending of a line: empty for a last line without one."""
    return content[line.start + len(text_of(content, line)) : line.end]


def appended(content: bytes, lines: bytes) -> bytes:
    """What is to be inserted at the end of `content` so that `lines` (LF inside) stand on lines of their own."""
    newline = newline_of(content)
    text = lines.replace(b"\n", newline)
    return text if not content or content.endswith((b"\n", b"\r")) else newline + text
