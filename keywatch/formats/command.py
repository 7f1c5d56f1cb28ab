"""A command line split into words with their offsets, and the names that its words give values to.

Reads words only: nothing is expanded or run. Not a shell parser (shell.py is one): crontabs, units and histories hold
single commands, and what can't be read exactly, such as a value built by `$(…)`, is left out rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from keywatch.formats.lines import bind, unfold
from keywatch.model import Binding, Span

Dialect = Literal["sh", "systemd"]
#: where `text[start:end]` stands in the content
Locate = Callable[[int, int], Span]

_WORDS: dict[Dialect, re.Pattern[bytes]] = {
    # POSIX 2.2 quoting and bash's $'…'; a quote without its partner is taken for a plain character
    "sh": re.compile(
        rb"""(?P<word>(?:[^\s\\'"$;&|()<>`]++|\\.|\$'(?:[^'\\]|\\.)*+'|'[^']*+'|"(?:[^"\\]|\\.)*+"|[\\'"$])++)"""
        rb"""|[;&|()<>`\r\n]""",
        re.DOTALL,
    ),
    # systemd.syntax(7): escapes count inside single quotes too, and nothing separates commands but a lone `;`
    "systemd": re.compile(
        rb"""(?P<word>(?:[^\s\\'"]++|\\.|'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|[\\'"])++)""",
        re.DOTALL,
    ),
}
_NAMED = re.compile(
    # NAME=, NAME+=, --name=, PowerShell's $env:NAME=, Python's os.environ["NAME"]=
    rb"""(?:\$(?:env:)?|[\w.]+\[["'])?(-{0,2}[A-Za-z_][\w.-]*)(?:["']\])?\+?=(?!=)"""
)
_OPTION_VALUE = re.compile(rb"""-[\w-]+=(?=["']?[A-Za-z_])""")
_NAME = re.compile(rb"""(?:[\w.]+\[["'])?([A-Za-z_][\w.-]*)(?:["']\])?""")
_OPTION = re.compile(rb"--[A-Za-z][\w.-]*|-[A-Za-z][\w.-]+")
_SETTABLE = re.compile(rb"(?://|@)?[A-Za-z_][\w./:@-]*")
_SCRIPT_OPTION = re.compile(rb"-[a-z]*c")
#: words that give the word after them a value: fish `set -x`, csh `setenv`, `aws configure set`, `git config`
_SETTERS = frozenset({b"set", b"\\set", b"setenv", b"setx", b"config"})
_SETTER_OPTION = re.compile(rb"-[A-Za-z]{1,4}|--(?:export|unexport|global|local|universal|function|system|path|unpath)")
_PIECES: dict[Dialect, re.Pattern[bytes]] = {
    "sh": re.compile(
        rb"""\$'(?P<ansi>(?:[^'\\]|\\.)*+)'|'(?P<single>[^']*+)'|"(?P<double>(?:[^"\\]|\\.)*+)"|\\(?P<bare>.)""",
        re.DOTALL,
    ),
    "systemd": re.compile(
        rb"""(?P<quote>['"])(?P<ansi>(?:(?!(?P=quote))[^\\]|\\.)*+)(?P=quote)|(?P<escape>\\.)""", re.DOTALL
    ),
}
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_IN_DOUBLE = re.compile(rb'\\([\\"$`\n])')
_NOTHING = re.compile(rb"(?!)")
_C = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"s": b" ",
    b"e": b"\x1b",
}
#: one quoted part and nothing else, but for the comma or bracket that stands behind it in a REPL's history
_QUOTED: dict[Dialect, re.Pattern[bytes]] = {
    "sh": re.compile(rb"""('[^']*+'|"(?:[^"\\]|\\.)*+")[,\]}]*""", re.DOTALL),
    "systemd": re.compile(rb"""('(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")""", re.DOTALL),
}
_ANSI = re.compile(rb"\$'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_TAKES_ASSIGNMENT = re.compile(rb"-.*|export|env|setenv", re.DOTALL)

_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]`, quotes and all; not `plain` for what separates commands."""

    start: int
    end: int
    raw: bytes
    plain: bool = True


def split(text: bytes, dialect: Dialect = "sh") -> list[Word]:
    """The words of a command, and between them what separates commands."""
    return [
        Word(found.start(), found.end(), found[0], plain=found.lastgroup is not None)
        for found in _WORDS[dialect].finditer(text)
    ]


def unquote(raw: bytes, dialect: Dialect = "sh") -> bytes:
    """A word as the program gets it: quotes off, escapes resolved."""
    if not any(byte in raw for byte in b"\\'\""):
        return raw
    return _PIECES[dialect].sub(_unquote_piece, raw)


def _unquote_piece(found: re.Match[bytes]) -> bytes:
    parts = found.groupdict()
    if (escaped := parts.get("ansi")) is not None or (escaped := parts.get("escape")) is not None:
        return unescape(escaped)
    if (double := parts.get("double")) is not None:
        return _IN_DOUBLE.sub(_unescape_double, double)
    if (single := parts.get("single")) is not None:
        return bytes(single)
    return found["bare"].replace(b"\n", b"")


def _unescape_double(found: re.Match[bytes]) -> bytes:
    return found[1].replace(b"\n", b"")  # a backslash before a newline is a folded line: both go


def unescape(raw: bytes) -> bytes:
    """C-style escapes resolved, as in `$'…'` and in systemd.syntax(7); an unknown one keeps its backslash."""
    return _ESCAPE.sub(_unescape_one, raw)


def _unescape_one(found: re.Match[bytes]) -> bytes:
    hexadecimal, octal, short, long, other = found.groups()
    if other is not None:
        return _C.get(other, other if other in b"\\'\"" else found[0])
    if hexadecimal or octal:
        return bytes([int(hexadecimal or octal, 16 if hexadecimal else 8) & 0xFF])
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return found[0]
    return chr(code).encode()


def read(
    text: bytes,
    locate: Locate,
    path: tuple[str, ...],
    *,
    dialect: Dialect = "sh",
    commented: bool = False,
    depth: int = _DEPTH,
) -> list[Binding]:
    """Every binding of a command: `NAME=value`, `--name=value`, `--name value`, `set NAME value`, `NAME = value`.

    A quoted word that is itself a command (`sh -c '…'`, `ssh host "…"`) is looked into, to a depth.
    """
    words = split(text, dialect)
    found: list[Binding] = []
    used = -1  # the last word that was taken for a value
    for at, word in enumerate(words):
        if at <= used or not word.plain:
            continue
        before = words[at - 1] if at and words[at - 1].plain else None
        named = assignment(word, dialect)
        if _is_command(word, named, before, dialect) and depth:
            found += _read_inner(text, word, locate, path, dialect=dialect, commented=commented, depth=depth)
        elif named:
            if not _is_built(words, at):
                found.append(bind(named.name, named.value, locate(named.start, named.end), path, commented=commented))
        elif pair := _spread(words, at, dialect):
            name, used = pair
            value = _valued(name, words[used].raw, words[used].start, dialect)
            if not _is_built(words, used):
                found.append(bind(name, value.value, locate(value.start, value.end), path, commented=commented))
    return found


@dataclass(frozen=True, slots=True)
class Assignment:
    name: bytes
    value: bytes
    start: int
    end: int


def _valued(name: bytes, raw: bytes, start: int, dialect: Dialect) -> Assignment:
    """A name with a value as written from `start`: the span lies inside the quotes where they enclose all of it."""
    quoted = _QUOTED[dialect].fullmatch(raw)
    if quoted:
        return Assignment(name, unquote(quoted[1], dialect), start + 1, start + quoted.end(1) - 1)
    if dialect == "sh" and (ansi := _ANSI.fullmatch(raw)):
        return Assignment(name, unescape(ansi[1]), start + 2, start + len(raw) - 1)
    return Assignment(name, unquote(raw, dialect), start, start + len(raw))


def assignment(word: Word, dialect: Dialect) -> Assignment | None:
    """What a word assigns: `NAME=value`, `NAME="value"`, `"NAME=value"`, and inside an option `--env=NAME=value`."""
    option = _OPTION_VALUE.match(word.raw)
    if option:
        inner = _assigned(Word(word.start + option.end(), word.end, word.raw[option.end() :]), dialect)
        if inner and inner.value:
            return inner
    return _assigned(word, dialect)


def _assigned(word: Word, dialect: Dialect) -> Assignment | None:
    if found := _NAMED.match(word.raw):
        return _valued(found[1], word.raw[found.end() :], word.start + found.end(), dialect)
    quoted = _QUOTED[dialect].fullmatch(word.raw)
    found = _NAMED.match(word.raw, 1, quoted.end(1) - 1) if quoted else None
    if quoted is None or found is None:
        return None
    quote, end = word.raw[:1], quoted.end(1) - 1
    value = unquote(quote + word.raw[found.end() : end] + quote, dialect)
    return Assignment(found[1], value, word.start + found.end(), word.start + end)


def _is_command(word: Word, named: Assignment | None, before: Word | None, dialect: Dialect) -> bool:
    """True for a quoted word that holds a command: after `-c`, or of several words and no assignment by its place."""
    if not _QUOTED[dialect].fullmatch(word.raw):
        return False
    if before and _SCRIPT_OPTION.fullmatch(before.raw):
        return True
    if not any(byte in word.raw for byte in b" \t\n;"):
        return False
    if named is None:
        return True
    return dialect == "sh" and not (before and _TAKES_ASSIGNMENT.fullmatch(before.raw))


def _is_built(words: list[Word], at: int) -> bool:
    """True when what follows the word without a blank is a command substitution: its value isn't there to be read."""
    word, after = words[at], words[at + 1] if at + 1 < len(words) else None
    return after is not None and not after.plain and after.start == word.end and after.raw in (b"(", b"`")


def _spread(words: list[Word], at: int, dialect: Dialect) -> tuple[bytes, int] | None:
    """The name of, and the index of the word that is, a value given by a word of its own.

    SQL's `PASSWORD '…'` and `IDENTIFIED BY '…'` are among them.
    """

    def plain(index: int) -> bytes | None:
        return words[index].raw if index < len(words) and words[index].plain else None

    word, after = words[at].raw, plain(at + 1)
    if after is None:
        return None
    if _OPTION.fullmatch(word):
        takes = not after.startswith(b"-") and assignment(words[at + 1], dialect) is None
        return (word, at + 1) if takes else None
    if word.lower() in _SETTERS:
        at += 1
        while (flag := plain(at)) is not None and _SETTER_OPTION.fullmatch(flag):
            at += 1
        name = plain(at)
        if name is None or not _SETTABLE.fullmatch(name) or name.lower() in _SETTERS:
            return None
        at += 2 if plain(at + 1) == b"=" else 1
        return (name, at) if plain(at) is not None else None
    if _QUOTED[dialect].fullmatch(after):
        if word.lower() == b"password":
            return word, at + 1
        if word.lower() == b"by" and at and words[at - 1].raw.lower() == b"identified":
            return b"IDENTIFIED BY", at + 1
    if after in (b"=", b":=") and plain(at + 2) is not None and (named := _NAME.fullmatch(word)):
        return named[1], at + 2
    return None


def _read_inner(
    text: bytes,
    word: Word,
    locate: Locate,
    path: tuple[str, ...],
    *,
    dialect: Dialect,
    commented: bool,
    depth: int,
) -> list[Binding]:
    """The bindings of the command inside a quoted word."""
    quoted = _QUOTED[dialect].fullmatch(word.raw)
    end = word.start + quoted.end(1) - 1 if quoted else word.end
    if dialect == "systemd":
        inner = unfold(text, word.start + 1, end, _ESCAPE, _unescape_one)
    elif word.raw[:1] == b'"':
        inner = unfold(text, word.start + 1, end, _IN_DOUBLE, _unescape_double)
    else:
        inner = unfold(text, word.start + 1, end, _NOTHING, _unescape_one)

    def locate_inner(start: int, end: int) -> Span:
        return locate(inner.origin(start), inner.origin(end))

    return read(inner.text, locate_inner, path, commented=commented, depth=depth - 1)
