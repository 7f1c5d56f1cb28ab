"""A plan's change of a file as a unified diff with every secret masked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff

from keywatch.model import mask_key_id
from keywatch.move.base import Change, Cut
from keywatch.move.draft import find_cuts

_KEY_ID_LENGTH = range(16, 33)


def diff_of(change: Change) -> list[str]:
    """The diff's lines, without line endings; bytes that are no text stand as escapes."""
    old = _lines(change.old or b"", change.cuts)
    secrets = tuple(each.value for each in change.cuts)
    new = _lines(change.new, find_cuts(change.new, secrets))
    before = change.path if change.old is not None else "/dev/null"
    return [line.rstrip("\n") for line in unified_diff(old, new, before, change.path, n=2)]


def _lines(content: bytes, cuts: Sequence[Cut]) -> list[str]:
    pieces = []
    at = 0
    for cut in cuts:
        pieces += [content[at : cut.span.start].decode("utf-8", "backslashreplace"), _mask(cut.value.expose())]
        at = cut.span.end
    pieces.append(content[at:].decode("utf-8", "backslashreplace"))
    lines = "".join(pieces).replace("\r\n", "\n").split("\n")
    return lines[:-1] if not lines[-1] else [*lines[:-1], lines[-1] + "  (no line ending)"]


def _mask(value: bytes) -> str:
    """The masked form of an access key id; nothing of anything else."""
    shaped = len(value) in _KEY_ID_LENGTH and value.isalnum() and value.isupper() and value.startswith(b"A")
    return mask_key_id(value) if shaped else "…"
