"""A script cut into statements of words, for the shells whose grammar is simple enough for that: fish and csh.

How words are quoted and what they mean is each shell's own file, which drives `Reading` over its tokens in one pass,
without recursion. Commands that set nothing are spelled as sh spells them and read as any command (command.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from keywatch.errors import FormatError
from keywatch.formats import command
from keywatch.formats.lines import Line, Unfolded, bind, remark
from keywatch.model import Binding, Span

Path = tuple[str, ...]

_COMMENT = re.compile(rb"#[^\r\n]*+")
_MARK = re.compile(rb"#[# \t]*+")
_EOL = re.compile(rb"\r\n?|\n")
_SPECIAL = re.compile(rb"""[\s\\'"`;&|()<>]""")
_SPECIAL_QUOTED = re.compile(rb'[\\"]')


class Part(NamedTuple):
    """`value` is what the program gets for `content[start:end]`: the same bytes, or what an escape stands for."""

    start: int
    end: int
    value: bytes


class Piece(NamedTuple):
    """Parts inside one pair of quotes, which `start` and `end` enclose, or parts outside of any."""

    start: int
    end: int
    parts: list[Part]
    quoted: bool


@dataclass(slots=True)
class Word:
    """`content[start:end]`. `built` when a command's output is part of it: its value isn't there to be read."""

    start: int
    end: int
    pieces: list[Piece] = field(default_factory=list)
    built: bool = False

    @property
    def value(self) -> bytes:
        """The word as the program gets it; of a built one, what stands there."""
        return b"".join(part.value for piece in self.pieces for part in piece.parts)

    @property
    def quoted(self) -> bool:
        """True when any quote or escape is in the word."""
        return any(
            piece.quoted or any(part.end - part.start != len(part.value) for part in piece.parts)
            for piece in self.pieces
        )

    def tail(self, drop: int) -> tuple[bytes, Span] | None:
        """The value without its first `drop` bytes, and the span that gives it, inside the quotes that enclose it all.

        None when no span does, as in `"NAME=val"ue`: another value put there would leave a quote open.
        """
        value = self.value[drop:]
        at, end = 0, self.end
        for number, piece in enumerate(self.pieces):
            last = number == len(self.pieces) - 1
            end = self.end - (last and piece.quoted)
            if at == drop:
                return value, Span(piece.start + (last and piece.quoted), end)
            for part in piece.parts:
                if drop < at + len(part.value):
                    return (value, Span(part.start + drop - at, end)) if last or not piece.quoted else None
                at += len(part.value)
        return value, Span(end, end)


@dataclass(frozen=True, slots=True)
class Statement:
    """Words up to what separates statements. `line` is where the first begins, counted from 1."""

    words: list[Word]
    line: int


@dataclass(slots=True)
class _Frame:
    words: list[Word] = field(default_factory=list)
    word: Word | None = None
    line: int = 0
    skip: bool = False


class Reading:
    """A script on its way to statements: those that are `done`, and a frame for each command substitution it is in.

    `comments` are where they start and end, without the end of their line.
    """

    def __init__(self, content: bytes, at: int, end: int) -> None:
        self.done: list[Statement] = []
        self.comments: list[Line] = []
        self.frames = [_Frame()]
        self._content, self._end = content, end
        self._line, self._counted = 1, at

    def comment(self, start: int) -> int:
        """Take the comment that starts there; where its line ends."""
        found = _COMMENT.match(self._content, start, self._end)
        stop = found.end() if found else self._end
        self.end_word()
        self.comments.append(Line(self._line_at(start), start, stop, self._content[start:stop]))
        return stop

    def _line_at(self, at: int) -> int:
        """The number of the line of `at`, which never goes back."""
        self._line += len(_EOL.findall(self._content, self._counted, at))
        self._counted = at
        return self._line

    def open(self) -> None:
        """What comes next is a command inside the word; `close` goes back to it."""
        self.frames.append(_Frame())

    def close(self) -> None:
        """The command inside the word is over, and the word goes on."""
        self.end_statement()
        self.frames.pop()

    @property
    def in_word(self) -> bool:
        """True when what comes next continues a word."""
        return self.frames[-1].word is not None

    def _word(self, start: int, end: int) -> Word:
        frame = self.frames[-1]
        if frame.word is None:
            if not frame.words:
                frame.line = self._line_at(start)
            frame.word = Word(start, end)
        frame.word.end = end
        return frame.word

    def add(self, start: int, end: int, value: bytes) -> None:
        """Go on with a word by what stands outside of quotes."""
        pieces = self._word(start, end).pieces
        if not pieces or pieces[-1].quoted:
            pieces.append(Piece(start, end, [], quoted=False))
        pieces[-1].parts.append(Part(start, end, value))

    def add_quoted(self, start: int, end: int, parts: list[Part]) -> None:
        """Go on with a word by a quoted piece."""
        self._word(start, end).pieces.append(Piece(start, end, parts, quoted=True))

    def add_built(self, start: int, end: int) -> None:
        """Go on with a word by what a command will put there."""
        self._word(start, end).built = True

    def end_word(self, *, skip: bool = False) -> None:
        """What comes next begins a word, to be left out if `skip` says so: a redirection's."""
        frame = self.frames[-1]
        if frame.word is not None and not frame.skip:
            frame.words.append(frame.word)
        frame.skip = skip or (frame.skip and frame.word is None)
        frame.word = None

    def end_statement(self) -> None:
        """What comes next begins a statement."""
        self.end_word()
        frame = self.frames[-1]
        if frame.words:
            self.done.append(Statement(frame.words, frame.line))
        self.frames[-1] = _Frame()


def replaced(escape: re.Pattern[bytes], content: bytes, start: int, end: int, meaning: bytes = b"") -> list[Part]:
    """The parts of a quoted text: each match of `escape` stands for its first group, the rest for itself."""
    parts: list[Part] = []
    last = start
    for found in escape.finditer(content, start, end):
        if last < found.start():
            parts.append(Part(last, found.start(), content[last : found.start()]))
        parts.append(Part(found.start(), found.end(), found[1] or meaning))
        last = found.end()
    if last < end:
        parts.append(Part(last, end, content[last:end]))
    return parts


def bind_word(name: bytes, word: Word, path: Path, *, drop: int = 0, commented: bool = False) -> list[Binding]:
    """The binding of a word, or of what is left of it without its first `drop` bytes, unless a command gives it."""
    tail = None if word.built else word.tail(drop)
    return [bind(name, *tail, path, commented=commented)] if tail else []


def read_command(words: list[Word], path: Path, *, commented: bool = False) -> list[Binding]:
    """The bindings of a command, as command.py reads them."""
    spelled = _spell(words)
    return command.read(spelled.text, spelled.span, path, commented=commented)


def _spell(words: list[Word]) -> Unfolded:
    """The words as sh spells them, each byte still knowing where it stood."""
    text = bytearray()
    at: list[int] = []
    extra: list[int] = []

    def put(spelling: bytes, origin: int) -> None:
        if not extra or extra[-1] != origin - len(text):
            at.append(len(text))
            extra.append(origin - len(text))
        text.extend(spelling)

    for word in words:
        for piece in word.pieces:
            if piece.quoted:
                put(b'"', piece.start)
            for part in piece.parts:
                _spell_part(part, piece, put)
            if piece.quoted:
                put(b'"', piece.end - 1)
        put(b"() " if word.built else b" ", word.end)
    return Unfolded(bytes(text), 0, at, extra)


def _spell_part(part: Part, piece: Piece, put: Callable[[bytes, int], None]) -> None:
    literal = part.end - part.start == len(part.value)
    last = 0
    for found in (_SPECIAL_QUOTED if piece.quoted else _SPECIAL).finditer(part.value):
        put(part.value[last : found.start()], part.start + last * literal)
        fold = found[0] in b"\r\n"
        put(b'"' + found[0] + b'"' if fold else b"\\" + found[0], part.start + found.start() * literal)
        last = found.end()
    if last < len(part.value):
        put(part.value[last:], part.start + last * literal)


def read_remark(
    comment: Line,
    content: bytes,
    read: Callable[[bytes, int, int], Reading],
    take: Callable[[Statement], list[Binding]],
) -> list[Binding]:
    """The bindings of a statement that was made a comment, or of anything in one that looks like a setting."""
    mark = _MARK.match(content, comment.start, comment.end)
    try:
        statements = read(content, mark.end() if mark else comment.start, comment.end).done
    except FormatError:  # prose with an apostrophe
        statements = []
    found = [binding for each in statements for binding in take(each)]
    if not found and (left := remark(content, comment, ())):
        found = [left]
    return found


def in_order(found: list[Binding]) -> list[Binding]:
    """`found` by position; of two that overlap, the earlier."""
    ordered: list[Binding] = []
    for binding in sorted(found, key=lambda each: each.span):
        if not ordered or binding.span.start >= ordered[-1].span.end:
            ordered.append(binding)
    return ordered
