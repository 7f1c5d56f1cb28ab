"""JSON, JSON with comments and trailing commas (editors' settings), JSON lines: every string value is a binding.

A path names the keys and indexes down to the object or list that holds the value. Never recurses; one pass, each byte
read once. It never repairs: what a JSON reader refuses is a `FormatError`.
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

_ESCAPE = rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_STRING = rb'"((?:[^"\\\x00-\x1f]++|' + _ESCAPE + rb')*+)"'
# Possessive repeats (`*+`): no backtracking, so time stays linear and the matcher keeps no stack.
_TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:" + _STRING + rb"|([\[{])|([\]}])|(,)|(:)"
    rb"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![0-9.eE])|true|false|null|NaN|-?Infinity)"
    rb"|(//[^\n]*+|/\*(?s:.*?)\*/)|(\Z))"
)
_STR, _OPEN, _CLOSE, _COMMA, _COLON, _SCALAR, _COMMENT, _END = range(1, 9)
_VALUES = frozenset((_STR, _OPEN, _SCALAR))
_COMMENTED = re.compile(rb"(?<!\\)" + _STRING + rb"[ \t]*+:[ \t]*+" + _STRING)

_ESCAPES = re.compile(r"\\(?:u[dD][89abAB]([0-9a-fA-F]{2})\\u[dD][c-fC-F]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(slots=True)
class _Open:
    """A list (`count` ≥ 0) or object (`key` of its current member) that is not closed yet."""

    path: Path
    count: int
    key: str = ""
    taken: dict[str, int] = field(default_factory=dict)


def _resolve(match: re.Match[str]) -> str:
    if match[4]:
        return _PLAIN.get(match[4], match[4])
    if match[3]:
        code = int(match[3], 16)
    else:
        code = 0x10000 + ((int(match[0][2:6], 16) - 0xD800) << 10) + int(match[0][8:12], 16) - 0xDC00
    # A lone surrogate is no character; Python's json lets it through, and so does this.
    return chr(code).encode("utf-8", "surrogatepass").decode("latin-1")


def decode_string(raw: bytes) -> bytes:
    """What stands between a JSON string's quotes, with its escapes resolved to UTF-8 and every other byte as it is."""
    # Latin-1 is bytes as text: joining millions of pieces takes a tenth of the memory that joining bytes takes.
    return _ESCAPES.sub(_resolve, raw.decode("latin-1")).encode("latin-1") if b"\\" in raw else raw


def parse(content: bytes) -> list[Binding]:  # noqa: C901, PLR0912, PLR0915 - one state machine, kept in sight
    """Every string value of JSON content, members in comments included; `FormatError` for what is not JSON.

    Several documents are JSON lines: each further one starts on a line of its own and has its own first path step.
    """
    found: list[Binding] = []
    stack: list[_Open] = []
    names: dict[bytes, str] = {}
    top: _Open | None = None
    opened = documents = ended = 0
    at = start_of(content)
    want = "value"  # what may stand here: a value, a key, a colon, or what follows a value
    token = _TOKEN.match
    while match := token(content, at):
        kind, at = match.lastindex or 0, match.end()
        if top is None and kind in _VALUES:
            if documents and content.find(b"\n", ended, match.start(kind)) < 0:
                raise malformed("JSON", content, at, "the end of the line, or of the content")
            documents, ended = documents + 1, at
        if kind == _STR and want == "value":
            value, span = decode_string(match[_STR]), Span(*match.span(_STR))
            if top is None:
                found.append(Binding("", Secret(value), span))
                continue
            if top.count < 0:
                found.append(Binding(top.key, Secret(value), span, top.path))
            else:
                if value:
                    found.append(element(content, value, span, top.path))
                top.count += 1
            want = "next"
        elif kind == _STR and want == "key" and top is not None:
            raw = match[_STR]
            if (name := names.get(raw)) is None:
                name = names[raw] = text_of(decode_string(raw))
            top.key, want = name, "colon"
        elif kind == _COLON and want == "colon":
            want = "value"
        elif kind == _COMMA and want == "next" and top is not None:
            want = "value" if top.count >= 0 else "key"
        elif kind == _SCALAR and want == "value":
            if top is not None:
                top.count += top.count >= 0
                want = "next"
        elif kind == _OPEN and want == "value":
            if len(stack) == MAX_DEPTH:
                raise malformed("JSON", content, at, f"at most {MAX_DEPTH} levels of nesting")
            path: Path = () if documents < 2 else (f"document {documents}",)
            if top is not None:
                step = sibling(top.taken, top.key) if top.count < 0 else f"[{top.count}]"
                path = deeper(top.path, step, opened)
                top.count += top.count >= 0
            opened += 1
            top = _Open(path, 0 if match[_OPEN] == b"[" else -1)
            stack.append(top)
            want = "value" if top.count >= 0 else "key"
        elif kind == _CLOSE and top is not None and want in _BEFORE_CLOSE[top.count >= 0, match[_CLOSE]]:
            stack.pop()
            top, want, ended = (stack[-1], "next", at) if stack else (None, "value", at)
        elif kind == _COMMENT:
            _add_commented(found, match, top.path if top else ())
        elif kind == _END and top is None:
            return name_values(found)
        else:
            at = match.start(kind)
            break
    raise malformed("JSON", content, at, _EXPECTED[want])


# Where a list (True) or an object (False) may close, by what was wanted: after a value, empty, or after a last comma.
_BEFORE_CLOSE = {(True, b"]"): ("next", "value"), (True, b"}"): (), (False, b"}"): ("next", "key"), (False, b"]"): ()}
_EXPECTED = {
    "value": "a value",
    "key": "a key in double quotes",
    "colon": "':' after a key",
    "next": "',' or the closing bracket",
}


def _add_commented(found: list[Binding], comment: re.Match[bytes], path: Path) -> None:
    for member in _COMMENTED.finditer(comment.string, *comment.span(_COMMENT)):
        name, value = text_of(decode_string(member[1])), decode_string(member[2])
        found.append(Binding(name, Secret(value), Span(*member.span(2)), path, commented=True))


FORMATS = {"json": Format("json", "JSON", parse)}
