"""Tells whether the disk that holds a file is encrypted by this system. Reads /proc and /sys only, and asks one ioctl.

True, False, or None for "can't be told from here": network and overlay mounts, memory, ZFS, anything but Linux. What a
drive or a hypervisor does by itself is never seen; swap is not looked at.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

#: file systems that are encrypted by what they are
_ENCRYPTED_TYPES = frozenset(
    {"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs", "fuse.veracrypt"}
)
#: file systems on a block device of this machine; of any other nothing is said
_DISK_TYPES = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "reiserfs", "bcachefs", "nilfs2"}
    | {"vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus", "ufs", "ubifs"}
)
#: those that fscrypt serves (Documentation/filesystems/fscrypt.rst)
_FSCRYPT_TYPES = frozenset({"ext4", "f2fs", "ubifs"})
#: linux/fs.h: _IOR('f', 1, long) on 64-bit machines, and the flag that says a folder or file is encrypted
_FS_IOC_GETFLAGS = 0x80086601
_FS_ENCRYPT_FL = 0x00000800
_MAX_DEPTH = 16
_MAX_MOUNTINFO = 4 << 20


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo: device as `major:minor`, mount point, type of the file system, source."""

    device: str
    point: str
    type: str
    source: str


@dataclass(frozen=True, slots=True)
class Disk:
    """What is known of the storage below a folder. `device` names it to a person."""

    encrypted: bool | None = None
    device: str = ""
    type: str = ""


def read_mounts(path: str = "/proc/self/mountinfo") -> tuple[Mount, ...]:
    """The mounts of this process, in the kernel's order; none where there is no such file."""
    try:
        with open(path, "rb") as file:
            content = file.read(_MAX_MOUNTINFO)
    except OSError:
        return ()
    return parse_mounts(content)


def parse_mounts(content: bytes) -> tuple[Mount, ...]:
    """mountinfo as proc_pid_mountinfo(5) describes it; lines that are not so are left out."""
    mounts = []
    for line in content.splitlines():
        left, _, right = line.partition(b" - ")
        before, after = left.split(b" "), right.split(b" ")
        if len(before) >= 6 and len(after) >= 2:
            device, point, kind, source = (_unescape(field) for field in (before[2], before[4], after[0], after[1]))
            mounts.append(Mount(device, point, kind, source))
    return tuple(mounts)


def _unescape(field: bytes) -> str:
    """Blanks, tabs, newlines and backslashes stand as three octal digits."""
    return os.fsdecode(re.sub(rb"\\([0-3][0-7]{2})", lambda m: bytes([int(m[1], 8)]), field))


def mount_of(mounts: tuple[Mount, ...], folder: str, device: int) -> Mount | None:
    """The mount that `folder` lies on: by its st_dev, else by the longest mount point above it.

    btrfs gives every subvolume a device number of its own that mountinfo does not know, hence the second way.
    """
    number = f"{os.major(device)}:{os.minor(device)}"
    found: Mount | None = None
    for mount in mounts:
        if mount.device == number:
            return mount
        above = mount.point.rstrip("/") + "/"
        if f"{folder}/".startswith(above) and (found is None or len(mount.point) >= len(found.point)):
            found = mount  # of equal points the later one is mounted on top
    return found


def find_disk(mounts: tuple[Mount, ...], folder: str, device: int, sys_root: str = "/sys") -> Disk:
    """What holds `folder`, an absolute path on the device `device` (st_dev)."""
    mount = mount_of(mounts, folder, device)
    if mount is None:
        return Disk()
    if mount.type in _ENCRYPTED_TYPES:
        return Disk(encrypted=True, device=mount.type, type=mount.type)
    if mount.type not in _DISK_TYPES:
        return Disk(device=mount.type, type=mount.type)
    number = f"{os.major(device)}:{os.minor(device)}"
    if not os.path.isdir(os.path.join(sys_root, "dev/block", number)):
        number = _number_of(mount.source, sys_root)
    if not number:
        return Disk(device=mount.source, type=mount.type)
    block = os.path.join(sys_root, "dev/block", number)
    name = _read(os.path.join(block, "dm/name")) or os.path.basename(os.path.realpath(block))
    return Disk(encrypted=_encrypted(block, _MAX_DEPTH), device=name, type=mount.type)


def _encrypted(block: str, depth: int) -> bool | None:
    """Whether the block device at `block` of sysfs is dm-crypt, or lies on nothing but dm-crypt."""
    uuid = _read(os.path.join(block, "dm/uuid"))
    # dm-verity and dm-integrity also carry cryptsetup's prefix, and hide nothing
    if uuid.startswith("CRYPT-") and not uuid.startswith(("CRYPT-VERITY-", "CRYPT-INTEGRITY-")):
        return True
    if os.path.exists(os.path.join(block, "loop")):
        return None  # a file on some other file system
    slaves = os.path.join(block, "slaves")
    try:
        below = sorted(os.listdir(slaves))
    except OSError:
        below = []
    if not below:
        # a partition has no slaves of its own; nothing can be set up below one but its whole disk
        parent = os.path.join(os.path.realpath(block), "..")
        if os.path.exists(os.path.join(block, "partition")) and os.path.isdir(os.path.join(parent, "slaves")):
            return _encrypted(parent, depth - 1) if depth else None
        return False
    if not depth:
        return None
    answers = [_encrypted(os.path.join(slaves, name), depth - 1) for name in below[:64]]
    if False in answers:
        return False
    return None if None in answers else True


def _number_of(source: str, sys_root: str) -> str:
    """`major:minor` of a mount's source such as /dev/sda2 or /dev/mapper/root, by sysfs."""
    name = os.path.basename(source)
    if not source.startswith("/dev/") or not name:
        return ""
    if number := _read(os.path.join(sys_root, "class/block", name, "dev")):
        return number
    blocks = os.path.join(sys_root, "dev/block")
    try:
        numbers = os.listdir(blocks)
    except OSError:
        return ""
    return next((n for n in numbers if _read(os.path.join(blocks, n, "dm/name")) == name), "")


def fscrypted(folder: str, kind: str) -> bool:
    """True when `folder` is encrypted by fscrypt: its files then are too. Opens the folder, changes nothing."""
    if kind not in _FSCRYPT_TYPES:
        return False
    import fcntl

    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        flags = fcntl.ioctl(fd, _FS_IOC_GETFLAGS, bytes(8))
    except OSError:
        return False
    finally:
        os.close(fd)
    return bool(int.from_bytes(flags[:4], "little") & _FS_ENCRYPT_FL)


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(256).decode("ascii", "replace").strip()
    except OSError:
        return ""
