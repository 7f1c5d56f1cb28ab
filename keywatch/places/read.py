"""Reading a file that may be anything: by descriptor, without following its last link, bounded in time and memory.

Files come in windows that overlap, so that a file of any size costs the same memory and no key is cut in two; holes of
sparse files are jumped over. Never waits on a FIFO or a device, never reads what is not a regular file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: bytes looked at in one go
WINDOW = 4 << 20
#: bytes shared by two windows: longer than any key with its name
OVERLAP = 64 << 10


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes of a file from `offset`. `data` is valid until the next window is asked for."""

    offset: int
    data: memoryview


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


def windows(fd: int, buffer: bytearray) -> Iterator[Window]:
    """The file of `fd` from its current offset, window by window; `buffer` holds one and is used again and again."""
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
            yield Window(offset - kept, view[:filled])
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


def open_place(path: str, owner_home: str = "") -> int:
    """Open a file by its well-known name, links included, as its consumer would.

    Root follows a user's link only to what that same user owns: `owner_home` is that user's home. Raises `OSError`.
    """
    fd = os.open(path, (OPEN_FLAGS & ~os.O_NOFOLLOW))
    try:
        if owner_home and os.geteuid() == 0 and os.path.realpath(path) != os.path.abspath(path):
            _check_owner(fd, os.stat(owner_home).st_uid)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _check_owner(fd: int, owner: int) -> None:
    if os.fstat(fd).st_uid != owner:
        raise OSError(errno.EPERM, "a link to what its owner does not own")
