"""`.env` files, by the rules of python-dotenv 1.2 (tests compare the two).

`export` is allowed, quoted values may run over lines, escapes count in quotes only, and ` #` begins a comment behind an
unquoted value. `${NAME}` is left as written. A line that python-dotenv can't read (`NAME: value`) is ignored there, so
it is a commented binding here.
"""

from __future__ import annotations

import re

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM, Line, bind, remark
from keywatch.model import Binding, Span

_SKIP = re.compile(rb"\s*+(?:export[^\S\r\n]++)?")
_KEY = re.compile(rb"(?:'([^']++)'|([^=#\s'][^=#\s]*+))[^\S\r\n]*+(=[^\S\r\n]*+)?")
_SINGLE = re.compile(rb"'((?:\\.|[^'\\])*+)'", re.DOTALL)
_DOUBLE = re.compile(rb'"((?:\\.|[^"\\])*+)"', re.DOTALL)
_REST = re.compile(rb"[^\r\n]*+")
_COMMENT_AFTER = re.compile(rb"\s#")
_END = re.compile(rb"(?:[^\S\r\n]*+#[^\r\n]*+)?[^\S\r\n]*+(?:\r\n|\n|\r|\Z)")
_SINGLE_ESCAPE = re.compile(rb"\\([\\'])")
_DOUBLE_ESCAPE = re.compile(rb"\\([\\'\"abfnrtv])")
_C = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def parse(content: bytes) -> list[Binding]:
    """The variables of a `.env` file, all at path `()`."""
    found: list[Binding] = []
    at = len(BOM) if content.startswith(BOM) else 0
    stray: int | None = None
    valid = False
    while at < len(content):
        skipped = _SKIP.match(content, at)
        start = at = skipped.end() if skipped else at
        binding: Binding | None = None
        comment = content[at : at + 1] == b"#"
        if not comment:
            binding, at = _read_setting(content, at)
        end = _END.match(content, at)
        if end and binding:
            found.append(binding)
            valid = True
        elif left := _read_ignored(content, start):
            found.append(left)
        if end is None and start < len(content):
            stray = start if stray is None else stray
        at = end.end() if end else _end_of_line(content, at)
    if stray is not None and not valid:
        raise FormatError(".env", content.count(b"\n", 0, stray) + 1, "NAME=value")
    return found


def _read_setting(content: bytes, at: int) -> tuple[Binding | None, int]:
    """The setting at `at`, and how far it could be read: None for a name without a value, or for no name."""
    key = _KEY.match(content, at)
    if key is None or key[3] is None:
        return None, key.end() if key else at
    name, at = key[1] or key[2], key.end()
    first = content[at : at + 1]
    if first == b"#" and len(key[3]) > 1:
        return bind(name, b"", Span(at, at), ()), at
    if first in (b"'", b'"'):
        quoted = (_SINGLE if first == b"'" else _DOUBLE).match(content, at)
        if quoted is None:
            return None, at
        escapes = _SINGLE_ESCAPE if first == b"'" else _DOUBLE_ESCAPE
        value = escapes.sub(lambda escape: _C.get(escape[1], escape[1]), quoted[1])
        return bind(name, value, Span(*quoted.span(1)), ()), quoted.end()
    end = _end_of_line(content, at)
    if comment := _COMMENT_AFTER.search(content, at, end):
        end = comment.start()
    value = content[at:end].rstrip()
    return bind(name, value, Span(at, at + len(value)), ()), end


def _read_ignored(content: bytes, start: int) -> Binding | None:
    end = _end_of_line(content, start)
    return remark(content, Line(0, start, end, content[start:end]), ())


def _end_of_line(content: bytes, at: int) -> int:
    rest = _REST.match(content, at)
    return rest.end() if rest else at


FORMATS = {"dotenv": Format("dotenv", ".env file", parse)}
