"""Names in plain text, and the values they announce: the part of detection that needs no format.

`strict` gives values right behind a name, with only quotes, separators, type words or markup between; `before` gives
the name that stands some way before a value. Names and positions only: what a value is worth is judged elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch.detect.names import Meaning, cores, meaning_of
from keywatch.model import Span

#: how far a name speaks for a value of the right shape that follows it, in bytes and in lines
REACH = 160
REACH_LINES = 3
MAX_LABELS = 20_000

_NAME_LEFT = re.compile(rb"[A-Za-z0-9_.\-]{0,64}")
_NAME_RIGHT = re.compile(rb"[A-Za-z0-9_]{0,64}(?:[.\-][A-Za-z0-9_]{1,64}){0,3}")
_WORDS = (
    rb"is|are|as|to|of|the|str|text|value|val|const|static|final|default|reg_sz|varchar|none|null|nil|some|option|secret"
    rb"|string|plaintext|set|environment|char|var|let|new|literal|type|from|wstring|cdata|unsafeplaintext|bytes|machine|user"
)
_GLUE = re.compile(
    rb"(?:[ \t\"'`\](){}<>:=,;|*&@^!?~\\]|\[[^\]\r\n]{0,40}\]|\[|(?<![A-Za-z0-9])(?i:"
    + _WORDS
    + rb")(?![A-Za-z0-9/+_])"
    rb"|</?[A-Za-z][\w:.\-]{0,40}(?:[ \t][^<>\r\n]{0,80})?/?>|-(?=[>\"' ])|(?<=>)[ \t]*\r?\n[ \t]*(?=<)){0,64}+"
)
_VALUE = re.compile(rb"[A-Za-z0-9/+][A-Za-z0-9/+_.~\-]{15,4096}={0,2}")
VIM_ENTRY_END = b"5\x81"
"""What stands behind each line in an undo file of vim; its first byte looks like a part of the line."""
_NO_VALUE = Span(0, 0)
_OPENERS = b"\"'`"


@dataclass(frozen=True, slots=True)
class Label:
    """A name in the text. `value` and `quoted` are set by `strict` alone."""

    name: str
    meaning: Meaning
    span: Span
    value: Span = _NO_VALUE
    quoted: bool = False


class Labels:
    """The names of one text that speak of AWS credentials, in order."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._labels: list[Label] = []
        end = 0
        for match in cores(text):
            if match.start() < end:
                continue
            left = _NAME_LEFT.match(text[max(end, match.start() - 64) : match.start()][::-1])
            right = _NAME_RIGHT.match(text, match.end())
            start = match.start() - (left.end() if left else 0)
            end = right.end() if right else match.end()
            name = text[start:end].decode("ascii", "replace").strip(".- ")
            meaning = meaning_of(name)
            if meaning is not None:
                self._labels.append(Label(name, meaning, Span(start, end)))
            if len(self._labels) >= MAX_LABELS:
                break
        self._ends = [label.span.end for label in self._labels]

    def before(self, offset: int) -> Label | None:
        """The nearest name before `offset`, if it stands near enough to speak for what is there."""
        at = bisect_right(self._ends, offset) - 1
        if at < 0 or offset - self._ends[at] > REACH:
            return None
        gap = self._text[self._ends[at] : offset]
        return self._labels[at] if gap.count(b"\n") <= REACH_LINES else None

    def strict(self, text: bytes) -> Iterator[Label]:
        """Each name that has a value right behind it, with the value's span."""
        for label in self._labels:
            glue = _GLUE.match(text, label.span.end)
            at = glue.end() if glue else label.span.end
            value = _VALUE.match(text, at)
            if value is None or at == label.span.end:
                continue
            end = value.end()
            quoted = at > 0 and text[at - 1] in _OPENERS
            if not quoted:
                end = at + len(value.group().rstrip(b".-~_"))
                end -= text[end - 1 : end + 1] == VIM_ENTRY_END
            following = text[end : end + 1]
            if following in (b"(", b"[", b"$", b"{") or (not quoted and following == b"="):
                continue
            yield Label(label.name, label.meaning, label.span, Span(at, end), quoted)
