"""Putting a new text in a file's place without losing an edit, and wiping the old one (MOVES.md, "Rewriting").

A rewrite is two calls: `swap` exchanges the file with a new one beside it and looks at what was displaced; `wipe`
overwrites and removes the displaced file once all is verified. Between them `swap_back` restores the very file that
stood there. Where an exchange is not possible (hard links, mount points, file systems without it) the new text is kept
beside the file until it has been copied in: see `Mode`. Nothing here knows of vaults or journals.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keywatch.errors import ConcurrentEditError, PlaceRefusedError
from keywatch.move.exchange import exchange_names
from keywatch.move.locate import MOST_BYTES, Spot, open_spot

#: how long a program may keep a file open for writing before the move gives up on it, in seconds: short, because its
#: readers see the new text meanwhile
PATIENCE = 0.3
#: the same for our own text that was taken back: nobody sees it any more, so a program may take its time to save
LONG_PATIENCE = 5.0
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_EXCHANGE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EBUSY, errno.EXDEV})
#: extended attributes that the kernel keeps by itself, or that only a security module may set
_SYSTEM_ATTRIBUTES = ("security.", "trusted.")

Digest = Callable[[bytes], str]


class Mode(enum.StrEnum):
    """How a file is replaced. `IN_PLACE` keeps the inode: for hard links, and where nothing can be exchanged."""

    EXCHANGE = "exchange"
    IN_PLACE = "in-place"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One file to be rewritten: what stands there and what shall, by keyed digest; `temp` is a name beside it."""

    path: str
    temp: str
    old: str
    new: str
    owner: int | None = None


def choose_mode(path: str, owner: int | None = None) -> Mode:
    """How the file at `path` can be replaced."""
    with open_spot(path, owner) as spot:
        info = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False)
        if info.st_nlink > 1 or os.path.ismount(spot.path):
            return Mode.IN_PLACE
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=spot.folder, effective_ids=True):
            return Mode.IN_PLACE
        return Mode.EXCHANGE


def write_beside(rewrite: Rewrite, content: bytes) -> None:
    """Write the new text beside the file, with the file's owner, mode and attributes, durably."""
    with _spot(rewrite) as spot:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(rewrite.temp, dir_fd=spot.folder)
        old = os.open(spot.name, _READ, dir_fd=spot.folder)
        try:
            fd = os.open(rewrite.temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _READ, 0o600, dir_fd=spot.folder)
            try:
                _write_all(fd, content)
                _copy_metadata(old, fd)
                os.fsync(fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(rewrite.temp, dir_fd=spot.folder)
                raise
            finally:
                os.close(fd)
        finally:
            os.close(old)


def swap(rewrite: Rewrite, digest: Digest) -> None:
    """Exchange the file with the text beside it. Afterwards the old file lies beside, under the temporary name.

    `ConcurrentEditError` when what was displaced is not what the plan saw, or somebody has it open for writing: then it
    stands in its place again. `OSError` with `can_exchange` False where the file system has no exchange.
    """
    with _spot(rewrite) as spot:
        _compare(spot, spot.name, rewrite.old, digest)
        times = os.stat(spot.folder)
        exchange_names(spot.folder, rewrite.temp, spot.name)
        try:
            _settle(spot, rewrite, digest)  # at once: until then readers see a text that may lack the last edit
            _sync_folder(spot)
        except ConcurrentEditError:
            _give_back(spot, rewrite, digest)
            raise
        finally:
            _keep_times(spot, times)


def can_exchange(error: OSError) -> bool:
    """False when the error says that two files can't be exchanged here."""
    return error.errno not in _NO_EXCHANGE


def swap_back(rewrite: Rewrite, digest: Digest) -> None:
    """Put the displaced file, which lies under the temporary name, into its place again."""
    with _spot(rewrite) as spot:
        _give_back(spot, rewrite, digest)


def overwrite(rewrite: Rewrite, digest: Digest, content: bytes, *, again: bool = False) -> None:
    """Copy `content` into the file itself, keeping its inode. `again` when an earlier try may have got half way."""
    with _spot(rewrite) as spot:
        if not again:
            _compare(spot, spot.name, rewrite.old, digest)
        fd = os.open(spot.name, _WRITE, dir_fd=spot.folder)
        try:
            length = os.fstat(fd).st_size
            padded = content + b"\0" * max(0, length - len(content))
            at = 0
            while at < len(padded):
                at += os.pwrite(fd, padded[at : at + (1 << 20)], at)
            os.fsync(fd)
            os.ftruncate(fd, len(content))
            os.fsync(fd)
        finally:
            os.close(fd)


def wipe(rewrite: Rewrite, *, scrub: bool) -> bool:
    """Remove what lies beside under the temporary name; with `scrub` its bytes are overwritten first.

    Returns False when a byte of it may live on: the file has another name, or the file system does not overwrite.
    """
    with _spot(rewrite) as spot:
        try:
            fd = os.open(rewrite.temp, _WRITE if scrub else _READ, dir_fd=spot.folder)
        except FileNotFoundError:
            return True
        times = os.stat(spot.folder)
        try:
            info = os.fstat(fd)
            sole = info.st_nlink == 1
            if scrub and sole:
                _zero(fd, info.st_size)
            os.unlink(rewrite.temp, dir_fd=spot.folder)
            _sync_folder(spot)
        finally:
            os.close(fd)
        _keep_times(spot, times)
        return sole


def create(path: str, temp: str, content: bytes, mode: int, owner: tuple[int, int], folders: int) -> None:
    """Make a new file with these bytes, durably and at once; `folders` is the mode of folders that are missing.

    `ConcurrentEditError` when there is a file of that name by now.
    """
    make_folders(os.path.dirname(path), folders, owner)
    with open_spot(path, owner[0]) as spot:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temp, dir_fd=spot.folder)
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _READ, 0o600, dir_fd=spot.folder)
        try:
            _write_all(fd, content)
            if os.geteuid() == 0:
                os.fchown(fd, *owner)
            os.fchmod(fd, mode)
            os.fsync(fd)
            try:
                os.link(temp, spot.name, src_dir_fd=spot.folder, dst_dir_fd=spot.folder, follow_symlinks=False)
            except FileExistsError:
                raise ConcurrentEditError(f"{path}: somebody made this file meanwhile: try again") from None
        finally:
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(temp, dir_fd=spot.folder)
        _sync_folder(spot)


def remove(path: str, owner: int | None = None) -> None:
    """Remove a file that a move had made; no error when it is gone."""
    with contextlib.suppress(FileNotFoundError), open_spot(path, owner) as spot:
        os.unlink(spot.name, dir_fd=spot.folder)
        _sync_folder(spot)


def make_folders(path: str, mode: int, owner: tuple[int, int]) -> None:
    """Make `path` and the folders above it that are missing."""
    missing = []
    at = path
    while not os.path.isdir(at):
        missing.append(at)
        at = os.path.dirname(at)
    for folder in reversed(missing):
        with open_spot(folder, owner[0]) as spot:
            with contextlib.suppress(FileExistsError):
                os.mkdir(spot.name, mode, dir_fd=spot.folder)
                os.chmod(spot.name, mode, dir_fd=spot.folder)
                if os.geteuid() == 0:
                    os.chown(spot.name, *owner, dir_fd=spot.folder, follow_symlinks=False)
            _sync_folder(spot)


def read_named(rewrite: Rewrite, *, beside: bool = False) -> bytes | None:
    """The bytes of the file, or of what lies beside it; None where there is none."""
    try:
        with _spot(rewrite) as spot:
            return _read(spot, rewrite.temp if beside else spot.name)
    except FileNotFoundError:
        return None


# -- details -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _spot(rewrite: Rewrite) -> Iterator[Spot]:
    with open_spot(rewrite.path, rewrite.owner) as spot:
        yield spot


def _read(spot: Spot, name: str) -> bytes:
    fd = os.open(name, _READ, dir_fd=spot.folder)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise PlaceRefusedError(f"{spot.path}: no regular file any more")
        pieces = []
        while piece := os.read(fd, MOST_BYTES):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(fd)


def _compare(spot: Spot, name: str, expected: str, digest: Digest) -> None:
    try:
        content = _read(spot, name)
    except FileNotFoundError:
        raise ConcurrentEditError(f"{spot.path}: was removed meanwhile: nothing was changed") from None
    if digest(content) != expected:
        raise ConcurrentEditError(f"{spot.path}: was changed by another program meanwhile: look at it, and try again")


def _settle(spot: Spot, rewrite: Rewrite, digest: Digest) -> None:
    """The displaced file must be the one that was planned for, and nobody may still be writing it.

    A program that opened it before the exchange could write after this look. A read lease is granted only while
    nobody has a file open for writing (fcntl(2)), and nobody can open it by its old name any more.
    """
    fd = os.open(rewrite.temp, _READ, dir_fd=spot.folder)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _unwritten(fd):
            if time.monotonic() > deadline:
                raise ConcurrentEditError(
                    f"{spot.path}: a program keeps it open for writing: end that program, and try again"
                )
            time.sleep(0.02)
    finally:
        os.close(fd)
    _compare(spot, rewrite.temp, rewrite.old, digest)


def _unwritten(fd: int) -> bool:
    """True when nobody has the file open for writing, or where that can't be told."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return True
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno != errno.EAGAIN
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True


def _give_back(spot: Spot, rewrite: Rewrite, digest: Digest) -> None:
    """Exchange again. What somebody appended to ours meanwhile is appended to theirs; any other edit is kept beside."""
    ours = _read(spot, spot.name)
    exchange_names(spot.folder, rewrite.temp, spot.name)
    _sync_folder(spot)
    deadline = time.monotonic() + LONG_PATIENCE
    fd = os.open(rewrite.temp, _READ, dir_fd=spot.folder)
    try:
        while not (unwritten := _unwritten(fd)) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        os.close(fd)
    now = _read(spot, rewrite.temp)
    if not unwritten or digest(now) != rewrite.new:
        whole = ours if digest(ours) == rewrite.new else b""
        if not unwritten or not whole or not now.startswith(whole):
            kept = _keep_beside(spot, rewrite.temp)
            raise ConcurrentEditError(
                f"{spot.path}: two programs changed it at once: one text stands there, the other in {kept}: merge them"
            )
        _append(spot, now[len(whole) :])
    os.unlink(rewrite.temp, dir_fd=spot.folder)
    _sync_folder(spot)


def _keep_beside(spot: Spot, temp: str) -> str:
    """Give what lies under the temporary name one that stays, and that no earlier text has."""
    for number in range(1, 1000):
        kept = f"{spot.name}.keywatch-saved" + (f"-{number}" if number > 1 else "")
        try:
            os.link(temp, kept, src_dir_fd=spot.folder, dst_dir_fd=spot.folder, follow_symlinks=False)
        except FileExistsError:
            continue
        except OSError:  # no hard links here
            kept = f"{spot.name}.keywatch-saved-{os.urandom(4).hex()}"
            os.rename(temp, kept, src_dir_fd=spot.folder, dst_dir_fd=spot.folder)
        else:
            os.unlink(temp, dir_fd=spot.folder)
        _sync_folder(spot)
        return kept
    raise ConcurrentEditError(f"{spot.path}: other programs change it all the time; the other text lies in {temp}")


def _append(spot: Spot, more: bytes) -> None:
    fd = os.open(spot.name, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=spot.folder)
    try:
        _write_all(fd, more)
        os.fsync(fd)
    finally:
        os.close(fd)


def _copy_metadata(old: int, new: int) -> None:
    """Owner, mode, access list and other attributes. `PlaceRefusedError` where they can't be kept."""
    info = os.fstat(old)
    mine = os.fstat(new)
    if (info.st_uid, info.st_gid) != (mine.st_uid, mine.st_gid):
        try:
            os.fchown(new, info.st_uid, info.st_gid)
        except PermissionError:
            raise PlaceRefusedError("the file's owner and group can't be kept by this account: run as root") from None
    os.fchmod(new, stat.S_IMODE(info.st_mode))
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(old)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.EOPNOTSUPP):
            return
        raise
    for name in names:
        value = os.getxattr(old, name)
        try:
            os.setxattr(new, name, value)
        except OSError:
            if not name.startswith(_SYSTEM_ATTRIBUTES):
                raise


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def _zero(fd: int, size: int) -> None:
    at = 0
    blank = b"\0" * min(size, 1 << 20)
    while at < size:
        at += os.pwrite(fd, blank[: size - at], at)
    os.fsync(fd)


def _sync_folder(spot: Spot) -> None:
    os.fsync(spot.folder)


def _keep_times(spot: Spot, times: os.stat_result) -> None:
    """A folder in which nothing was added or removed keeps its time of change, where it is ours to set."""
    with contextlib.suppress(OSError):
        os.utime(spot.folder, ns=(times.st_atime_ns, times.st_mtime_ns))
