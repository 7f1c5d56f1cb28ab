"""TOML 1.0: every string value is a binding; a path names the tables, and `[n]` the element of an array.

Follows the specification where it decides what a value is. What only a validator cares for (a key set twice, a
date that does not exist) passes. Never recurses; one pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from keywatch.formats.base import Format
from keywatch.formats.nesting import (
    MAX_DEPTH,
    Path,
    deeper,
    element,
    malformed,
    name_values,
    sibling,
    start_of,
    text_of,
)
from keywatch.model import Binding, Secret, Span

_HEX = rb"[0-9a-fA-F]"
_ESCAPE = rb'\\(?:["\\bfnrte]|x' + _HEX + rb"{2}|u" + _HEX + rb"{4}|U00(?:0" + _HEX + rb"|10)" + _HEX + rb"{4})"
_BASIC = rb'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]++|' + _ESCAPE + rb')*+"'
_LITERAL = rb"'[^'\x00-\x08\x0a-\x1f\x7f]*+'"
_PART = rb"(?:[A-Za-z0-9_-]++|" + _BASIC + rb"|" + _LITERAL + rb")"
_KEY = rb"(" + _PART + rb"(?:[ \t]*+\.[ \t]*+" + _PART + rb")*+)"

_SPACE = re.compile(rb"[ \t\r\n]*+")
_COMMENT = re.compile(rb"#[^\n]*+")
_HEADER = re.compile(rb"(\[\[?)[ \t]*+" + _KEY + rb"[ \t]*+(\]\]?)")
_MEMBER = re.compile(_KEY + rb"[ \t]*+=[ \t]*+")
_SPLIT = re.compile(_PART)
# Up to two quotes may stand before the closing three: `""""quoted"""""`.
_VALUE = re.compile(
    rb'"""(?:\r?\n)?((?:[^"\\]++|' + _ESCAPE + rb'|\\[ \t]*+\r?\n[ \t\r\n]*+|"(?!""))*+(?:"{1,2}(?="""(?!")))?)"""'
    rb"|'''(?:\r?\n)?((?:[^']++|'(?!''))*+(?:'{1,2}(?='''(?!')))?)'''"
    rb"|(" + _BASIC + rb")|(" + _LITERAL + rb")|(\[|\{)"
    rb"|([0-9A-Za-z+-][0-9A-Za-z_:+.-]*+(?: [0-9][0-9:.Zz+-]*+)?)"
)
_MULTI, _MULTI_LITERAL, _STR, _LITERAL_STR, _OPEN, _SCALAR = range(1, 7)
_COMMENTED = re.compile(rb"#+[ \t]*+" + _KEY + rb"[ \t]*+=[ \t]*+(?:(" + _BASIC + rb")|(" + _LITERAL + rb"))")

_ESCAPES = re.compile(r'\\(?:(["\\bfnrte])|(?:x(..)|u(....)|U(.{8}))|[ \t]*\r?\n[ \t\r\n]*)')
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "e": "\x1b"}


@dataclass(slots=True)
class _Open:
    """An array (`count` ≥ 0) or inline table (`key` of its current member) that is not closed yet."""

    path: Path
    count: int
    key: str = ""
    taken: dict[str, int] = field(default_factory=dict)


def _resolve(match: re.Match[str]) -> str:
    if match[1]:
        return _PLAIN.get(match[1], match[1])
    digits = match[2] or match[3] or match[4]
    return chr(int(digits, 16)).encode("utf-8", "surrogatepass").decode("latin-1") if digits else ""


def _unescape(raw: bytes) -> bytes:
    return _ESCAPES.sub(_resolve, raw.decode("latin-1")).encode("latin-1") if b"\\" in raw else raw


def _string(match: re.Match[bytes], kind: int) -> tuple[bytes, Span]:
    """The value and the span of a string that `_VALUE` matched."""
    start, end = match.span(kind)
    if kind in (_STR, _LITERAL_STR):
        start, end = start + 1, end - 1
    raw = match.string[start:end]
    if kind in (_MULTI, _MULTI_LITERAL):
        raw = raw.replace(b"\r\n", b"\n")
    return (_unescape(raw) if kind in (_STR, _MULTI) else raw), Span(start, end)


def _parts(key: bytes) -> list[str]:
    """The names of a dotted key."""
    parts = []
    for match in _SPLIT.finditer(key):
        raw = match[0]
        if raw[:1] in (b'"', b"'"):
            raw = _unescape(raw[1:-1]) if raw[:1] == b'"' else raw[1:-1]
        parts.append(text_of(raw))
    return parts


def _table(parts: list[str], arrays: dict[Path, int], *, appends: bool) -> Path:
    """The path of a `[header]`; `[[header]]` begins the next element of its array."""
    path: Path = ()
    for index, part in enumerate(parts):
        path = deeper(path, part, index)
        if appends and index == len(parts) - 1:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = deeper(path, f"[{arrays[path]}]", index)
    return path


def parse(content: bytes) -> list[Binding]:
    """Every string value of TOML content, commented-out ones too; `FormatError` for what is not TOML."""
    found: list[Binding] = []
    arrays: dict[Path, int] = {}
    table = _Open((), -1)
    tables: dict[Path, _Open] = {(): table}
    at = _skip(content, start_of(content), found, ())
    while at < len(content):
        if content.startswith(b"[", at):
            header = _HEADER.match(content, at)
            if header is None or len(header[1]) != len(header[3]):
                raise malformed("TOML", content, at, "a table name in brackets")
            path = _table(_parts(header[2]), arrays, appends=header[1] == b"[[")
            table = tables.setdefault(path, _Open(path, -1))
            at = header.end()
        else:
            at = _member(content, at, table)
            at = _value(content, at, table, found)
        ended = at
        at = _skip(content, at, found, table.path)
        if at < len(content) and content.find(b"\n", ended, at) < 0:
            raise malformed("TOML", content, at, "the end of the line")
    return name_values(found)


def _skip(content: bytes, at: int, found: list[Binding], path: Path) -> int:
    """The next place that is neither blank nor comment; commented-out members on the way are added to `found`."""
    while True:
        match = _SPACE.match(content, at)
        at = match.end() if match else at
        comment = _COMMENT.match(content, at)
        if comment is None:
            return at
        if member := _COMMENTED.match(content, at, comment.end()):
            group = 2 if member[2] else 3
            start, end = member.start(group) + 1, member.end(group) - 1
            value = _unescape(content[start:end]) if group == 2 else content[start:end]
            found.append(Binding(_parts(member[1])[-1], Secret(value), Span(start, end), path, commented=True))
        at = comment.end()


def _member(content: bytes, at: int, table: _Open) -> int:
    """Read `key =`, remember the key in `table`, and return where its value starts."""
    member = _MEMBER.match(content, at)
    if member is None:
        raise malformed("TOML", content, at, "'key = value'")
    table.key = member[1].decode("latin-1")
    return member.end()


def _named(holder: _Open, ordinal: int) -> tuple[str, Path]:
    """Name and path of a value in `holder`: a dotted key's first names are tables."""
    if holder.count >= 0:
        return "", holder.path
    if holder.key.isascii() and not any(sign in holder.key for sign in ".\"'"):
        return holder.key, holder.path
    parts = _parts(holder.key.encode("latin-1"))
    path = holder.path
    for part in parts[:-1]:
        path = deeper(path, part, ordinal)
    return parts[-1], path


def _value(content: bytes, at: int, table: _Open, found: list[Binding]) -> int:
    """Add the strings of the value at `at`, which belongs to `table`'s current key, and return where it ends."""
    stack = [table]
    while True:
        # A value is wanted at `at`, for stack[-1].
        top = stack[-1]
        match = _VALUE.match(content, at)
        if match is None or match.lastindex is None:
            raise malformed("TOML", content, at, "a value")
        kind, at = match.lastindex, match.end()
        name, path = _named(top, at)
        if kind == _OPEN:
            if len(stack) > MAX_DEPTH:
                raise malformed("TOML", content, at, f"at most {MAX_DEPTH} levels of nesting")
            step = sibling(top.taken, name) if top.count < 0 else f"[{top.count}]"
            stack.append(_Open(deeper(path, step, len(found)), 0 if match[_OPEN] == b"[" else -1))
            top.count += top.count >= 0
            opened = True
        else:
            if kind != _SCALAR:
                value, span = _string(match, kind)
                if top.count < 0:
                    found.append(Binding(name, Secret(value), span, path))
                elif value:
                    found.append(element(content, value, span, path))
            top.count += top.count >= 0
            opened = False
        # Close what closes here; a comma or an opening is followed by the next value.
        while len(stack) > 1:
            top = stack[-1]
            at = _skip(content, at, found, top.path)
            if content.startswith(b"]" if top.count >= 0 else b"}", at):
                stack.pop()
                at, opened = at + 1, False
                continue
            if not opened:
                if not content.startswith(b",", at):
                    raise malformed("TOML", content, at, "',' or the closing bracket")
                at, opened = _skip(content, at + 1, found, top.path), True
                continue
            if top.count < 0:
                at = _member(content, at, top)
            break
        else:
            return at


FORMATS = {"toml": Format("toml", "TOML", parse)}
