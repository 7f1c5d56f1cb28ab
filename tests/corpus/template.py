"""From a template to a text in which the place of every planted part is known. Pure: text in, text and marks out.

In a template, `@ID@` is an access key id and `@SK@` its secret; `@ID2@`/`@SK2@` are a second pair, and so on. `@ST@` is
a session token (the same number's `@TID@` is then the temporary id), `@SID@`/`@SSK@` the shortened forms, `@BK@`/`@BS@`
Bedrock keys. `@SK#@` stands in a comment. `@SK:pct@` is written percent-encoded; see FORMS. `@word@`, `@uuid@` … are
neutral fill (fill.py).
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.corpus.fill import Fill
from tests.corpus.keys import Key, make_key

MARK = re.compile(r"@(TID|SID|SSK|ID|SK|ST|BK|BS)(\d*)(#?)(?::(\w+))?@")
FILL = re.compile(r"@([a-z]+\d*)@")

PARTS: dict[str, tuple[str, Callable[[Key], str]]] = {
    "ID": ("access_key_id", lambda key: key.access_id),
    "SK": ("secret_access_key", lambda key: key.secret),
    "ST": ("session_token", lambda key: key.session),
    "TID": ("access_key_id", lambda key: key.temporary_id),
    "SID": ("access_key_id", lambda key: key.short_id),
    "SSK": ("secret_access_key", lambda key: key.short_secret),
    "BK": ("token", lambda key: key.bedrock),
    "BS": ("token", lambda key: key.bedrock_short),
}


def _percent(value: str) -> str:
    return value.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D")


FORMS: dict[str, Callable[[str], str]] = {
    "pct": _percent,
    "slash": lambda value: value.replace("/", "\\/"),
    "uni": lambda value: value.replace("/", "\\u002f").replace("+", "\\u002B").replace("=", "\\u003d"),
    "html": lambda value: value.replace("+", "&#43;").replace("/", "&#x2F;").replace("=", "&#61;"),
    "qp": lambda value: value.replace("=", "=3D"),
    "hexesc": lambda value: value.replace("+", "\\x2b").replace("/", "\\x2F"),
    "b64": lambda value: base64.b64encode(value.encode()).decode(),
    "b64nl": lambda value: base64.b64encode(value.encode() + b"\n").decode(),
    "shq": lambda value: value.replace("/", "\\/").replace("+", "\\+"),
}
DECODED_ONLY = frozenset({"b64", "b64nl"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A planted part inside a content: what a label says, but for the path."""

    number: int
    role: str
    value: str
    line: int
    column: int
    via: tuple[str, ...] = ()
    exact: bool = True
    commented: bool = False


@dataclass(frozen=True, slots=True)
class Planted:
    """A content and what is planted in it."""

    data: bytes
    marks: tuple[Mark, ...]

    def loose(self) -> Planted:
        """The same with positions that bind nobody: for content that is transformed as a whole afterwards."""
        return replace(self, marks=tuple(replace(mark, exact=False) for mark in self.marks))

    def within(self, name: str) -> Planted:
        """The same as a member called `name` of a container whose bytes the caller makes."""
        return replace(self, marks=tuple(replace(mark, via=(name, *mark.via)) for mark in self.marks))

    def through(self, transform: Callable[[bytes], bytes]) -> Planted:
        """The bytes transformed; the marks as they are."""
        return replace(self, data=transform(self.data))


class Draft:
    """One copy of one style being written: its random source, its fill and its keys by number."""

    def __init__(self, rng: random.Random, copy: int = 0) -> None:
        self.rng = rng
        self.copy = copy
        self.fill = Fill(rng)
        self.keys: dict[int, Key] = {}

    def key(self, number: int = 1) -> Key:
        """The key of that number, made when first asked for."""
        if number not in self.keys:
            self.keys[number] = make_key(self.rng)
        return self.keys[number]

    def name(self, path: str) -> str:
        """A file's path with its fill filled in."""
        return FILL.sub(self._fill, path)

    def plant(self, template: str, *, encoding: str = "utf-8", newline: str = "\n", bom: bool = False) -> Planted:
        """The template's text in that encoding, with its marks. A first newline is for reading only and dropped."""
        text, marks = self.render(template.removeprefix("\n"))
        data = text.replace("\n", newline).encode(encoding)
        if bom:
            data = "\ufeff".encode(encoding) + data
        return Planted(data, marks)

    def render(self, template: str) -> tuple[str, tuple[Mark, ...]]:
        """The template filled in, and its marks."""
        template = FILL.sub(self._fill, template)
        pieces: list[str] = []
        marks: list[Mark] = []
        line, column, at = 1, 1, 0
        for found in MARK.finditer(template):
            before = template[at : found.start()]
            pieces.append(before)
            line, column = _advance(line, column, before)
            part, digits, comment, form = found.groups()
            number = int(digits or 1)
            role, take = PARTS[part]
            value = take(self.key(number))
            exact = form not in DECODED_ONLY
            marks.append(Mark(number, role, value, line, column, exact=exact, commented=bool(comment)))
            shown = FORMS[form](value) if form else value
            pieces.append(shown)
            line, column = _advance(line, column, shown)
            at = found.end()
        pieces.append(template[at:])
        return "".join(pieces), tuple(marks)

    def _fill(self, found: re.Match[str]) -> str:
        make = self.fill.named.get(found[1])
        return make() if make else found[0]

    def json_string(self, planted: Planted) -> str:
        """The content as a JSON string literal: for text that is escaped into another text."""
        return json.dumps(planted.data.decode())


def _advance(line: int, column: int, text: str) -> tuple[int, int]:
    newlines = text.count("\n")
    if newlines:
        return line + newlines, len(text) - text.rfind("\n")
    return line, column + len(text)
