"""Tables with a header line: AWS's credentials.csv and accessKeys.csv, password managers' exports.

RFC 4180 as Python's csv module reads it, separated by commas, semicolons or tabs. A name is its column's header, a path
its row: an id and its secret share one. Content whose first line does not look like a header is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM, bind, trim
from keywatch.model import Binding, Span

_CELL: dict[bytes, re.Pattern[bytes]] = {
    separator: re.compile(
        rb"""(?:"(?P<quoted>(?:[^"]|"")*+)"(?P<rest>[^%s\r\n]*+)|(?P<plain>[^%s\r\n]*+))(?P<end>%s|\r\n|\n|\r|\Z)"""
        % (separator, separator, separator)
    )
    for separator in (b",", b";", b"\t")
}
#: a column's name: a few words that begin with a letter (in any alphabet), and nothing as long as a key
_HEADER = re.compile(rb"(?=.{1,64}\Z)(?!\S{33})[A-Za-z_\x80-\xff][^\x00-\x1f=]*")
_KEY_LIKE = re.compile(rb"[A-Z0-9]{16,}")


@dataclass(frozen=True, slots=True)
class _Cell:
    value: bytes
    span: Span
    ends_row: bool


def _cells(content: bytes, separator: bytes, at: int) -> Iterator[_Cell]:
    """The cells from `at` on, row by row; stops at a quote that is never closed."""
    while found := _CELL[separator].match(content, at):
        at = found.end()
        ends_row = found["end"] != separator
        if found["quoted"] is None:
            start, end = trim(content, *found.span("plain"))
            yield _Cell(content[start:end], Span(start, end), ends_row)
        else:
            value = found["quoted"].replace(b'""', b'"')
            whole = Span(found.start("quoted") - 1, found.end("rest"))
            span = whole if found["rest"] else Span(*found.span("quoted"))
            yield _Cell(value + found["rest"], span, ends_row)
        if found["end"] == b"" or (ends_row and at >= len(content)):
            return
    line = content.count(b"\n", 0, at) + 1
    raise FormatError("CSV", line, "a closing quote")


def _header(content: bytes, at: int) -> tuple[bytes, list[bytes]]:
    """The separator and the names of the columns. Of the separators, the one that gives most columns is taken."""
    best: tuple[bytes, list[bytes]] = (b"", [])
    for separator in _CELL:
        names: list[bytes] = []
        for cell in _cells(content, separator, at):
            names.append(cell.value)
            if cell.ends_row:
                break
        if len(names) > max(1, len(best[1])) and all(map(_is_name, names)):
            best = separator, names
    if not best[1]:
        raise FormatError("CSV", 1, "a header: two or more names of columns, separated by commas, semicolons or tabs")
    return best


def _is_name(cell: bytes) -> bool:
    return _HEADER.fullmatch(cell) is not None and not _KEY_LIKE.fullmatch(cell)


def parse(content: bytes) -> list[Binding]:
    """Every cell under its column's name (none for a cell beyond the header); paths are `("row N",)`, N from 1."""
    at = len(BOM) if content.startswith(BOM) else 0
    separator, names = _header(content, at)
    found: list[Binding] = []
    row, column = 0, 0
    for cell in _cells(content, separator, at):
        if row:
            name = names[column] if column < len(names) else b""
            found.append(bind(name, cell.value, cell.span, (f"row {row}",)))
        column += 1
        if cell.ends_row:
            if row and column == 1 and not cell.value:
                found.pop()  # an empty line is no row
                row -= 1
            row, column = row + 1, 0
    return found


FORMATS = {"csv": Format("csv", "CSV table", parse)}
