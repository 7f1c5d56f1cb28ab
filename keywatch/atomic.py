"""Reading and replacing one of keywatch's own files whole: a reader sees the old or the new one, never a part.

A writer holds the file's lock, writes a temporary file beside it, syncs it, keeps the old file as `NAME.previous`,
renames the new one over the old and syncs the folder. Everything goes through the folder's descriptor, so that a
folder that is moved or swapped meanwhile is no danger. Never follows a symlink at the end of a path, never writes in
place, and never serves for a person's own files: their owners, modes and links are the business of move/.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

from keywatch.errors import FileBusyError, FileReadError, FileWriteError

PREVIOUS = ".previous"
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW
#: File systems without hard links answer link() with one of these (vfat, some FUSE and network ones).
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_HINTS = {
    errno.ENOSPC: "free some space there and try again",
    errno.EDQUOT: "free some of your quota and try again",
    errno.EROFS: "it lies on a read-only file system",
    errno.EACCES: "you lack the permission",
    errno.EPERM: "you lack the permission, or the file is immutable",
    errno.EIO: "the device reports an error: look at the kernel's log",
    errno.ELOOP: "it is a symlink: name the file that it points to",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder: `fd` is what is used, `path` is for messages."""

    fd: int
    path: str

    def name(self, name: str) -> str:
        """The path of a file in it, to show a person."""
        return os.path.join(self.path, name)


@contextlib.contextmanager
def open_folder(path: str) -> Iterator[Folder]:
    """The folder at `path`, open until the block ends. `FileReadError` when it can't be opened."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise FileReadError(_say(path, "can't be opened", error)) from None
    try:
        yield Folder(fd, path)
    finally:
        _close(fd)


@contextlib.contextmanager
def locked(folder: Folder, name: str, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold the writers' lock of `name` until the block ends; `FileBusyError` after `timeout` seconds of waiting.

    The lock is an flock on `.NAME.lock`, not on the file, which each write replaces; the kernel drops it with its
    holder. It excludes threads as well as processes.
    """
    try:
        fd = os.open(f".{name}.lock", os.O_RDWR | os.O_CREAT | _FLAGS, 0o600, dir_fd=folder.fd)
    except OSError as error:
        raise FileWriteError(_say(folder.name(name), "can't be locked", error)) from None
    try:
        with contextlib.suppress(OSError):
            os.fchmod(fd, 0o600)  # a umask may have made it unreadable for its own owner
        _wait(fd, folder.name(name), timeout)
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_UN)  # also where close() fails and leaves the descriptor open
        _close(fd)


def read(folder: Folder, name: str, *, limit: int) -> bytes | None:
    """The whole file, or None when there is none. `FileReadError` for no regular file, or one over `limit` bytes."""
    path = folder.name(name)
    try:
        # Without O_NONBLOCK a FIFO put there would hold the reader for ever.
        fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _FLAGS, dir_fd=folder.fd)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileReadError(_say(path, "can't be read", error)) from None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise FileReadError(f"{path}: can't be read: not a regular file")
        pieces: list[bytes] = []
        size = 0
        while piece := os.read(fd, min(limit + 1 - size, 1 << 20)):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise FileReadError(f"{path}: can't be read: over {limit} bytes, which no file of keywatch's has")
    except OSError as error:
        raise FileReadError(_say(path, "can't be read", error)) from None
    else:
        return b"".join(pieces)
    finally:
        _close(fd)


def replace(folder: Folder, name: str, content: bytes, *, keep_previous: bool = True, mode: int = 0o600) -> None:
    """Make `content` the file `name` durably. The caller holds `locked(folder, name)`.

    Its mode is for its owner alone unless another is given. With `keep_previous` the file that stood there stays as
    `NAME.previous`. `FileWriteError` when it can't be done; then the old file stands, unless the error says `replaced`.
    """
    path = folder.name(name)
    temp = _temporary(name)
    try:
        _remove_leftovers(folder, name)
        _write(folder, temp, content, mode)
        if keep_previous:
            _keep(folder, name)
        os.rename(temp, name, src_dir_fd=folder.fd, dst_dir_fd=folder.fd)
    except OSError as error:
        raise FileWriteError(_say(path, "can't be written", error, "; the old one is unchanged")) from None
    finally:
        _discard(folder, temp)
    try:
        os.fsync(folder.fd)
    except OSError as error:
        raise FileWriteError(_say(path, "was written, but may not survive a power cut", error), replaced=True) from None


def _wait(fd: int, path: str, timeout: float) -> None:
    """Take the flock. Polled with a random pause: flock() has no timeout, and a signal would be the whole process's."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise FileBusyError(
                    f"{path}: another keywatch has been writing it for {timeout:.0f} s: try again"
                ) from None
            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - a pause, no secret
        except OSError as error:
            raise FileWriteError(_say(path, "can't be locked", error)) from None
        else:
            return


def _write(folder: Folder, temp: str, content: bytes, mode: int = 0o600) -> None:
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600, dir_fd=folder.fd)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.fchmod(fd, mode)
        _sync(fd)
    finally:
        os.close(fd)


def _sync(fd: int) -> None:
    """fsync; on macOS the call that also empties the drive's own cache (man 2 fsync there)."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        fcntl.fcntl(fd, full)
    else:
        os.fsync(fd)


def _keep(folder: Folder, name: str) -> None:
    """Give the standing file a second name, `NAME.previous`, without a moment in which it has none."""
    old = _temporary(name)
    try:
        os.link(name, old, src_dir_fd=folder.fd, dst_dir_fd=folder.fd, follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _write(folder, old, _read_all(folder, name))
    try:
        os.rename(old, name + PREVIOUS, src_dir_fd=folder.fd, dst_dir_fd=folder.fd)
    finally:
        # rename() leaves both names when they are links to one file, as after a writer killed at this point (POSIX).
        _discard(folder, old)


def _read_all(folder: Folder, name: str) -> bytes:
    with os.fdopen(os.open(name, os.O_RDONLY | _FLAGS, dir_fd=folder.fd), "rb") as file:
        return file.read()


def _temporary(name: str) -> str:
    return f".{name}.{os.urandom(8).hex()}.tmp"


def _remove_leftovers(folder: Folder, name: str) -> None:
    """Remove what a killed writer left: whoever holds the lock knows that no other writer is at work."""
    pattern = re.compile(re.escape(f".{name}.") + r"[0-9a-f]{16}\.tmp")
    for entry in os.listdir(folder.fd):
        if pattern.fullmatch(entry):
            _discard(folder, entry)


def _close(fd: int) -> None:
    """Close what was only read or locked: nothing depends on whether that succeeds."""
    with contextlib.suppress(OSError):
        os.close(fd)


def _discard(folder: Folder, name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder.fd)


def _say(path: str, what: str, error: OSError, then: str = "") -> str:
    hint = _HINTS.get(error.errno or 0)
    return f"{path}: {what}: {error.strerror}{then}{': ' + hint if hint else ''}"
