"""fish: `set -gx NAME value`, `export NAME=value`, `NAME=value command`, options, `fish_variables`. By fish 3.6 itself.

Quotes, escapes and redirections are read as fish does (tests run it). Nothing is expanded: a value with `$other` or a
`*` is given as written, one with a command's output in it not at all. What fish refuses to set is a commented binding.
"""

from __future__ import annotations

import re

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM, Steps, bind, readable
from keywatch.formats.statements import (
    Part,
    Path,
    Reading,
    Statement,
    Word,
    bind_word,
    in_order,
    read_command,
    read_remark,
    replaced,
)
from keywatch.model import Binding, Span

_BARE = re.compile(
    rb"""(?P<blank>[ \t\v\f\r]++)"""
    rb"""|(?P<single>'(?P<in_single>(?:[^'\\]|\\.)*+)')"""
    # \cX is a control character, \x and \X a byte, an octal number too; any other character stands for itself
    rb"""|(?P<escape>\\(?:[xX][0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|c[@-_a-z]|\r?\n|.))"""
    rb"""|(?P<redirect>&>>?+\??|(?:>>?+|<)[?&]?)"""
    # since fish 3.5 an & inside a word is no separator
    rb"""|(?P<separator>&&|\|\||[;|&\n])|(?P<other>["()\\'])|(?P<plain>[^\s\\'"();|<>&]++)""",
    re.DOTALL,
)
_NUMBERED = re.compile(rb"\d++(?=[<>])")
_GLUED = re.compile(rb"&(?![\s|;<>&]|\Z)")
_DOUBLE = re.compile(rb"""(?P<text>(?:[^"\\$]|\\.|\$(?!\())*+)(?P<end>"|\$\()?+""", re.DOTALL)
_IN_SINGLE = re.compile(rb"\\([\\'])")
_IN_DOUBLE = re.compile(rb'\\(?:([\\"$])|\r?\n)')
_CONTROL = {b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}

_NAME = re.compile(r"(\w+)(?:\[.*\])?", re.DOTALL)
_ASSIGNED = re.compile(rb"([A-Za-z_]\w*+)=")
_SET_OPTION = re.compile(rb"-[aeghlnpqSuUxLf]+|--[a-z]+")
#: `set` that asks, shows or takes away gives no value
_NO_VALUE = re.compile(rb"-[a-zA-Z]*[eqnSh]|--(?:e[ra]|q|na|sh|he)")
#: words that stand before a statement
_BEFORE = frozenset((b"and", b"or", b"not", b"!", b"time", b"builtin", b"else", b"if", b"while", b"begin"))
_OPENERS = frozenset((b"if", b"while", b"begin", b"for", b"switch", b"function"))
_NO_COMMAND = frozenset((b"for", b"switch", b"case", b"function", b"end"))
_SETTERS = frozenset((b"set", b"export", b"setenv", b"SETUVAR"))
_LONGEST_STEP = 64


def parse(content: bytes) -> list[Binding]:
    """Every value that a statement gives a name, commented-out ones too; a function's at `("NAME()",)`."""
    start = len(BOM) if content.startswith(BOM) else 0
    found: list[Binding] = []
    steps = Steps()
    blocks: list[Path] = [()]
    reading = _read(content, start, len(content))
    for statement in reading.done:
        found += _bindings(statement, blocks, steps)
    for comment in reading.comments:
        found += read_remark(comment, content, _read, _commented)
    return in_order(found)


def _commented(statement: Statement) -> list[Binding]:
    setting = statement.words[0].value in _SETTERS
    return _command(statement.words, statement.line, (), commented=True) if setting else []


def _read(content: bytes, at: int, end: int) -> Reading:
    """The statements of `content[at:end]`; an inner command's come before the one that it stands in."""
    reading = Reading(content, at, end)
    resumed: list[bool] = []  # for each open substitution, whether it stands in double quotes
    while at < end:
        if not reading.in_word:
            if content.startswith(b"#", at):
                at = reading.comment(at)
                continue
            if numbered := _NUMBERED.match(content, at, end):
                at = numbered.end()
        elif _GLUED.match(content, at, end):
            reading.add(at, at + 1, b"&")
            at += 1
            continue
        token = _BARE.match(content, at, end)
        if token is None:  # can't be: the pattern matches at every place
            break
        start, at = at, token.end()
        kind = token.lastgroup
        if kind == "plain":
            reading.add(start, at, token[0])
        elif kind == "escape":
            _add_escape(reading, content, token)
        elif kind == "single":
            reading.add_quoted(start, at, replaced(_IN_SINGLE, content, *token.span("in_single")))
        elif kind in ("blank", "redirect"):
            reading.end_word(skip=kind == "redirect")
        elif kind == "separator":
            reading.end_statement()
        else:
            at = _take_other(reading, content, start, end, resumed)
    if resumed:
        raise _malformed(content, end, "a closing parenthesis")
    reading.end_statement()
    return reading


def _malformed(content: bytes, at: int, expected: str) -> FormatError:
    return FormatError("fish script", len(re.findall(rb"\r\n?|\n", content[:at])) + 1, expected)


def _take_other(reading: Reading, content: bytes, at: int, end: int, resumed: list[bool]) -> int:
    """Take a double quote or a parenthesis at `at`; where the next token begins."""
    what = content[at : at + 1]
    if what == b'"':
        return _read_double(reading, content, at, end, resumed)
    if what == b"(":
        _open(reading, at, at + 1, resumed, quoted=False)
        return at + 1
    if what != b")":
        raise _malformed(content, at, "a closing quote" if what == b"'" else "a character behind the backslash")
    if not resumed:
        raise _malformed(content, at, "a command substitution to close")
    reading.close()
    reading.add_built(at, at + 1)
    return _read_double(reading, content, at, end, resumed) if resumed.pop() else at + 1


def _open(reading: Reading, at: int, behind: int, resumed: list[bool], *, quoted: bool) -> None:
    reading.add_built(at, behind)
    reading.open()
    resumed.append(quoted)


def _read_double(reading: Reading, content: bytes, at: int, end: int, resumed: list[bool]) -> int:
    """What is in double quotes up to their end, or to a substitution; `at` is the quote or parenthesis before."""
    found = _DOUBLE.match(content, at + 1, end)
    if found is None or found["end"] is None:
        raise _malformed(content, at, "a closing quote")
    reading.add_quoted(at, found.end(), replaced(_IN_DOUBLE, content, *found.span("text")))
    if found["end"] != b'"':
        _open(reading, at, found.end(), resumed, quoted=True)
    return found.end()


def _add_escape(reading: Reading, content: bytes, token: re.Match[bytes]) -> None:
    what = token[0][1:]
    if what in (b"\n", b"\r\n"):
        if reading.in_word:
            reading.add(*token.span(), b"")
        return
    kind, digits = what[:1], what[1:]
    if kind in b"xXuU01234567" and (digits or kind.isdigit()):
        code = int(what if kind.isdigit() else digits, 8 if kind.isdigit() else 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000 or (kind.isdigit() and code > 0x7F):
            raise _malformed(content, token.start(), "an escape that stands for a character")
        value = bytes((code,)) if kind in b"xX" else chr(code).encode()
    elif kind == b"c" and digits:
        value = bytes((digits[0] & 0x1F,))
    elif kind in b"xXuUc":
        raise _malformed(content, token.start(), "an escape that stands for a character")
    else:
        value = _CONTROL.get(what, what)
    reading.add(*token.span(), value)


def _bindings(statement: Statement, blocks: list[Path], steps: Steps) -> list[Binding]:
    """What a statement gives names, in the block on top of `blocks`, which it may open or close."""
    words, path = statement.words, blocks[-1]
    head = before = b""
    while words:
        before, head = head, words[0].value
        if head in _OPENERS and (before, head) != (b"else", b"if"):
            blocks.append(path)
        if head not in _BEFORE:
            break
        words = words[1:]
    if not words:
        return []
    if head == b"function" and len(words) > 1:
        # fish keeps every function under its name, wherever it is defined
        blocks[-1] = steps.under((), readable(words[1].value[:_LONGEST_STEP]) + "()")
    if head == b"end" and len(blocks) > 1:
        blocks.pop()
    if head in _NO_COMMAND:
        return []
    return _command(words, statement.line, path)


def _command(words: list[Word], line: int, path: Path, *, commented: bool = False) -> list[Binding]:
    own = (*path, f"line {line}")
    inline = 0
    while inline < len(words) and _ASSIGNED.match(words[inline].value):
        inline += 1
    if inline == len(words):  # fish refuses a script with a lone assignment in it
        return read_command(words, own, commented=True)
    head, values = words[inline].value, words[inline + 1 :]
    if head == b"set":
        found = _set(values, path, commented=commented)
    elif head == b"export":
        found = [
            binding
            for word in values
            if (assigned := _ASSIGNED.match(word.value))
            for binding in bind_word(assigned[1], word, path, drop=assigned.end(), commented=commented)
        ]
    elif head == b"setenv":
        refused = len(values) != 2
        found = bind_word(values[0].value, values[1], path, commented=commented or refused) if values[1:] else []
    elif head == b"SETUVAR":
        found = _universal(values, path, commented=commented)
    else:
        return read_command(words, own, commented=commented)
    return read_command(words[:inline], own, commented=commented) + found


def _set(words: list[Word], path: Path, *, commented: bool) -> list[Binding]:
    """`set [OPTION…] NAME VALUE…`: each value, as a list has several."""
    at = 0
    while at < len(words) and (option := words[at].value).startswith(b"-"):
        at += 1
        if option == b"--":
            break
        if _NO_VALUE.match(option) or not _SET_OPTION.fullmatch(option):
            return []
    if at == len(words):
        return []
    name = words[at]
    if assigned := _ASSIGNED.match(name.value):  # it sets nothing, but was meant to
        return bind_word(assigned[1], name, path, drop=assigned.end(), commented=True)
    named = _NAME.fullmatch(readable(name.value))
    if named is None or name.built:
        return []
    return [
        binding for word in words[at + 1 :] for binding in bind_word(named[1].encode(), word, path, commented=commented)
    ]


def _universal(words: list[Word], path: Path, *, commented: bool) -> list[Binding]:
    r"""A line of `fish_variables`: `SETUVAR [OPTION…] NAME:VALUE`. `\x1e` stands between values, `\x1d` for none."""
    parts = [part for word in words[-1:] for piece in word.pieces for part in piece.parts]
    name, colon, rest = parts[0].value.partition(b":") if parts else (b"", b"", b"")
    if not colon or (not rest and [part.value for part in parts[1:]] == [b"\x1d"]):
        return []
    found: list[Binding] = []
    first = parts[0]._replace(start=parts[0].start + len(name) + 1, value=rest)
    element = [first]
    for part in (*parts[1:], None):
        if part is not None and part.value != b"\x1e":
            element.append(part)
            continue
        value = b"".join(each.value for each in element)
        if value:
            span = Span(element[0].start, element[-1].end)
            found.append(bind(name, value, span, path, commented=commented))
        element = [] if part is None else [Part(part.end, part.end, b"")]
    return found


FORMATS = {"fish": Format("fish", "fish script", parse)}
