"""From the name of a place to the file it really is: links followed by hand, never across owners; read by descriptor.

What is returned stays open nowhere: a rewrite opens the folder again and checks that the file is still the same one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from keywatch.errors import PlaceRefusedError
from keywatch.move import spool
from keywatch.move.base import How
from keywatch.move.draft import Original
from keywatch.places.disk import mount_of, read_mounts

#: as the kernel's own limit on links in one path (path_resolution(7))
_MOST_LINKS = 40
MOST_BYTES = 16 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: where neither an exchange of two files nor the overwriting of an old one can be relied on
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.rclone", "davfs"})


@dataclass(frozen=True, slots=True)
class Spot:
    """An open folder and the name of a file in it; `path` is where that is, links resolved."""

    folder: int
    name: str
    path: str


@contextmanager
def open_spot(path: str, owner: int | None = None) -> Iterator[Spot]:
    """The folder that holds the file `path` leads to, opened without following a link of a third party.

    A link is followed when it belongs to root, to whoever runs this, or to `owner` (for whom the move is), and the
    file itself is never a link. `FileNotFoundError` when a folder is missing, `PlaceRefusedError` for a wrong link.
    """
    trusted = {0, os.geteuid()} | ({owner} if owner is not None else set())
    steps = [step for step in os.path.abspath(path).split("/") if step]
    if not steps:
        raise PlaceRefusedError(f"{path}: this is a folder")
    opened = [os.open("/", _FOLDER)]
    at: list[str] = []
    links = 0
    try:
        while True:
            step = steps.pop(0)
            if step in (".", ""):
                continue
            if step == "..":
                if len(opened) > 1:
                    os.close(opened.pop())
                    at.pop()
                continue
            try:
                info = os.stat(step, dir_fd=opened[-1], follow_symlinks=False)
            except FileNotFoundError:
                if steps:
                    raise
                info = None
            if info is not None and stat.S_ISLNK(info.st_mode):
                links += 1
                _check_link(info, "/" + "/".join([*at, step]), trusted, links)
                target = os.readlink(step, dir_fd=opened[-1])
                if target.startswith("/"):
                    while len(opened) > 1:
                        os.close(opened.pop())
                    at = []
                steps = [part for part in target.split("/") if part] + steps
                if not steps:
                    raise PlaceRefusedError(f"{path}: leads to a folder")
            elif not steps:
                yield Spot(opened[-1], step, "/" + "/".join([*at, step]))
                return
            else:
                opened.append(os.open(step, _FOLDER, dir_fd=opened[-1]))
                at.append(step)
    finally:
        for fd in opened:
            os.close(fd)


def _check_link(info: os.stat_result, path: str, trusted: set[int], links: int) -> None:
    if info.st_uid not in trusted:
        raise PlaceRefusedError(f"{path}: a link that somebody else made is not followed: name the file itself")
    if links > _MOST_LINKS:
        raise PlaceRefusedError(f"{path}: too many links (os: {os.strerror(errno.ELOOP)})")


def read_place(path: str, owner: int | None = None) -> Original | None:
    """A file as a move sees it, or None where there is none. `PlaceRefusedError` for what is never rewritten."""
    if user := spool.user_of(path):
        content = spool.read(user)
        return None if content is None else Original(path, content, (0, 0, len(content), 0), How.CRONTAB, user)
    try:
        with open_spot(path, owner) as spot:
            try:
                fd = os.open(spot.name, _FILE, dir_fd=spot.folder)
            except FileNotFoundError:
                return None
            try:
                return _read(fd, spot)
            finally:
                os.close(fd)
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise PlaceRefusedError(f"{path}: part of this path is no folder") from None
    except OSError as error:
        raise PlaceRefusedError(f"{path}: can't be read: {error.strerror}") from None


def _read(fd: int, spot: Spot) -> Original:
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        raise PlaceRefusedError(f"{spot.path}: not a regular file: nothing there is rewritten")
    if info.st_size > MOST_BYTES:
        raise PlaceRefusedError(f"{spot.path}: larger than {MOST_BYTES >> 20} MiB: change it by hand")
    pieces = []
    size = 0
    while piece := os.read(fd, 1 << 20):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise PlaceRefusedError(f"{spot.path}: grows while it is read: try again when nothing writes it")
    return Original(spot.path, b"".join(pieces), identify(info))


def identify(info: os.stat_result) -> tuple[int, int, int, int]:
    """What tells a file from another one, and from itself after a change."""
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)


def check_writable(path: str, owner: int | None = None) -> None:
    """Whether this account could rewrite the file at `path`. `PlaceRefusedError` says why not; nothing is changed."""
    try:
        with open_spot(path, owner) as spot:
            info = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False)
            _check_file_system(spot, info)
            if os.geteuid() != 0 and info.st_uid != os.geteuid():
                raise PlaceRefusedError(f"{path}: belongs to another account: let that account, or root, move it")
            # of the mount, not of the mode: root passes the second, nobody the first
            os.close(os.open(spot.name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=spot.folder))
    except PermissionError:
        raise PlaceRefusedError(
            f"{path}: can't be written: it is write-protected or immutable (chmod u+w, chattr -i), then try again"
        ) from None
    except OSError as error:
        hint = " (mounted read-only)" if error.errno == errno.EROFS else ""
        raise PlaceRefusedError(f"{path}: can't be written: {error.strerror}{hint}") from None


def _check_file_system(spot: Spot, info: os.stat_result) -> None:
    mount = mount_of(read_mounts(), os.path.dirname(spot.path), info.st_dev)
    if mount is not None and mount.type in _REMOTE:
        raise PlaceRefusedError(
            f"{spot.path}: on a network file system ({mount.type}): move it on the machine that has the disk"
        )
