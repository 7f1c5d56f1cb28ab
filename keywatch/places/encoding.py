"""Encodings: any text to one that ASCII patterns read, and offsets to the lines and columns a person sees. Pure.

UTF-8 and the single-byte encodings pass through untouched, so that spans are offsets of the file itself. UTF-16 and
UTF-32 are transcoded, with or without a byte order mark; what would not come back exactly is left as it is.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: characters looked at when there is no mark
_SAMPLE = 256


def suspect_wide(sample: bytes) -> bool:
    """True where the first bytes of a content look like UTF-16 or UTF-32."""
    return guess_wide(sample) is not None


def guess_wide(sample: bytes) -> str | None:
    """The wide encoding that the first bytes of a content show: by mark, or by where the zero bytes of ASCII stand."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    sample = sample[: _SAMPLE * 4]
    # of UTF-16 at least 0.9 of one lane in two is zero
    if len(sample) < 8 or b"\0" not in sample[:8] or 5 * sample.count(0) < 2 * len(sample):
        return None
    for name, width, place in (("utf-32-le", 4, 0), ("utf-32-be", 4, 3), ("utf-16-le", 2, 0), ("utf-16-be", 2, 1)):
        whole = len(sample) // width * width
        lanes = [sample[lane:whole:width] for lane in range(width)]
        letters = lanes.pop(place)
        if all(lane.count(0) >= 0.9 * len(lane) for lane in lanes) and _is_text(letters):
            return name
    return None


def _is_text(letters: bytes) -> bool:
    """Nearly all of it letters, those of Latin-1 among them, digits, signs and blanks."""
    plain = sum(1 for byte in letters if 0x20 <= byte < 0x7F or byte >= 0xA0 or byte in b"\t\r\n")
    return plain >= 0.9 * len(letters)


def to_ascii_compatible(content: bytes) -> tuple[bytes, str]:
    """The text of `content` as ASCII patterns read it, and its encoding: `utf-8`, `latin-1`, `utf-16-le` …"""
    wide = guess_wide(content)
    if wide is None:
        return content, "utf-8" if _is_utf8(content) else "latin-1"
    width = 4 if "32" in wide else 2
    try:
        text = content[: len(content) // width * width].decode(wide)
        plain = text.removeprefix("\ufeff").encode("utf-8")
    except UnicodeError:
        lossy = content.decode(wide, "replace").removeprefix("\ufeff")
        return lossy.encode("utf-8", "replace"), "binary"
    return plain, wide


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class LineIndex:
    """Lines and columns of one text, both from 1; columns in characters of the line, as UTF-8 or else latin-1."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        only_cr = b"\n" not in text and b"\r" in text
        self._ends = [match.start() for match in re.finditer(rb"\r" if only_cr else rb"\n", text)]

    def locate(self, offset: int) -> tuple[int, int]:
        """The line and column of the byte at `offset`."""
        line = bisect_right(self._ends, offset - 1)
        start = self._ends[line - 1] + 1 if line else 0
        before = self._text[start:offset]
        if line == 0:
            before = before.removeprefix(codecs.BOM_UTF8)
        try:
            return line + 1, len(before.decode("utf-8")) + 1
        except UnicodeDecodeError:
            return line + 1, len(before) + 1
