"""~/.netrc, by the lexer of Python's netrc module (curl, git and ftp read the same tokens).

Quotes may enclose a token and a backslash takes the next character as it is. Tokens that only some programs know
(`port`, `protocol`) are passed over. A commented-out entry gives commented bindings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM, Steps, bind, readable
from keywatch.model import Binding, Span

_TOKEN = re.compile(
    rb"""[ \t\r\n]*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)("|\\?\Z)|(?P<plain>(?:[^\\ \t\r\n]|\\.)++)\\?)""", re.DOTALL
)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_MACRO_END = re.compile(rb"\n\r?\n|\Z")
_VALUES = frozenset({b"login", b"user", b"account", b"password"})
_STARTS = frozenset({b"machine", b"default", b"macdef"})


@dataclass(frozen=True, slots=True)
class _Token:
    value: bytes
    span: Span
    next: int
    quoted: bool


def _tokens(content: bytes, at: int, end: int) -> Iterator[_Token]:
    """The tokens of `content[at:end]`."""
    while found := _TOKEN.match(content, at, end):
        group = "plain" if found["quoted"] is None else "quoted"
        value = _ESCAPE.sub(rb"\1", found[group])
        yield _Token(value, Span(*found.span(group)), found.end(), group == "quoted")
        at = found.end()


class _Reading:
    """Tokens on their way to bindings: the entry they stand in, and what the last one announced."""

    def __init__(self) -> None:
        self.found: list[Binding] = []
        self.path: tuple[str, ...] = ()
        self._steps = Steps()
        self._announced = b""

    def take(self, token: _Token, *, commented: bool = False) -> bool:
        """Take one token; False for one that means nothing where it stands."""
        announced, self._announced = self._announced, b""
        if announced == b"machine":
            self.path = self._steps.under((), f"machine {readable(token.value)}")
        elif announced in _VALUES:
            self.found.append(bind(announced, token.value, token.span, self.path, commented=commented))
        elif token.value == b"default":
            self.path = self._steps.under((), "default")
        elif token.value == b"machine" or token.value in _VALUES:
            self._announced = token.value
        else:
            return False
        return True

    @property
    def expects_value(self) -> bool:
        """True when the next token is a value whatever it looks like, such as a password that begins with `#`."""
        return bool(self._announced)

    def drop(self) -> None:
        """Forget what was announced."""
        self._announced = b""


def parse(content: bytes) -> list[Binding]:
    """The logins, accounts and passwords; paths are `("machine HOST",)` and `("default",)`."""
    reading = _Reading()
    at = len(BOM) if content.startswith(BOM) else 0
    while token := next(_tokens(content, at, len(content)), None):
        at = token.next
        if not reading.expects_value and token.value.startswith(b"#"):
            at = _read_comment(reading, content, token)
        elif not reading.expects_value and token.value == b"macdef":
            ended = _MACRO_END.search(content, at)
            at = ended.end() if ended else len(content)
        elif not reading.take(token) and not reading.path:
            line = content.count(b"\n", 0, token.span.start) + 1
            raise FormatError("netrc", line, "machine, default or macdef")
    return reading.found


def _read_comment(reading: _Reading, content: bytes, token: _Token) -> int:
    """The bindings of a commented line, and where the next line begins."""
    ended = content.find(b"\n", token.span.start)
    ended = len(content) if ended < 0 else ended
    path = reading.path
    for word in _tokens(content, token.span.start, ended):
        value = word.value.lstrip(b"#")
        if reading.expects_value or value == word.value:
            reading.take(word, commented=True)
        elif value:
            reading.take(_Token(value, word.span, word.next, word.quoted), commented=True)
    reading.path = path
    reading.drop()
    return ended


FORMATS = {"netrc": Format("netrc", "netrc file", parse)}
