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
from dataclasses import dataclass, field
from typing import Protocol

from keywatch.places.read import FOLDER_FLAGS, OPEN_FLAGS, WINDOW, why_not, why_not_regular, windows
from keywatch.state import RACY_NS, RECORD, FolderKey, folder_key, record_of

#: folders nested deeper than this are reported, not entered
MAX_DEPTH = 512
#: first bytes of files that a plain scan can't see into; examined whatever the engine says
_PACKED = frozenset(b"\x1f\xfdBP(S\xff\xfe")
_NOT_SEEN = (b"proc", b"sysfs", b"devpts", b"cgroup", b"cgroup2", b"debugfs", b"tracefs", b"securityfs", b"bpf")


class Visitor(Protocol):
    """What the walk tells of what it meets."""

    def examine(self, path: str, fd: int, info: os.stat_result, mask: int) -> bool:
        """A closer look at a file whose content triggered `mask` (0: packed). True when it turned out clean."""

    def skip(self, path: str, why: str) -> None:
        """Something could not be read."""


@dataclass(slots=True)
class Walk:
    """One walk's tools, memory and counts. `known` is what the last sweep found clean, `clean` what this one does."""

    scan: Callable[[memoryview], int]
    visitor: Visitor
    is_packed: Callable[[bytes], bool]
    known: Mapping[FolderKey, bytes] = field(default_factory=dict)
    remember: bool = True
    max_size: int = 0
    excluded: Callable[[str, str], bool] | None = None
    no_entry: frozenset[int] = frozenset()
    files: int = 0
    size: int = 0
    cached: int = 0
    clean: dict[FolderKey, bytes] = field(default_factory=dict)
    buffer: bytearray = field(default_factory=lambda: bytearray(WINDOW))
    _fresh: int = field(default_factory=lambda: time.time_ns() - RACY_NS)

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
                child = f"{path}/{name}" if path != "/" else f"/{name}"
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
            if own.st_dev in self.no_entry:
                self.visitor.skip(path, "a kernel file system, not files")
                return below
            key = folder_key(own)
            before = self.known.get(key)
            seen = {before[i : i + RECORD.size] for i in range(0, len(before), RECORD.size)} if before else ()
            records: list[bytes] = []
            excluded = self.excluded
            with os.scandir(fd) as entries:
                for entry in entries:
                    name = entry.name
                    if excluded is not None and excluded(path, name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        below.append(name)
                        continue
                    if seen:
                        try:
                            record = record_of(entry.stat(follow_symlinks=False))
                        except OSError:
                            continue  # gone in the meantime
                        if record in seen:
                            self.files += 1
                            self.cached += 1
                            records.append(record)
                            continue
                    if entry.is_file(follow_symlinks=False):
                        fresh = self._file(fd, name, path)
                        if fresh is not None:
                            records.append(fresh)
                    elif not entry.is_symlink():
                        self._skip_special(entry, path)
        except OSError as error:
            self.visitor.skip(path, why_not(error))
            return below
        if self.remember:
            joined = b"".join(records)
            if joined != before and (joined or before):
                self.clean[key] = joined
        return below

    def _skip_special(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            why = why_not_regular(entry.stat(follow_symlinks=False).st_mode)
        except OSError:
            return
        self.visitor.skip(f"{path}/{entry.name}", why or "changed its kind while read")

    def _file(self, folder: int, name: str, path: str) -> bytes | None:
        """Scan one file of an open folder. Its record, if it is clean and may be remembered."""
        try:
            fd = os.open(name, OPEN_FLAGS, dir_fd=folder)
        except OSError as error:
            self.visitor.skip(f"{path}/{name}", why_not(error))
            return None
        try:
            return self.descriptor(fd, f"{path}/{name}" if path != "/" else f"/{name}")
        except OSError as error:
            self.visitor.skip(f"{path}/{name}", why_not(error))
            return None
        finally:
            os.close(fd)

    def descriptor(self, fd: int, path: str) -> bytes | None:
        """Scan the open file `fd`, called `path`. Its record, if it is clean and may be remembered."""
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            self.visitor.skip(path, why_not_regular(info.st_mode) or "changed its kind while read")
            return None
        if self.max_size and info.st_size > self.max_size:
            self.visitor.skip(path, f"larger than {self.max_size} bytes")
            return None
        self.files += 1
        buffer = self.buffer
        got = os.readv(fd, [buffer])
        self.size += got
        if got < len(buffer) and got >= info.st_size:
            view = memoryview(buffer)[:got]
            mask = self.scan(view) if got else 0
        else:
            mask = self._scan_windows(fd)
        if mask or (got and self._is_special(buffer, got)):
            os.lseek(fd, 0, os.SEEK_SET)
            if not self.visitor.examine(path, fd, info, mask):
                return None
        return record_of(info) if info.st_ctime_ns < self._fresh else None

    def _is_special(self, buffer: bytearray, got: int) -> bool:
        """Packed or written in wide characters, so that a plain scan saw nothing."""
        if buffer[0] in _PACKED or buffer.find(0, 0, min(got, 512)) >= 0:
            return self.is_packed(bytes(buffer[: min(got, 1024)]))
        return False

    def _scan_windows(self, fd: int) -> int:
        """The engine's verdict on a file larger than the buffer."""
        os.lseek(fd, 0, os.SEEK_SET)
        mask = 0
        for window in windows(fd, self.buffer):
            mask |= self.scan(window.data)
            if window.offset:
                self.size += len(window.data)
        return mask


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
