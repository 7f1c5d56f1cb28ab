"""A script cut into statements of words, for the shells whose grammar is simple enough for that: fish and csh.

What a word means, and how it is quoted, is each shell's own file. One pass, no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch.formats.command import Word
from keywatch.formats.lines import BOM, Line, bind, remark
from keywatch.model import Binding, Span

_UNSET = re.compile(
    rb"""#[# \t]*+set(?:env)?[ \t]++(?:--?[\w-]++[ \t]++)*+([A-Za-z_]\w*+)(?:[ \t]*+=[ \t]*+|[ \t]++)["']?([^\s"']++)"""
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Words up to the next separator, which is empty at the end of the content. `line` counts from 1."""

    words: tuple[Word, ...]
    separator: bytes
    line: int

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end

    def is_built(self, word: Word) -> bool:
        """True when a command's output is glued to the word: its value isn't there to be read."""
        return self.separator in (b"(", b"`") and word is self.words[-1]


def tokens(quoted: bytes) -> re.Pattern[bytes]:
    """The pattern of a shell's tokens; `quoted` are alternatives for its quoted pieces."""
    return re.compile(
        rb"(?P<comment>#[^\n]*+)|(?P<word>(?:[^\s\\'\"`;&|()<>]++|\\(?s:.)|" + quoted + rb"|[\\'\"])++)"
        rb"|(?P<separator>[;&|()<>`\n])"
    )


def statements(content: bytes, pattern: re.Pattern[bytes], found: list[Binding]) -> Iterator[Statement]:
    """The statements of a script, in order. Values in its comments are added to `found`."""
    start = len(BOM) if content.startswith(BOM) else 0
    words: list[Word] = []
    line, counted = 1, start  # of the first word
    for match in pattern.finditer(content, start):
        if match.lastgroup == "word":
            if not words:
                line, counted = line + content.count(b"\n", counted, match.start()), match.start()
            words.append(Word(match.start(), match.end(), match[0]))
            continue
        if match.lastgroup == "comment":
            comment = Line(1, match.start(), match.end() - match[0].endswith(b"\r"), b"")
            if binding := _unset(match) or remark(content, comment, ()):
                found.append(binding)
            continue
        if words:
            separator = match[0] if words[-1].end == match.start() or match[0] == b"\n" else b" "
            yield Statement(tuple(words), separator, line)
            words = []
    if words:
        yield Statement(tuple(words), b"", line)


def _unset(comment: re.Match[bytes]) -> Binding | None:
    """The binding of a statement that was made a comment: `# set -gx NAME value`, `# setenv NAME value`."""
    setting = _UNSET.match(comment.string, comment.start(), comment.end())
    if setting is None:
        return None
    return bind(setting[1], setting[2], Span(*setting.span(2)), (), commented=True)


def inside(word: Word, quotes: bytes = b"'\"") -> Span:
    """The bytes of a word inside the quotes that enclose all of it."""
    raw = word.raw
    if len(raw) >= 2 and raw[0] in quotes and raw[-1] == raw[0] and raw[:1] not in raw[1:-1]:
        return Span(word.start + 1, word.end - 1)
    return Span(word.start, word.end)


def in_order(found: list[Binding]) -> list[Binding]:
    """`found` by position; of two that overlap, the earlier."""
    ordered: list[Binding] = []
    for binding in sorted(found, key=lambda each: each.span):
        if not ordered or binding.span.start >= ordered[-1].span.end:
            ordered.append(binding)
    return ordered
