"""Texts with their secrets cut out, and the difference between two texts as hunks of whole lines. Pure.

The journal keeps no secret and no text that it does not need: of a rewritten file, the old lines of each changed region
as templates, and of the new file a keyed digest a line. That is enough to put the old bytes back exactly, also into a
file that has been edited elsewhere since: a three-way merge needs to know which lines are as they were, not what they
say.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from keywatch.errors import JournalError, UndoConflictError
from keywatch.model import Secret, Span
from keywatch.move.base import Cut

Digest = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Template:
    """Bytes in pieces: text as it is, or the name of the vaulted field that stands there."""

    pieces: tuple[bytes | str, ...] = field(repr=False)

    def fill(self, fields: Mapping[str, Secret]) -> bytes:
        """The whole text. `JournalError` when a field is missing."""
        filled = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                filled.append(piece)
            elif piece in fields:
                filled.append(fields[piece].expose())
            else:
                raise JournalError(f"the vault's entry has no field '{piece}' any more: the old text can't be put back")
        return b"".join(filled)

    def to_json(self) -> list[Any]:
        """As the journal keeps it: text in base64, a field as an object."""
        return [base64.b64encode(p).decode() if isinstance(p, bytes) else {"field": p} for p in self.pieces]

    @classmethod
    def from_json(cls, value: object) -> Template:
        """Read what `to_json` gave. `JournalError` for anything else."""
        if not isinstance(value, list):
            raise JournalError("the journal is damaged: a template is no list")
        pieces: list[bytes | str] = []
        for item in value:
            if isinstance(item, str):
                pieces.append(base64.b64decode(item))
            elif isinstance(item, dict) and isinstance(item.get("field"), str):
                pieces.append(item["field"])
            else:
                raise JournalError("the journal is damaged: a template has an unknown piece")
        return cls(tuple(pieces))


class Names:
    """Gives every secret value the name of the field that holds it: the entry's own, else one made for the undo."""

    def __init__(self, fields: Mapping[str, Secret]) -> None:
        self._names = {secret: name for name, secret in fields.items()}
        #: values that are no field of the entry: what the vault must keep besides
        self.extra: dict[str, Secret] = {}

    def of(self, secret: Secret) -> str:
        """The field's name for that value."""
        if secret not in self._names:
            name = f"raw_{len(self.extra)}"
            self._names[secret] = name
            self.extra[name] = secret
        return self._names[secret]


def cut(content: bytes, span: Span, cuts: Sequence[Cut], names: Names) -> Template:
    """The template of `content[span]`; a cut that reaches over its edge is cut where the span ends."""
    pieces: list[bytes | str] = []
    at = span.start
    for each in cuts:
        start, end = max(each.span.start, span.start), min(each.span.end, span.end)
        if start >= end:
            continue
        if start > at:
            pieces.append(content[at:start])
        whole = (start, end) == (each.span.start, each.span.end)
        pieces.append(names.of(each.value if whole else Secret(content[start:end])))
        at = end
    if at < span.end:
        pieces.append(content[at : span.end])
    return Template(tuple(pieces))


@dataclass(frozen=True, slots=True)
class Hunk:
    """Bytes `start` to `end` of the new file, whole lines, stand where the lines of `old` stood."""

    start: int
    end: int
    old: Template


def split_lines(content: bytes) -> list[bytes]:
    """Lines with their LF; CR is a byte like any other here, and every byte is in exactly one line."""
    lines = content.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def make_hunks(old: bytes, edits: Sequence[tuple[Span, bytes]], cuts: Sequence[Cut], names: Names) -> list[Hunk]:
    """The hunks that turn the edited text back into `old`. `edits` in order, as they are spliced."""
    hunks = []
    shift = 0
    for span, inside in _regions(old, edits):
        length = len(span) + sum(len(new) - len(part) for part, new in inside)
        start = span.start + shift
        hunks.append(Hunk(start, start + length, cut(old, span, cuts, names)))
        shift += length - len(span)
    return hunks


def _regions(old: bytes, edits: Sequence[tuple[Span, bytes]]) -> list[tuple[Span, list[tuple[Span, bytes]]]]:
    """The edits gathered by the whole old lines they touch."""
    regions: list[tuple[Span, list[tuple[Span, bytes]]]] = []
    for span, new in edits:
        start = old.rfind(b"\n", 0, span.start) + 1
        at_line = span.end == 0 or old[span.end - 1 : span.end] == b"\n"
        if at_line and (new.endswith(b"\n") or (not new and span.start == start)):
            end = span.end  # whole lines made of whole lines: the next one is not touched
        else:
            found = old.find(b"\n", span.end)
            end = len(old) if found < 0 else found + 1
        whole = Span(start, end)
        if regions and whole.start < regions[-1][0].end:
            before, inside = regions[-1]
            regions[-1] = (Span(before.start, max(before.end, whole.end)), [*inside, (span, new)])
        else:
            regions.append((whole, [(span, new)]))
    return regions


def undo_exactly(new: bytes, hunks: Sequence[Hunk], fields: Mapping[str, Secret]) -> bytes:
    """The old text, from the new one unchanged. Hunks hold byte offsets."""
    pieces = []
    at = 0
    for hunk in hunks:
        pieces += [new[at : hunk.start], hunk.old.fill(fields)]
        at = hunk.end
    return b"".join([*pieces, new[at:]])


def undo_by_merge(
    current: bytes, base: Sequence[str], offsets: Sequence[int], hunks: Sequence[Hunk], fields: Mapping[str, Secret],
    digest: Digest, path: str,
) -> bytes:  # fmt: skip
    """The old lines put into a file that was edited since the move: a three-way merge on lines.

    `base` are the digests of the new file's lines, `offsets` where each began. `UndoConflictError` when lines that the
    move wrote, or that it took the place between, were edited too.
    """
    lines = split_lines(current)
    now = [digest(line) for line in lines]
    where: dict[int, int] = {}
    for block in SequenceMatcher(None, base, now, autojunk=False).get_matching_blocks():
        for index in range(block.size):
            where[block.a + index] = block.b + index
    first = {offset: index for index, offset in enumerate(offsets)}
    result: list[bytes] = []
    at = 0
    for hunk in hunks:
        start = first.get(hunk.start, len(base))
        stop = first.get(hunk.end, len(base)) if hunk.end > hunk.start else start
        place = _place_of(start, stop, len(base), len(lines), where)
        if place is None or place[0] < at:
            raise UndoConflictError(
                f"{path}: the lines that the move changed were edited since: put the key back by hand "
                "(keywatch vault show), nothing was changed"
            )
        result += [*lines[at : place[0]], hunk.old.fill(fields)]
        at = place[1]
    return b"".join([*result, *lines[at:]])


def _place_of(start: int, stop: int, total: int, lines: int, where: Mapping[int, int]) -> tuple[int, int] | None:
    """Where the base lines `start` to `stop` stand now; None when they do not stand there whole and together."""
    if start == stop:
        after = where.get(start) if start < total else lines
        before = where.get(start - 1) if start > 0 else -1
        if after is not None and before is not None and after == before + 1:
            return after, after
        if before is not None:
            return before + 1, before + 1
        return (after, after) if after is not None else None
    found = [where.get(index) for index in range(start, stop)]
    if any(each is None for each in found):
        return None
    begin = found[0]
    if begin is None or found != list(range(begin, begin + stop - start)):
        return None
    return begin, begin + stop - start
