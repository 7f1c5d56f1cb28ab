"""Reading a file that may be anything: by descriptor, without following its last link, bounded in time and memory.

Files come in windows that overlap, so that a file of any size costs the same memory and no key is cut in two; holes of
sparse files are jumped over. Never waits on a FIFO or a device, never reads what is not a regular file.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import stat
from collections.abc import Iterator
from functools import cache

OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: linux/capability.h
_CAP_DAC_READ_SEARCH = 2
#: as many links as the kernel follows
_MOST_LINKS = 40
#: bytes looked at in one go
WINDOW = 4 << 20
#: bytes shared by two windows: longer than any key with its name
OVERLAP = 64 << 10


def why_not(error: OSError) -> str:
    """The reason, in words, that a file could not be read."""
    if error.errno == errno.ELOOP:
        return "symbolic link"
    return (error.strerror or "unreadable").lower()


def why_not_regular(mode: int) -> str | None:
    """What a file is instead of a regular one; None for a regular one."""
    if stat.S_ISREG(mode):
        return None
    for test, name in (
        (stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "fifo"), (stat.S_ISSOCK, "socket"), (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"), (stat.S_ISLNK, "symbolic link"),
    ):  # fmt: skip
        if test(mode):
            return name
    return "not a regular file"


def page_aligned(size: int) -> mmap.mmap:
    """A buffer of this process's own that begins with a page.

    Large ones of `malloc` begin 16 bytes later, and the `rep movsb` of AMD's processors, by which Linux copies what is
    read, is slow there: 0.65 s and 0.43 s for 600 MB in 45,000 files (scripts/bench/sweep.py's tree).
    """
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def windows(fd: int, buffer: bytearray | mmap.mmap) -> Iterator[tuple[int, memoryview]]:
    """The file of `fd` from its current offset, window by window: where each begins, and its bytes.

    `buffer` holds one and is used again and again: the bytes are valid until the next window is asked for.
    """
    view = memoryview(buffer)
    size = len(buffer)
    kept = 0
    offset = os.lseek(fd, 0, os.SEEK_CUR)
    while True:
        filled = kept
        while filled < size:
            got = os.readv(fd, [view[filled:]])
            if not got:
                break
            filled += got
        if filled > kept or (offset == 0 and kept == 0 and filled):
            yield offset - kept, view[:filled]
        if filled < size:
            return
        offset += filled - kept
        kept = OVERLAP
        view[:kept] = view[size - kept : size]
        data = _next_data(fd, offset)
        if data is None:
            return
        if data > offset:
            offset, kept = data, 0


def _next_data(fd: int, offset: int) -> int | None:
    """The start of the next bytes that are not a hole; None where there are none."""
    try:
        data = os.lseek(fd, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        os.lseek(fd, offset, os.SEEK_SET)
        return offset
    return data


def open_place(path: str) -> int:
    """Open a file by its well-known name, links included, as its consumer would. Raises `OSError`.

    Whoever may read everything (root, the system's watcher) follows a person's link only to what that person owns, and
    goes step by step through open folders, so that nothing swapped meanwhile leads elsewhere.
    """
    flags = OPEN_FLAGS & ~os.O_NOFOLLOW
    return _open_step_by_step(path, flags) if reads_everything() else os.open(path, flags)


@cache
def reads_everything() -> bool:
    """True for root, and for a process with CAP_DAC_READ_SEARCH."""
    if os.geteuid() == 0:
        return True
    try:
        with open("/proc/self/status", "rb") as file:
            effective = re.search(rb"^CapEff:\s*([0-9a-f]+)$", file.read(), re.MULTILINE)
    except OSError:
        return False
    return effective is not None and bool(int(effective[1], 16) & 1 << _CAP_DAC_READ_SEARCH)


def _open_step_by_step(path: str, flags: int) -> int:
    """Open `path`, noting who owns each link on the way: any of them but root must own the file, too."""
    if not hasattr(os, "O_PATH"):
        return os.open(path, flags | os.O_NOFOLLOW)
    steps = [step for step in reversed(os.path.abspath(path).split("/")) if step]
    linkers: set[int] = set()
    links = 0
    folder = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        while steps:
            step = steps.pop()
            if step in ("", "."):
                continue
            at = os.open(step, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            info = os.fstat(at)
            if stat.S_ISLNK(info.st_mode):
                links += 1
                linkers.add(info.st_uid)
                try:
                    target = os.readlink("", dir_fd=at)
                finally:
                    os.close(at)
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, "too many links")
                steps += [each for each in reversed(target.split("/")) if each]
                if target.startswith("/"):
                    os.close(folder)
                    folder = os.open("/", os.O_PATH | os.O_CLOEXEC)
            elif steps or stat.S_ISDIR(info.st_mode):
                os.close(folder)
                folder = at
            else:
                try:
                    return _open_found(at, info, linkers, flags)
                finally:
                    os.close(at)
        raise OSError(errno.EISDIR, "is a folder")
    finally:
        os.close(folder)


def _open_found(at: int, info: os.stat_result, linkers: set[int], flags: int) -> int:
    """Open what was found, by its descriptor: no name is looked up again."""
    if linkers - {0, info.st_uid}:
        raise OSError(errno.EPERM, "a link to what its owner does not own")
    if why_not_regular(info.st_mode) is not None:  # an open of a device may do something
        raise OSError(errno.EINVAL, f"a {why_not_regular(info.st_mode)}")
    return os.open(f"/proc/self/fd/{at}", flags)
