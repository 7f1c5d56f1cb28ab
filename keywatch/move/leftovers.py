"""Where a moved key may still be read: copies that editors leave beside a file, git's history, old blocks of a disk.

Opens regular files of the file's own folder for reading, no links, nothing large; changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keywatch.model import Secret
from keywatch.places.disk import mount_of, read_mounts
from keywatch.places.git import Git

#: what editors and package tools call their copies of NAME
_PATTERNS = (
    "{}~", ".{}~", "{}.bak", "{}.orig", "{}.old", "{}.save", "{}.backup", "{}.tmp", "{}.rej",  # of all kinds
    ".{}.swp", ".{}.swo", ".{}.swn", ".{}.un~", "#{}#", ".#{}",  # vim, emacs
    "{}.dpkg-old", "{}.dpkg-dist", "{}.dpkg-bak", "{}.ucf-old", "{}.ucf-dist", "{}.rpmsave", "{}.rpmorig", "{}.pacsave",
)  # fmt: skip
#: folders below the home where editors keep copies under the file's whole path
_FOLDERS = (
    ".vim/undo", ".vim/undodir", ".vim/swap", ".vim/backup", ".vim/tmp", ".vimundo", ".local/state/vim/undo",
    ".local/state/nvim/undo", ".local/state/nvim/swap", ".local/state/nvim/backup", ".local/share/nvim/swap",
    ".local/share/nvim/undo", ".emacs.d/backups", ".emacs.d/auto-save-list", ".local/share/nano",
)  # fmt: skip
_MOST = 16 << 20
_MOST_FILES = 400
#: file systems that write changed blocks elsewhere and let the old ones lie
_COPYING = {"btrfs": "btrfs", "zfs": "ZFS", "bcachefs": "bcachefs", "nilfs2": "NILFS", "f2fs": "F2FS", "apfs": "APFS"}


@dataclass(frozen=True, slots=True)
class Remains:
    """What stays after a move of one file: copies with the key in them, and a sentence on each thing out of reach."""

    copies: tuple[str, ...]
    words: tuple[str, ...]


def find_remains(path: str, home: str, secrets: Sequence[Secret], git: Git) -> Remains:
    """What of `secrets` a rewriting of `path` will not reach. `path` is the real one, `home` its owner's."""
    words = []
    answer = git.of(path)
    if answer == "pushed":
        words.append("git has pushed this file: every clone keeps the key in its history, so rotate it")
    elif answer == "tracked":
        words.append(
            "git tracks this file: its history keeps the key until it is rewritten (git filter-repo), or rotate"
        )
    if why := _old_blocks(path):
        words.append(why)
    return Remains(tuple(_copies(path, home, secrets)), tuple(words))


def _copies(path: str, home: str, secrets: Sequence[Secret]) -> Iterator[str]:
    folder, name = os.path.split(path)
    wanted = [secret.expose() for secret in secrets]
    names = {pattern.format(name) for pattern in _PATTERNS}
    seen = 0
    for entry in _entries(folder):
        numbered = entry.startswith((f"{name}.~", f"{name}.bak", f"{name}.20")) and entry != name  # emacs, dates
        if (entry in names or numbered) and seen < _MOST_FILES:
            seen += 1
            if _holds(os.path.join(folder, entry), wanted):
                yield os.path.join(folder, entry)
    whole = {path.replace("/", sign) for sign in ("%", "!")}
    for place in _FOLDERS:
        below = os.path.join(home, place)
        for entry in _entries(below):
            if any(entry.startswith(each) for each in whole) and seen < _MOST_FILES:
                seen += 1
                if _holds(os.path.join(below, entry), wanted):
                    yield os.path.join(below, entry)


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _holds(path: str, wanted: Sequence[bytes]) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode) or info.st_size > _MOST:
            return False
        content = b"".join(iter(lambda: os.read(fd, 1 << 20), b""))
    except OSError:
        return False
    finally:
        os.close(fd)
    return any(value in content for value in wanted)


def _old_blocks(path: str) -> str:
    """One sentence where overwriting a file does not overwrite what lay on the disk."""
    folder = os.path.dirname(path)
    try:
        device = os.stat(folder).st_dev
    except OSError:
        return ""
    mount = mount_of(read_mounts(), folder, device)
    if mount is None:
        return ""
    if mount.type in _COPYING:
        name = _COPYING[mount.type]
        return (
            f"{name} writes changes elsewhere: old blocks and snapshots keep the key until they are reused: rotate it"
        )
    if _is_flash(device):
        return (
            "the disk has no moving parts: it may keep old blocks for a while, and backups their copies: rotate the key"
        )
    return ""


def _is_flash(device: int) -> bool:
    number = f"{os.major(device)}:{os.minor(device)}"
    for below in ("queue", "../queue"):
        try:
            with open(f"/sys/dev/block/{number}/{below}/rotational", "rb") as file:
                return file.read(1) == b"0"
        except OSError:
            continue
    return False
