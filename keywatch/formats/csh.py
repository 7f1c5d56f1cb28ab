"""csh and tcsh: `setenv NAME value`, `set name = value`, options of commands. Measured against tcsh 6.24.

Nothing is expanded: a value with `$other` is given as written, one with a command's output in it not at all.
"""

from __future__ import annotations

import re
from functools import partial

from keywatch.formats import command
from keywatch.formats.base import Format
from keywatch.formats.command import Word
from keywatch.formats.lines import bind
from keywatch.formats.statements import Statement, in_order, inside, statements, tokens
from keywatch.model import Binding, Span

Path = tuple[str, ...]

# a quoted piece ends with its line, unless a backslash stands before the end of it
_TOKENS = tokens(rb"""'(?:[^'\\\n]|\\(?:\r?\n|.))*?'|"(?:[^"\\\n]|\\(?:\r?\n|.))*?\"""")
# a backslash in quotes stands for itself, but before `!` and the end of the line
_PIECES = re.compile(rb"""'(?P<single>[^']*+)'|"(?P<double>[^"]*+)"|\\(?P<bare>.)""", re.DOTALL)
_IN_QUOTES = re.compile(rb"\\(!|\r?\n)")
_ASSIGNED = re.compile(rb"([A-Za-z_]\w*)=")
_NAME = re.compile(rb"[A-Za-z_]\w*(?:\[\d+\])?")


def unquote(raw: bytes) -> bytes:
    """A word as the program gets it: quotes off, escapes resolved."""
    return _PIECES.sub(_unquote_piece, raw) if any(byte in raw for byte in b"\\'\"") else raw


def _unquote_piece(match: re.Match[bytes]) -> bytes:
    if match["bare"] is not None:
        return b"" if match["bare"] == b"\n" else match["bare"]
    quoted = match["single"] if match["single"] is not None else match["double"]
    return _IN_QUOTES.sub(lambda each: each[1], quoted)


def parse(content: bytes) -> list[Binding]:
    """Every value that a statement gives a name, commented-out ones too."""
    found: list[Binding] = []
    listed = b""  # the name whose list `( … )` is open
    for statement in statements(content, _TOKENS, found):
        if listed:
            found += [bind(listed, unquote(word.raw), inside(word), ()) for word in statement.words]
            listed = b""
            continue
        found += _bindings(content, statement)
        listed = _opens_list(statement)
    return in_order(found)


def _opens_list(statement: Statement) -> bytes:
    """The name in `set name = (` and `set name=(`."""
    raw = [word.raw for word in statement.words]
    if raw[0] != b"set" or statement.separator not in (b"(", b" "):
        return b""
    if len(raw) > 2 and raw[-1] == b"=":
        return raw[-2]
    return raw[-1][:-1] if len(raw) > 1 and raw[-1].endswith(b"=") else b""


def _bindings(content: bytes, statement: Statement) -> list[Binding]:
    words = statement.words
    if words[0].raw == b"setenv":
        if len(words) < 3 or statement.is_built(words[2]):
            return []
        return [bind(words[1].raw, unquote(words[2].raw), inside(words[2]), ())]
    if words[0].raw == b"set":
        return _set(statement, list(words[1:]))
    read = command.read(content[statement.start : statement.end], partial(_locate, statement.start), ())
    if not read:
        return []
    own = (f"line {statement.line}",)
    return [Binding(each.name, each.value, each.span, own) for each in read]


def _locate(offset: int, start: int, end: int) -> Span:
    return Span(offset + start, offset + end)


def _set(statement: Statement, words: list[Word]) -> list[Binding]:
    """`set name=value other = value …`: each with a value."""
    found: list[Binding] = []
    at = 0
    while at < len(words):
        word, after = words[at], words[at + 1 : at + 3]
        if assigned := _ASSIGNED.match(word.raw):
            value = Word(word.start + assigned.end(), word.end, word.raw[assigned.end() :])
            if value.raw and not (statement.is_built(word)):
                found.append(bind(assigned[1], unquote(value.raw), inside(value), ()))
        elif len(after) == 2 and after[0].raw == b"=" and _NAME.fullmatch(word.raw):
            if not statement.is_built(after[1]):
                found.append(bind(word.raw, unquote(after[1].raw), inside(after[1]), ()))
            at += 2
        at += 1
    return found


FORMATS = {"csh": Format("csh", "csh script", parse)}
