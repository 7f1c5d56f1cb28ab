"""fish: `set -gx NAME value`, `export NAME=value`, `NAME=value command`, options. Measured against fish 3.6.

Nothing is expanded: a value with `$other` is given as written, one with a command's output in it not at all.
"""

from __future__ import annotations

import re
from functools import partial

from keywatch.formats import command
from keywatch.formats.base import Format
from keywatch.formats.command import Word
from keywatch.formats.lines import Steps, bind, readable
from keywatch.formats.statements import Statement, in_order, inside, statements, tokens
from keywatch.model import Binding, Span

Path = tuple[str, ...]

_TOKENS = tokens(rb"""'(?:[^'\\]|\\(?s:.))*+'|"(?:[^"\\]|\\(?s:.))*+\"""")
_PIECES = re.compile(
    rb"""'(?P<single>(?:[^'\\]|\\.)*+)'|"(?P<double>(?:[^"\\]|\\.)*+)"|\\(?P<bare>x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|.)""",
    re.DOTALL,
)
_IN_SINGLE = re.compile(rb"\\([\\'])")
_IN_DOUBLE = re.compile(rb'\\([\\"$]|\n)')
_CONTROL = {b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_OPTION = re.compile(rb"-[a-zA-Z]+|--[a-z-]+")
#: `set` that asks or takes away gives no value
_NO_VALUE = re.compile(rb"-[a-zA-Z]*[qeSn]|--(?:query|erase|show|names)")
_NAME = re.compile(rb"([A-Za-z_]\w*)(?:\[[^\]]*\])?")
_OPENERS = frozenset((b"if", b"for", b"while", b"switch", b"begin"))
#: words that stand before a statement
_BEFORE = frozenset((b"and", b"or", b"not", b"!", b"builtin", b"command", b"else", b"if", b"while", b"time"))


def unquote(raw: bytes) -> bytes:
    """A word as the program gets it: quotes off, escapes resolved."""
    return _PIECES.sub(_unquote_piece, raw) if any(byte in raw for byte in b"\\'\"") else raw


def _unquote_piece(match: re.Match[bytes]) -> bytes:
    if match["single"] is not None:
        return _IN_SINGLE.sub(rb"\1", match["single"])
    if match["double"] is not None:
        return _IN_DOUBLE.sub(lambda each: each[1].strip(b"\n"), match["double"])
    bare = match["bare"]
    if bare[:1] in (b"x", b"u") and len(bare) > 1:
        code = int(bare[1:], 16)
        return bytes((code,)) if bare[:1] == b"x" else chr(code).encode("utf-8", "replace")
    return b"" if bare == b"\n" else _CONTROL.get(bare, bare)


def parse(content: bytes) -> list[Binding]:
    """Every value that a statement gives a name, commented-out ones too."""
    found: list[Binding] = []
    steps = Steps()
    paths: list[Path] = [()]
    for statement in statements(content, _TOKENS, found):
        first = statement.words[0].raw
        if first == b"function" and len(statement.words) > 1:
            paths.append(steps.under(paths[-1], readable(statement.words[1].raw[:64]) + "()"))
        elif first == b"end":
            paths = paths[:-1] or [()]
        else:
            found += _bindings(content, statement, paths[-1])
            if first in _OPENERS:
                paths.append(paths[-1])
    return in_order(found)


def _bindings(content: bytes, statement: Statement, path: Path) -> list[Binding]:
    words = list(statement.words)
    while len(words) > 1 and words[0].raw in _BEFORE:
        words.pop(0)
    if words[0].raw == b"set":
        return _set(statement, words[1:], path)
    start, end = words[0].start, words[-1].end
    read = command.read(content[start:end], partial(_locate, start), path)
    if words[0].raw == b"export" or not read:
        return read
    own = (*path, f"line {statement.line}")
    return [Binding(each.name, each.value, each.span, own) for each in read]


def _locate(offset: int, start: int, end: int) -> Span:
    return Span(offset + start, offset + end)


def _set(statement: Statement, words: list[Word], path: Path) -> list[Binding]:
    """`set [OPTION…] NAME VALUE…`: each value, as a list has several."""
    while words and _OPTION.fullmatch(words[0].raw):
        if _NO_VALUE.fullmatch(words[0].raw):
            return []
        words = words[1:]
    name = _NAME.fullmatch(words[0].raw) if words else None
    if name is None:
        return []
    return [
        bind(name[1], unquote(word.raw), inside(word), path)
        for word in words[1:]
        if word.raw != b"--" and not statement.is_built(word)
    ]


FORMATS = {"fish": Format("fish", "fish script", parse)}
