"""Opening one content for a closer look, whatever it is: text of any encoding, archive, database, or all nested.

Contents larger than a window are looked at window by window, so that no file costs more memory than another.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from keywatch.model import Place
from keywatch.places.encoding import suspect_wide, to_ascii_compatible
from keywatch.places.magic import SQLITE_MAGIC, is_container
from keywatch.places.read import OVERLAP, WINDOW, page_aligned, windows
from keywatch.places.sqlite import DatabaseError, rows
from keywatch.places.unpack import Limits, Stream, inflate_small, unpack
from keywatch.sweep.examine import START, Examiner
from keywatch.sweep.sighting import FileFacts

#: the place of a content, made when there is something to tell of it: an archive has thousands of members
Where = Callable[[], Place]

#: packed files up to this size are opened at once where that can be
_SMALL_PACKED = 256 << 10
#: members of archives up to this size are looked at whole
_WHOLE = 4 << 20


@dataclass(slots=True)
class Opening:
    """How a worker opens files. `scan` is the engine, `skip` takes what could not be read and why."""

    examiner: Examiner
    scan: Callable[[memoryview | bytes], int]
    skip: Callable[[str, str], None]
    limits: Limits
    describe: Callable[[str], tuple[str, str]]
    _buffer: mmap.mmap = field(default_factory=lambda: page_aligned(WINDOW))

    def file(self, fd: int, size: int, mask: int, path: str, where: Where, facts: FileFacts) -> bool:
        """Look into an open file; True when nothing was found and all of it could be read."""
        head = os.pread(fd, 1024, 0)
        whole = True
        with self.examiner.once() as found:
            if is_container(head) is not None:
                whole = self._archive(fd, path, where, facts)
            elif head.startswith(SQLITE_MAGIC):
                whole = self._database(fd, size, where(), facts)
            if mask or suspect_wide(head):
                os.lseek(fd, 0, os.SEEK_SET)
                self._windows(fd, where, facts)
        return whole and not found

    def is_plainly_clean(self, fd: int, size: int) -> bool:
        """True for a small gzip file with nothing in it, told without a closer look; False says nothing."""
        if size > _SMALL_PACKED:
            return False
        data = inflate_small(os.pread(fd, size, 0))
        return data is not None and not suspect_wide(data[:1024]) and not self.scan(data)

    def content(self, data: bytes, place: Place, facts: FileFacts | None = None) -> None:
        """Look at a content that is in memory, packed or not."""
        with self.examiner.once():
            if is_container(data[:1024]) is not None:
                import io

                self._unpack(io.BytesIO(data), place.path, lambda: place, facts)
            self._text(data, lambda: place, facts)

    def _text(self, data: bytes, where: Where, facts: FileFacts | None) -> None:
        if suspect_wide(data[:1024]):
            data, _ = to_ascii_compatible(data)
        if mask := self.scan(data):
            self.examiner.look(data, mask, where(), facts)

    def _windows(self, fd: int, where: Where, facts: FileFacts) -> None:
        """The text of a file: whole where it fits a window, else window by window."""
        before = START
        for offset, view in windows(fd, self._buffer):
            data = bytes(view)
            if offset == 0 and len(data) < WINDOW:
                self._text(data, where, facts)
                return
            if offset > before.offset:  # a hole was jumped over: it holds no line ends
                gap = offset - before.offset
                before = replace(before, offset=offset, characters=before.characters + gap)
            if mask := self.scan(data):
                self.examiner.look(data, mask, where(), facts, before)
            before = replace(before.past(data, max(0, len(data) - OVERLAP)), looked=0)

    def _archive(self, fd: int, path: str, where: Where, facts: FileFacts) -> bool:
        os.lseek(fd, 0, os.SEEK_SET)
        with os.fdopen(os.dup(fd), "rb", buffering=1 << 16) as file:
            return self._unpack(file, path, where, facts)

    def _unpack(self, file: object, path: str, where: Where, facts: FileFacts | None) -> bool:
        def visit(via: tuple[str, ...], stream: Stream) -> None:
            def inside() -> Place:
                format_name, consumer = self.describe(via[-1] if via else _inner_name(path))
                return replace(where(), via=via, format=format_name, consumer=consumer)

            self._stream(stream, inside, facts)

        def problem(via: tuple[str, ...], why: str) -> None:
            self.skip("!".join((path, *via)), why)

        return unpack(file, self.limits, visit, problem)  # type: ignore[arg-type]

    def _stream(self, stream: Stream, where: Where, facts: FileFacts | None) -> None:
        """A member of an archive, by pieces that overlap."""
        before, kept = START, b""
        while True:
            fresh = stream.read(_WHOLE - len(kept))
            data = kept + fresh
            last = len(data) < _WHOLE
            if before is START and last:
                self._text(data, where, facts)
                return
            if mask := self.scan(data):
                self.examiner.look(data, mask, where(), facts, before)
            if last:
                return
            before = replace(before.past(data, len(data) - OVERLAP), looked=0)
            kept = data[-OVERLAP:]

    def _database(self, fd: int, size: int, place: Place, facts: FileFacts) -> bool:
        """Each row a text of its own: what the file's pages hold in pieces stands together in its row."""
        try:
            for via, text in rows(fd, size):
                self._text(text, partial(replace, place, via=(via,), format="text"), facts)
        except DatabaseError as error:
            self.skip(place.path, str(error))
            return False
        return True


def _inner_name(path: str) -> str:
    """The name of what a compressed file holds: `crontab.gz` holds `crontab`."""
    for ending in (".gz", ".bz2", ".xz", ".Z"):
        if path.endswith(ending):
            return path.removesuffix(ending)
    return path
