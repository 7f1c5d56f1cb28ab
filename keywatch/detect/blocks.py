"""Base64 blocks in a content: decoded, with a way back from a decoded byte to the characters that stand for it.

Kubernetes secrets, cloud-init user data and mail carry files this way, wrapped over lines or not. Pure; bounded: no
block larger than `MAX_BLOCK` is decoded, and only blocks whose text shows a trigger are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch.detect.triggers import TRIGGERS
from keywatch.model import Span

MAX_BLOCK = 512 << 10
_BLOCK = re.compile(
    rb"[A-Za-z0-9+/_-]{16,}(?:[ \t]*(?:\\r)?(?:\\n|\r?\n)[ \t>|]*[A-Za-z0-9+/_-]{4,})*+(?:[ \t]*\r?\n[ \t]*)?={0,2}"
)
_TRIGGER = re.compile("|".join(t.pattern for t in TRIGGERS if t.id.startswith("base64-")).encode())
_ALPHABET = re.compile(rb"[A-Za-z0-9+/_-]")
_NOT_ALPHABET = re.compile(rb"\\[rn]|[^A-Za-z0-9+/_-]")


@dataclass(frozen=True, slots=True)
class Block:
    """`plain` is what the block at `span` decodes to; `starts` are the content's offsets of its characters."""

    span: Span
    plain: bytes
    starts: tuple[int, ...]

    def raw(self, span: Span) -> Span:
        """The characters of the content that hold the bytes of `span` of the plain text."""
        first = min(span.start * 8 // 6, len(self.starts) - 1)
        last = min(max(first, (span.end * 8 - 1) // 6), len(self.starts) - 1)
        return Span(self.starts[first], self.starts[last] + 1)


def blocks_of(content: bytes) -> Iterator[Block]:
    """The base64 blocks of `content` in which a trigger shows."""
    for match in _BLOCK.finditer(content):
        raw = match.group()
        if len(raw) > MAX_BLOCK:
            continue
        joined = _NOT_ALPHABET.sub(b"", raw)
        if _TRIGGER.search(joined) is None:
            continue
        text = joined.translate(bytes.maketrans(b"-_", b"+/"))
        try:
            plain = base64.b64decode(text[: len(text) // 4 * 4] + _rest(text))
        except binascii.Error:
            continue
        yield Block(Span(*match.span()), plain, _starts(match))


def _rest(text: bytes) -> bytes:
    """The last two or three characters, padded; a single one holds no byte."""
    rest = text[len(text) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _starts(match: re.Match[bytes]) -> tuple[int, ...]:
    gaps = [range(m.start(), m.end()) for m in re.finditer(rb"\\[rn]", match.group())]
    skipped = {at for gap in gaps for at in gap}
    return tuple(
        match.start() + m.start() for m in _ALPHABET.finditer(match.group()) if not skipped or m.start() not in skipped
    )
