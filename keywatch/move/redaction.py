"""Temporary."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keywatch.model import Secret, Span
from keywatch.move.draft import find_cuts


def redact_rest(content: bytes, secrets: Sequence[Secret], edited: Callable[[Span], bool]) -> list[tuple[Span, bytes]]:
    """Temporary."""
    marker = b"REDACTED-BY-KEYWATCH"
    return [
        (cut.span, (marker * (len(cut.span) // 20 + 1))[: len(cut.span)])
        for cut in find_cuts(content, secrets)
        if not edited(cut.span)
    ]
