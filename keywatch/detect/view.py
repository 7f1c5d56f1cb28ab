"""A lenient view of a content in which escapes are resolved, with a way back to the raw bytes.

Keys reach files through JSON in JSON, URLs, HTML, terminal logs and core dumps. Instead of one decoder for each, one
pass resolves what they have in common (backslash, percent and entity escapes, colour codes, NULs), so that detectors
see plain text; `View.raw` maps a span of it to the exact bytes of the content. Never used to rewrite anything.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from keywatch.model import Span

_SOURCE = rb"""
    \\+(?:u00(?P<u>[0-9A-Fa-f]{2})|x(?P<x>[0-9A-Fa-f]{2})|(?P<c>[nrtfv"'/`])|\r?\n[ \t]*)
    |%(?:25)*(?P<p>[0-9A-Fa-f]{2})
    |&(?:\#(?P<d>[0-9]{2,3})|\#[xX](?P<h>[0-9A-Fa-f]{2})|(?P<e>quot|apos|lt|gt|amp|sol|plus|equals|colon|nbsp));
    |\x1b\[[0-9;:?]{0,32}[A-Za-z]
    |\x00+
"""
_ESCAPE = re.compile(_SOURCE, re.VERBOSE)
#: the same with mail's quoted-printable: soft line breaks and the escaped equals sign
_MAIL_ESCAPE = re.compile(_SOURCE + rb"|=(?:(?P<q>3[dD])|\r?\n)", re.VERBOSE)
_TRIGGER = re.compile(rb"[\\%&\x1b\x00]")
_CONTROL = {b"n": b"\n", b"r": b"\n", b"t": b"\t", b"f": b"\n", b"v": b"\n"}
_ENTITY = {
    b"quot": b'"',
    b"apos": b"'",
    b"lt": b"<",
    b"gt": b">",
    b"amp": b"&",
    b"sol": b"/",
    b"plus": b"+",
    b"equals": b"=",
    b"colon": b":",
    b"nbsp": b" ",
}


@dataclass(frozen=True, slots=True)
class View:
    """`text` to look at; `raw` leads back.

    After the i-th escape, offset `outs[i]` of the text is offset `ins[i]` of the content; `shown[i]` tells whether the
    escape left anything in the text.
    """

    text: bytes
    outs: tuple[int, ...] = ()
    ins: tuple[int, ...] = ()
    shown: tuple[bool, ...] = ()

    def raw(self, span: Span) -> Span:
        """The bytes of the content that `span` of the text stands for."""
        last = bisect_left(self.outs, span.end)
        if last < len(self.outs) and self.outs[last] == span.end and self.shown[last]:
            return Span(self._map(span.start), self.ins[last])
        return Span(self._map(span.start), self._map(max(span.start, span.end - 1)) + (span.end > span.start))

    def _map(self, offset: int) -> int:
        at = bisect_right(self.outs, offset) - 1
        return offset if at < 0 else self.ins[at] + (offset - self.outs[at])


def view_of(content: bytes) -> View:
    """The lenient view of `content`; the content itself where it holds no escape."""
    mail = b"quoted-printable" in content
    if not mail and _TRIGGER.search(content) is None:
        return View(content)
    pieces: list[bytes] = []
    outs: list[int] = []
    ins: list[int] = []
    shown: list[bool] = []
    at = out = 0
    for match in (_MAIL_ESCAPE if mail else _ESCAPE).finditer(content):
        new = _plain(match)
        pieces += (content[at : match.start()], new)
        out += match.start() - at + len(new)
        at = match.end()
        if len(new) != match.end() - match.start():
            outs.append(out)
            ins.append(at)
            shown.append(bool(new))
    pieces.append(content[at:])
    return View(b"".join(pieces), tuple(outs), tuple(ins), tuple(shown))


def _plain(match: re.Match[bytes]) -> bytes:
    """What the escape stands for; escapes that stand for a letter outside ASCII stay as they are."""
    kind, raw = match.lastgroup, match.group()
    if kind is None:  # NULs end a string; colour codes and continued lines leave nothing
        return b"\n" * len(raw) if raw[:1] == b"\x00" else b""
    text = match.group(kind)
    if kind == "c":
        return _CONTROL.get(text, text)
    if kind == "e":
        return _ENTITY[text]
    if kind == "q":
        return b"="
    value = int(text) if kind == "d" else int(text, 16)
    return bytes((value,)) if value < 0x80 else raw
