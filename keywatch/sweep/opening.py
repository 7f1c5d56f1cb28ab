"""Opening one content for a closer look, whatever it is: text of any encoding, archive, database, or all nested.

Contents larger than a window are looked at window by window, so that no file costs more memory than another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from keywatch.model import Place
from keywatch.places.encoding import suspect_wide, to_ascii_compatible
from keywatch.places.read import OVERLAP, WINDOW, windows
from keywatch.places.sqlite import SQLITE_MAGIC, texts
from keywatch.places.unpack import Limits, is_container, unpack
from keywatch.sweep.examine import START, Examiner
from keywatch.sweep.sighting import FileFacts


def is_packed(head: bytes) -> bool:
    """True for first bytes of what a plain scan can't see into."""
    return is_container(head) is not None or head.startswith(SQLITE_MAGIC) or suspect_wide(head)


@dataclass(slots=True)
class Opening:
    """How a worker opens files. `scan` is the engine, `skip` takes what could not be read and why."""

    examiner: Examiner
    scan: Callable[[memoryview | bytes], int]
    skip: Callable[[str, str], None]
    archive_depth: int
    _buffer: bytearray = field(default_factory=lambda: bytearray(WINDOW))

    def file(self, fd: int, size: int, mask: int, place: Place, facts: FileFacts) -> bool:
        """Look into an open file; True when nothing was found and all of it could be read."""
        head = os.pread(fd, 1024, 0)
        found, whole = 0, True
        if is_container(head) is not None:
            found, whole = self._archive(fd, place, facts)
        elif head.startswith(SQLITE_MAGIC):
            found, whole = self._database(fd, size, place, facts)
        if mask or suspect_wide(head):
            os.lseek(fd, 0, os.SEEK_SET)
            found += self._windows(fd, place, facts)
        return whole and not found

    def _windows(self, fd: int, place: Place, facts: FileFacts) -> int:
        """The text of a file: whole where it fits a window, else window by window, each key counted once."""
        found = 0
        before, lines_end = START, 0
        for window in windows(fd, self._buffer):
            data = bytes(window.data)
            if window.offset == 0 and len(data) < WINDOW:
                return self.content(data, place, facts)
            if window.offset > before.offset + lines_end:  # a hole was jumped over: it holds no line ends
                before = replace(before, offset=window.offset, characters=window.offset - before.offset)
            mask = self.scan(data)
            if mask:
                found += self.examiner.look(data, mask, place, facts, before)
            before = replace(before.past(data, max(0, len(data) - OVERLAP)), looked=0)
            lines_end = OVERLAP
        return found

    def anything(self, data: bytes, place: Place, facts: FileFacts | None = None) -> int:
        """Look at bytes in memory that may be packed; the number of sightings."""
        return self.content(data, place, facts)

    def content(self, data: bytes, place: Place, facts: FileFacts | None = None) -> int:
        """Look at a content that is in memory; the number of sightings."""
        if suspect_wide(data[:1024]):
            data, _ = to_ascii_compatible(data)
        mask = self.scan(data)
        return self.examiner.look(data, mask, place, facts) if mask else 0
