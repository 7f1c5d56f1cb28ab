"""Walking trees and passing every file's bytes through the engine: the loop that most of a sweep's time goes to.

Folders are opened by descriptor from their parent and links are never followed, so no name can be swapped for a way out
of the tree. Files remembered as clean and unchanged are not opened. What can't be read is reported with its reason.
This module decides only which files are worth a closer look; `Visitor.examine` takes that look.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping

from keywatch.places.read import FOLDER_FLAGS, OPEN_FLAGS, WINDOW, page_aligned, why_not, why_not_regular, windows
from keywatch.state import RACY_NS, RECORD, FolderKey, folder_key, record_of

TYPE_CHECKING = False  # `typing` is loaded by what needs it: every sweep waits for this module
if TYPE_CHECKING:
    import mmap
    from typing import Protocol

    class Visitor(Protocol):
        """What the walk tells of what it meets."""

        def examine(self, path: str, fd: int, info: os.stat_result, mask: int) -> bool:
            """A closer look at a file whose content triggered `mask` (0: packed). True when it turned out clean."""

        def skip(self, path: str, why: str) -> None:
            """Something could not be read."""


#: folders nested deeper than this are reported, not entered
MAX_DEPTH = 512
#: first bytes of files that a plain scan can't see into; examined whatever the engine says
_PACKED = frozenset(b"\x1f\xfdBP(S\xff\xfe")
_NOT_SEEN = (b"proc", b"sysfs", b"devpts", b"cgroup", b"cgroup2", b"debugfs", b"tracefs", b"securityfs", b"bpf")
_is_regular = stat.S_ISREG
_open, _fstat, _readv, _close = os.open, os.fstat, os.readv, os.close
_SIZE = RECORD.size
#: nearly all files fit, and are read once
_USUAL = 1 << 20
#: a zero byte among so many first ones: no plain text
_HEAD = 512
#: instead of the engine's bits: packed, or written in wide characters
_HIDDEN = -1


class Walk:
    """One walk's tools, memory and counts. `known` is what the last sweep found clean, `clean` what this one does.

    `scan` gives 0 for bytes with nothing in them, `is_packed` whether first bytes hide what a plain scan looks for.
    """

    def __init__(
        self,
        scan: Callable[[memoryview], int],
        visitor: Visitor,
        is_packed: Callable[[bytes], bool],
        *,
        known: Mapping[FolderKey, bytes] | None = None,
        remember: bool = True,
        max_size: int = 0,
        excluded: Callable[[str, str], bool] | None = None,
        no_entry: frozenset[int] = frozenset(),
    ) -> None:
        self.scan = scan
        self.visitor = visitor
        self.files = self.size = self.cached = 0
        self.clean: dict[FolderKey, bytes] = {}
        self._is_packed = is_packed
        self._known = known or {}
        self._remember = remember
        self._max_size = max_size
        self._excluded = excluded
        self._no_entry = no_entry
        self._buffer = page_aligned(_USUAL)
        self._view = memoryview(self._buffer)
        self._vector = [self._buffer]
        self._window: mmap.mmap | None = None
        self._fresh = time.time_ns() - RACY_NS

    def tree(self, root: str, *, recursive: bool = True) -> None:
        """Walk the folder `root` and, unless told otherwise, all below it."""
        try:
            fd = os.open(root, FOLDER_FLAGS)
        except OSError as error:
            self.visitor.skip(root, why_not(error))
            return
        stack: list[tuple[int, str, list[str]]] = []
        try:
            stack.append((fd, root, self._folder(fd, root) if recursive else self._only_files(fd, root)))
            while stack:
                fd, path, below = stack[-1]
                if not below:
                    os.close(fd)
                    stack.pop()
                    continue
                name = below.pop()
                child = _join(path, name)
                if len(stack) >= MAX_DEPTH:
                    self.visitor.skip(child, f"nested deeper than {MAX_DEPTH} folders")
                    continue
                try:
                    inner = os.open(name, FOLDER_FLAGS, dir_fd=fd)
                except OSError as error:
                    self.visitor.skip(child, why_not(error))
                    continue
                stack.append((inner, child, []))
                stack[-1] = (inner, child, self._folder(inner, child))
        finally:
            for open_fd, _, _ in stack:
                os.close(open_fd)

    def _only_files(self, fd: int, path: str) -> list[str]:
        self._folder(fd, path)
        return []

    def _folder(self, fd: int, path: str) -> list[str]:
        """Scan the files of one folder; give the names of the folders in it."""
        below: list[str] = []
        try:
            own = os.fstat(fd)
            if own.st_dev in self._no_entry:
                self.visitor.skip(path, "a kernel file system, not files")
                return below
            key = folder_key(own)
            before = self._known.get(key, b"")
            at = 0  # so much of `before` stands there still, in the same order
            seen: frozenset[bytes] | None = None
            records: list[bytes] = []
            excluded = self._excluded
            with os.scandir(fd) as entries:
                for entry in entries:
                    name = entry.name
                    if excluded is not None and excluded(path, name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        below.append(name)
                        continue
                    if before:
                        try:
                            record = record_of(entry.stat(follow_symlinks=False))
                        except OSError:
                            continue  # gone in the meantime
                        if record == before[at : at + _SIZE] and not records:
                            at += _SIZE
                            continue
                        if seen is None:
                            seen = frozenset(before[i : i + _SIZE] for i in range(0, len(before), _SIZE))
                        if record in seen:
                            self.files += 1
                            self.cached += 1
                            records.append(record)
                            continue
                    if entry.is_file(follow_symlinks=False):
                        self._file(fd, name, path, records)
                    else:
                        self._skip_special(entry, path)
        except OSError as error:
            self.visitor.skip(path, why_not(error))
            return below
        self.files += at // _SIZE
        self.cached += at // _SIZE
        if self._remember and (records or at != len(before)):
            joined = before[:at] + b"".join(records)
            if joined != before:
                self.clean[key] = joined
        return below

    def _skip_special(self, entry: os.DirEntry[str], path: str) -> None:
        if entry.is_symlink():
            return
        try:
            why = why_not_regular(entry.stat(follow_symlinks=False).st_mode)
        except OSError:
            return
        self.visitor.skip(_join(path, entry.name), why or "changed its kind while read")

    def _file(self, folder: int, name: str, path: str, records: list[bytes]) -> None:
        """Scan one file of an open folder; add its record, if it is clean and may be remembered.

        Most of a sweep's time is spent here: it makes few calls, and no path where nothing is to be told.
        """
        try:
            fd = _open(name, OPEN_FLAGS, dir_fd=folder)
        except OSError as error:
            self.visitor.skip(_join(path, name), why_not(error))
            return
        try:
            if (record := self._read(fd, path, name)) is not None:
                records.append(record)
        except OSError as error:
            self.visitor.skip(_join(path, name), why_not(error))
        finally:
            _close(fd)

    def descriptor(self, fd: int, path: str) -> None:
        """Scan the open file `fd`, called `path`."""
        self._read(fd, "", path)

    def _read(self, fd: int, folder: str, name: str) -> bytes | None:
        info = _fstat(fd)
        size = info.st_size
        if not _is_regular(info.st_mode) or 0 < self._max_size < size:
            self._refuse(_join(folder, name), info)
            return None
        self.files += 1
        got = _readv(fd, self._vector)
        if got:
            self.size += got
            buffer = self._buffer
            mask = self.scan(self._view[:got]) if size <= got < _USUAL else self._scan_windows(fd, got)
            if not mask and (buffer[0] in _PACKED or buffer.find(b"\0", 0, got if got < _HEAD else _HEAD) >= 0):
                # packed or written in wide characters, so that a plain scan saw nothing
                mask = _HIDDEN if self._is_packed(bytes(buffer[: min(got, 1024)])) else 0
            if mask and not self._look(fd, _join(folder, name), info, mask):
                return None
        return record_of(info) if self._remember and info.st_ctime_ns < self._fresh else None

    def _refuse(self, path: str, info: os.stat_result) -> None:
        if _is_regular(info.st_mode):
            self.visitor.skip(path, f"larger than {self._max_size} bytes")
        else:
            self.visitor.skip(path, why_not_regular(info.st_mode) or "changed its kind while read")

    def _look(self, fd: int, path: str, info: os.stat_result, mask: int) -> bool:
        """A closer look; True when it turned out clean."""
        os.lseek(fd, 0, os.SEEK_SET)
        return self.visitor.examine(path, fd, info, 0 if mask == _HIDDEN else mask)

    def _scan_windows(self, fd: int, got: int) -> int:
        """The engine's verdict on a file larger than the buffer, of which `got` bytes are counted already."""
        if self._window is None:
            self._window = page_aligned(WINDOW)
        os.lseek(fd, 0, os.SEEK_SET)
        mask = 0
        for offset, data in windows(fd, self._window):
            mask |= self.scan(data)
            self.size += len(data) if offset else max(0, len(data) - got)
        return mask


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and folder != "/" else folder + name


def mounted_kernel_devices() -> frozenset[int]:
    """Those of what is mounted now; none where the system does not tell."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            return kernel_devices(file.read(1 << 22))
    except OSError:
        return frozenset()


def kernel_devices(mountinfo: bytes) -> frozenset[int]:
    """Device numbers of mounted kernel file systems (/proc, /sys …), from the text of /proc/self/mountinfo."""
    devices = set()
    for line in mountinfo.splitlines():
        before, _, after = line.partition(b" - ")
        words = before.split()
        if len(words) > 2 and after.split(b" ", 1)[0] in _NOT_SEEN:
            major, _, minor = words[2].partition(b":")
            if major.isdigit() and minor.isdigit():
                devices.add(os.makedev(int(major), int(minor)))
    return frozenset(devices)
