"""What the machine tells of a place without opening it: who can read it, what it lies on, where copies of it go.

`Exposures` serves one sweep and keeps what it learned of each folder and device, since findings come in clusters. It
reads metadata only, follows no link out of curiosity, asks no network, and leaves unsaid what it can't tell.
"""

from __future__ import annotations

import os
import stat
import struct
from typing import Literal, Protocol

from keywatch.model import Exposure
from keywatch.paths import real_path
from keywatch.places.disk import Disk, Mount, find_disk, fscrypted, read_mounts
from keywatch.places.git import Git
from keywatch.places.read import reads_everything
from keywatch.places.server import find_server
from keywatch.places.synced import MOUNT_TYPES, configured, marked, named

Readers = Literal["", "group", "everyone"]

#: linux/posix_acl_xattr.h: a version, then (tag, permissions, id) for each entry
_ACL_VERSION = 2
_ACL_USER, _ACL_GROUP_OBJ, _ACL_GROUP, _ACL_MASK = 0x02, 0x04, 0x08, 0x10
_READ, _SEARCH = 4, 1
_MAX_LEVELS = 64


class FileFacts(Protocol):
    """What is needed of a file's stat: an `os.stat_result` has it, and so may anything that was kept of one."""

    @property
    def st_mode(self) -> int: ...
    @property
    def st_uid(self) -> int: ...
    @property
    def st_gid(self) -> int: ...
    @property
    def st_dev(self) -> int: ...
    @property
    def st_mtime(self) -> float: ...


class Exposures:
    """The exposures of one sweep. The roots are given by tests; `git` empty never starts git."""

    def __init__(
        self,
        sys_root: str = "/sys",
        mountinfo: str = "/proc/self/mountinfo",
        home: str | None = None,
        git: str = "git",
        uid: int | None = None,
    ) -> None:
        self._sys_root = sys_root
        self._mountinfo = mountinfo
        self._home = os.path.expanduser("~") if home is None else home
        self._uid = (0 if reads_everything() else os.geteuid()) if uid is None else uid
        self._git = Git(git, self._uid)
        self._server: str | None = None
        self._mounts: tuple[Mount, ...] | None = None
        self._disks: dict[str, Disk] = {}
        self._synced: dict[str, str] = {}
        self._real: dict[str, str] = {}
        self._stats: dict[str, os.stat_result | None] = {}
        self._users: dict[int, str] = {}
        self._homes: dict[int, str] = {}
        self._private: dict[tuple[int, int], bool] = {}
        self._configured: dict[str, dict[str, str]] = {}

    def machine(self) -> Exposure:
        """What is known of a place that is no file, such as standard input or a process: the machine alone."""
        return Exposure(server=self._find_server())

    def of(self, path: str, info: FileFacts) -> Exposure:
        """The exposure of the file `path`, whose stat is `info`. Never raises for what the file system holds."""
        folder = self._real_folder(os.path.dirname(os.path.abspath(path)))
        real = os.path.join(folder, os.path.basename(path))
        disk = self._disk(folder, info.st_dev)
        return Exposure(
            mode=stat.S_IMODE(info.st_mode),
            owner=self._user(info.st_uid),
            foreign_owner=self._foreign(folder, info),
            encrypted=disk.encrypted,
            device=disk.device,
            git=self._git.of(real),
            synced=MOUNT_TYPES.get(disk.type) or self._find_synced(folder, info.st_uid),
            server=self._find_server(),
            modified=info.st_mtime,
            readable_by=self._readers(real, folder, info),
        )

    def _real_folder(self, folder: str) -> str:
        if folder not in self._real:
            try:
                self._real[folder] = real_path(folder)
            except (OSError, ValueError):
                self._real[folder] = folder
        return self._real[folder]

    def _stat(self, folder: str) -> os.stat_result | None:
        if folder not in self._stats:
            try:
                self._stats[folder] = os.stat(folder)
            except (OSError, ValueError):
                self._stats[folder] = None
        return self._stats[folder]

    # who

    def _user(self, uid: int) -> str:
        if uid not in self._users:
            import pwd

            try:
                entry = pwd.getpwuid(uid)
                self._users[uid], self._homes[uid] = entry.pw_name, entry.pw_dir
            except (KeyError, OverflowError):
                self._users[uid], self._homes[uid] = f"uid {uid}", ""
        return self._users[uid]

    def _foreign(self, folder: str, info: FileFacts) -> bool:
        """Owned by another account than who sweeps (for root: than its folder's owner). root itself is no stranger."""
        rightful = self._uid
        if rightful == 0:
            above = self._stat(folder)
            rightful = info.st_uid if above is None or above.st_uid == 0 else above.st_uid
        return info.st_uid not in (rightful, 0)

    def _readers(self, path: str, folder: str, info: FileFacts) -> Readers:
        """Who else can read the file, by its mode and access list, and by who can get through the folders above."""
        if not info.st_mode & 0o044:
            return ""  # the mode's group bits are the access list's mask, so no list can give what they withhold
        everyone = bool(info.st_mode & 0o004)
        if not everyone and not self._shared(path, info, _READ):
            return ""
        passage = self._passage(folder)
        if everyone and passage == "everyone":
            return "everyone"
        return "group" if passage else ""

    def _shared(self, path: str, info: FileFacts, permission: int) -> bool:
        """True when the group bits, or an access list behind them, let another account in."""
        if not info.st_mode & permission << 3:
            return False
        listed, group = _read_acl(path, permission) or (False, True)
        return listed or (group and not self._private_group(info.st_gid, info.st_uid))

    def _passage(self, folder: str) -> Readers:
        """Who can get through `folder` and all above it: everyone, some group, or only its owner."""
        passage: Readers = "everyone"
        for _ in range(_MAX_LEVELS):
            info = self._stat(folder)
            if info is None:
                return ""
            if not info.st_mode & 0o001:
                if not self._shared(folder, info, _SEARCH):
                    return ""
                passage = "group"
            above = os.path.dirname(folder)
            if above == folder:
                break
            folder = above
        return passage

    def _private_group(self, gid: int, uid: int) -> bool:
        """A group of one: root's own, or named as its owner and with no other member (Debian's and Fedora's custom)."""
        if (gid, uid) not in self._private:
            import grp

            try:
                group = grp.getgrgid(gid)
                members = {member for member in group.gr_mem if member != group.gr_name}
                alone = not members and group.gr_name == self._user(uid)
            except (KeyError, OverflowError):
                alone = False
            self._private[gid, uid] = alone
        return self._private[gid, uid]

    # where

    def _disk(self, folder: str, device: int) -> Disk:
        """Once for each folder: fscrypt encrypts folder by folder."""
        if folder not in self._disks:
            if self._mounts is None:
                self._mounts = read_mounts(self._mountinfo)
            disk = find_disk(self._mounts, folder, device, self._sys_root)
            if disk.encrypted is False and fscrypted(folder, disk.type):
                disk = Disk(encrypted=True, device=disk.device, type=disk.type)
            self._disks[folder] = disk
        return self._disks[folder]

    def _find_server(self) -> str:
        if self._server is None:
            self._server = find_server(self._sys_root)
        return self._server

    def _find_synced(self, folder: str, uid: int) -> str:
        self._user(uid)
        homes = {self._home, self._homes.get(uid, "")} - {"", "/"}
        asked: list[str] = []
        client = ""
        for _ in range(_MAX_LEVELS):
            if folder in self._synced:
                client = self._synced[folder]
                break
            asked.append(folder)
            client = marked(folder) or next(filter(None, (self._by_home(folder, home) for home in homes)), "")
            above = os.path.dirname(folder)
            if client or above == folder:
                break
            folder = above
        self._synced.update(dict.fromkeys(asked, client))
        return client

    def _by_home(self, folder: str, home: str) -> str:
        if home not in self._configured:
            self._configured[home] = configured(home)
        return self._configured[home].get(folder) or named(folder, home)


def _read_acl(path: str, permission: int) -> tuple[bool, bool] | None:
    """As `parse_acl`, of a file; None when it has no access list."""
    try:
        return parse_acl(os.getxattr(path, "system.posix_acl_access"), permission)
    except (OSError, ValueError, AttributeError):  # macOS has no getxattr
        return None


def parse_acl(value: bytes, permission: int = _READ) -> tuple[bool, bool] | None:
    """Whether a posix_acl_access value gives `permission` to somebody it names, and to the file's own group.

    None when it is malformed.
    """
    if len(value) < 4 or len(value) % 8 != 4 or struct.unpack_from("<I", value)[0] != _ACL_VERSION:
        return None
    entries = list(struct.iter_unpack("<HHI", value[4:]))
    mask = next((bits for tag, bits, _ in entries if tag == _ACL_MASK), 7)
    given = {tag for tag, bits, _ in entries if bits & mask & permission}
    return bool(given & {_ACL_USER, _ACL_GROUP}), _ACL_GROUP_OBJ in given
