"""csh and tcsh: `setenv NAME value`, `set name = value`, lists, options of commands. By tcsh 6.24 itself.

Quotes, escapes and redirections are read as tcsh does (tests run it). Nothing is expanded: a value with `$other`, `*`
or `!` is given as written, one with a command's output in it not at all. What tcsh won't set is a commented binding.
"""

from __future__ import annotations

import re

from keywatch.errors import FormatError
from keywatch.formats.base import Format
from keywatch.formats.lines import BOM
from keywatch.formats.statements import (
    Reading,
    Statement,
    Word,
    bind_word,
    in_order,
    read_command,
    read_remark,
    replaced,
)
from keywatch.model import Binding

# a quoted piece ends with its line, unless a backslash stands before the end of it; no backslash keeps a quote open
_TOKENS = re.compile(
    rb"""(?P<blank>(?:[ \t\v\f]|\\(?:\r?\n|\r))++)"""
    rb"""|(?P<single>'(?P<in_single>(?:[^'\\\r\n]|\\(?:\r?\n|\r)?+)*+)')"""
    rb"""|(?P<double>"(?P<in_double>(?:[^"\\\r\n]|\\(?:\r?\n|\r)?+)*+)")"""
    rb"""|(?P<command>`(?:[^`\\\r\n]|\\(?:\r?\n|.))*+`)"""
    rb"""|(?P<escape>\\.)|(?P<document><<[ \t]*+)|(?P<redirect>>>?&?!?|<)"""
    rb"""|(?P<separator>&&|\|\||\|&|[;|&]|\r\n?|\n)|(?P<list>[()])|(?P<other>["'`\\])"""
    rb"""|(?P<plain>(?:[^\s\\'"`;&|()<>#$]|\$#?)++)""",
    re.DOTALL,
)
_DELIMITER = re.compile(rb"""(?:[^\s\\'"`;&|()<>]|\\.|'[^'\r\n]*+'|"[^"\r\n]*+")*+""")
_IN_QUOTES = re.compile(rb"\\(!|\r?\n|\r)")

_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*+")
#: a variable of the environment may have dots in its name
_ENVIRONMENT_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_.]*+")
_ASSIGNED = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*+)(?:\[\d*+\])?+=")
_INDEXED = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*+)(?:\[\d*+\])?+")
_SET_OPTIONS = frozenset((b"-r", b"-f", b"-l"))
_BEFORE = frozenset((b"else", b"then", b"if"))


def parse(content: bytes) -> list[Binding]:
    """Every value that a statement gives a name, commented-out ones too."""
    start = len(BOM) if content.startswith(BOM) else 0
    reading = _read(content, start, len(content))
    found = [binding for statement in reading.done for binding in _bindings(statement)]
    for comment in reading.comments:
        found += read_remark(comment, content, _read, _commented)
    return in_order(found)


def _commented(statement: Statement) -> list[Binding]:
    setting = statement.words[0].value in (b"set", b"setenv")
    return _bindings(statement, commented=True) if setting else []


def _read(content: bytes, at: int, end: int) -> Reading:
    """The statements of `content[at:end]`. In a `set`, the parentheses of a list are words."""
    reading = Reading(content, at, end)
    documents: list[bytes] = []
    while at < end:
        if content.startswith(b"#", at):  # a script's comment may begin inside a word
            at = reading.comment(at)
            continue
        token = _TOKENS.match(content, at, end)
        if token is None:  # can't be: the pattern matches at every place
            break
        start, at = at, token.end()
        kind = token.lastgroup
        if kind in ("command", "double") and b"`" in token[0]:
            reading.add_built(start, at)
        if kind == "plain":
            reading.add(start, at, token[0])
        elif kind == "escape":
            reading.add(start, at, token[0][1:])
        elif kind in ("single", "double"):
            reading.add_quoted(start, at, replaced(_IN_QUOTES, content, *token.span(f"in_{kind}")))
        elif kind in ("blank", "redirect"):
            reading.end_word(skip=kind == "redirect")
        elif kind == "document":
            delimiter = _DELIMITER.match(content, at, end)
            documents.append(delimiter[0] if delimiter else b"")  # quotes and all
            reading.end_word(skip=True)
        elif kind == "list":
            _take_parenthesis(reading, start, token[0])
        elif kind == "separator":
            reading.end_statement()
            if documents and token[0] in (b"\n", b"\r\n", b"\r"):
                at = _end_of_documents(content, at, end, documents)
                documents = []
        elif kind == "other":
            line = len(re.findall(rb"\r\n?|\n", content[:start])) + 1
            raise FormatError("csh script", line, "a closing quote on the same line")
    reading.end_statement()
    return reading


def _take_parenthesis(reading: Reading, at: int, what: bytes) -> None:
    reading.end_word()
    words = reading.frames[-1].words
    if words and words[0].value == b"set":
        reading.add(at, at + 1, what)
        reading.end_word()
    else:
        reading.end_statement()


def _end_of_documents(content: bytes, at: int, end: int, documents: list[bytes]) -> int:
    """Where the next line begins behind the here-documents that begin at `at`: another program's input."""
    for delimiter in documents:
        while at < end:
            stop = content.find(b"\n", at, end)
            line = content[at : stop if stop >= 0 else end]
            at = stop + 1 if stop >= 0 else end
            if line.removesuffix(b"\r") == delimiter:
                break
    return at


def _bindings(statement: Statement, *, commented: bool = False) -> list[Binding]:
    words = statement.words
    while len(words) > 1 and words[0].value in _BEFORE:
        words = words[1:]
    head = b"" if words[0].quoted else words[0].value  # a builtin in quotes is none
    if head == b"set":
        return _set(words[1:], commented=commented)
    if head == b"setenv":
        return _setenv(words[1:], commented=commented)
    return read_command(words, (f"line {statement.line}",), commented=commented)


def _setenv(words: list[Word], *, commented: bool) -> list[Binding]:
    """`setenv NAME value`, and as a comment what tcsh refuses: `setenv NAME=value`, `setenv NAME two values`."""
    if not words or words[0].built:
        return []
    name = words[0].value
    if assigned := _ASSIGNED.match(name):
        return bind_word(assigned[1], words[0], (), drop=assigned.end(), commented=True)
    if len(words) < 2 or not _ENVIRONMENT_NAME.fullmatch(name):
        return []
    return bind_word(name, words[1], (), commented=commented or len(words) > 2)


def _set(words: list[Word], *, commented: bool) -> list[Binding]:
    """`set [-r] name=value other = value list = (one two) …`, as tcsh's `doset` goes through them."""
    found: list[Binding] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word.value in _SET_OPTIONS:
            continue
        after = words[at].value if at < len(words) else b""
        if assigned := _ASSIGNED.match(word.value):
            name, drop = assigned[1], assigned.end()
            listed = drop == len(word.value) and after == b"(" and not words[at].quoted
        elif (named := _INDEXED.fullmatch(word.value)) and after == b"=":
            name, drop = named[1], 0
            listed = at + 1 < len(words) and words[at + 1].value == b"(" and not words[at + 1].quoted
            at += 1
            if at == len(words):
                break
            word = words[at]
            at += not listed
        elif _NAME.fullmatch(word.value):
            continue
        else:
            break  # tcsh stops at what it can't read
        if not listed:
            found += bind_word(name, word, (), drop=drop, commented=commented)
            continue
        at += 1
        while at < len(words) and words[at].value != b")":
            found += bind_word(name, words[at], (), commented=commented)
            at += 1
        at += 1
    return found


FORMATS = {"csh": Format("csh", "csh script", parse)}
