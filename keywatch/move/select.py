"""Which findings a person means: by an id as a sweep prints it, or its beginning; by a path; by PATH:LINE. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from keywatch.errors import UsageError
from keywatch.model import Finding
from keywatch.report.escape import show

_ID = re.compile(r"[0-9a-f]{4,12}")


def select(
    words: Sequence[str], findings: Sequence[Finding], real: Callable[[str], str] = os.path.realpath
) -> list[Finding]:
    """The findings that the words mean, each once, in the words' order. `UsageError` for a word that means none.

    `real` resolves links, for a place may be reported under its real name. An id's beginning that several findings
    share is refused and names them.
    """
    chosen: dict[str, Finding] = {}
    for word in words:
        found = _by_place(word, findings, real) or _by_id(word, findings)
        if not found:
            raise UsageError(
                f"{show(word)}: no key was found there: give a path, PATH:LINE, or an id of keywatch sweep"
            )
        chosen.update((finding.id, finding) for finding in found)
    return list(chosen.values())


def split_line(word: str) -> tuple[str, int]:
    """PATH:LINE as path and line, 0 where the word names no line; a file that has such a name goes first."""
    path, colon, line = word.rpartition(":")
    if colon and path and line.isascii() and line.isdigit() and not os.path.lexists(word):
        return path, int(line)
    return word, 0


def _by_place(word: str, findings: Sequence[Finding], real: Callable[[str], str]) -> list[Finding]:
    name, line = split_line(word)
    path = os.path.abspath(name)
    paths = {path, real(path)}
    below = tuple(each.rstrip("/") + "/" for each in paths)
    here = [each for each in findings if each.place.path in paths or each.place.path.startswith(below)]
    return [each for each in here if not line or any(part.line == line for part in each.parts)]


def _by_id(word: str, findings: Sequence[Finding]) -> list[Finding]:
    if not _ID.fullmatch(word):
        return []
    found = [each for each in findings if each.id.startswith(word)]
    if len({each.id for each in found}) > 1:
        which = ", ".join(f"{each.id} ({show(each.place.path)})" for each in found[:4])
        raise UsageError(f"{word}: several findings begin so: {which}")
    return found
