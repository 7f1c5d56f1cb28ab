"""Markers of a secret's length in the secret's place: for copies that nothing reads, in comments and in records. Pure.

A marker is made of letters alone, so that it can stand in a quoted text, in JSON, in a URL and in base64 alike, and its
word is one that no sweep takes for a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote_from_bytes

from keywatch.errors import CannotMoveError
from keywatch.model import Secret, Span
from keywatch.move.draft import find_cuts

WORD = b"REDACTEDBYKEYWATCH"
_COMMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:#|;|//|--|\"|rem\b|dnl\b)|.*[ \t]#", re.IGNORECASE | re.DOTALL)


def marker(length: int) -> bytes:
    """A marker of that many bytes."""
    return (WORD * (length // len(WORD) + 1))[:length]


def spellings(secrets: Sequence[Secret]) -> tuple[Secret, ...]:
    """The secrets, and the other ways in which the same bytes are written: slashes escaped, percent-encoded."""
    found: dict[Secret, None] = {}
    for secret in secrets:
        value = secret.expose()
        for form in (value, value.replace(b"/", b"\\/"), quote_from_bytes(value, safe="").encode()):
            found[Secret(form)] = None
        found[Secret(quote_from_bytes(value, safe="").lower().encode())] = None
    return tuple(secret for secret in found if secret)


def redact_all(content: bytes, secrets: Sequence[Secret], spans: Sequence[Span] = ()) -> list[tuple[Span, bytes]]:
    """Edits that put a marker over every spelling of the secrets, and over `spans`."""
    edits = [(cut.span, marker(len(cut.span))) for cut in find_cuts(content, spellings(secrets))]
    return edits + [(span, marker(len(span))) for span in spans if not any(span.overlaps(each) for each, _ in edits)]


def redact_rest(
    path: str, content: bytes, secrets: Sequence[Secret], edited: Callable[[Span], bool]
) -> list[tuple[Span, bytes]]:
    """Edits for the copies in comments of what a move takes out of a file; `edited` tells what it changes already.

    `CannotMoveError` for a copy that is no comment: something may use it, and it is not known what.
    """
    edits = []
    for cut in find_cuts(content, spellings(secrets)):
        if edited(cut.span):
            continue
        start = content.rfind(b"\n", 0, cut.span.start) + 1
        if not _COMMENT.match(content, start, cut.span.start):
            line = content.count(b"\n", 0, start) + 1
            raise CannotMoveError(
                f"{path}:{line}: the key is used here in a way that is not understood", "change this line by hand first"
            )
        edits.append((cut.span, marker(len(cut.span))))
    return edits
