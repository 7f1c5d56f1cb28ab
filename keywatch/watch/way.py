"""The way that a name leads: folders and links on it, file systems that tell of changes, what tells a file changed.

Asks the file system for names and metadata; opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from keywatch.paths import real_path

#: inode, size, mtime, ctime, names; None: not there
Signature = tuple[int, int, int, int, int] | None

#: types of file systems on which others write without this kernel's knowledge
BLIND_TYPES = frozenset(
    (
        "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "fuseblk", "gfs2", "glusterfs",
        "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "overlay", "prl_fs", "smb3", "smbfs", "vboxsf",
        "virtiofs", "vmhgfs",
    )
)  # fmt: skip
_LINKS = 40


def is_blind(kind: str) -> bool:
    """True for a type of file system whose changes the kernel does not all tell."""
    return kind in BLIND_TYPES or kind.startswith("fuse.")


def signature_of(path: str) -> Signature:
    """What must be the same for a file to count as unchanged."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_nlink


def way_of(path: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Each (real folder, name) on the chain of links from `path`, and the first one missing below a folder there is."""
    while path not in seen and len(seen) < _LINKS:
        seen.add(path)
        folder, _, name = path.rpartition("/")
        folder = folder or "/"
        while not os.path.isdir(folder):
            folder, _, name = folder.rpartition("/")
            folder = folder or "/"
        real = real_path(folder)
        yield real, name
        yield from _links_above(folder, seen)
        full = f"{real}/{name}" if real != "/" else f"/{name}"
        try:
            path = os.path.normpath(os.path.join(real, os.readlink(full)))
        except OSError:
            return


def _links_above(folder: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """The links among the folders above: re-pointed, they lead elsewhere."""
    while folder not in ("/", ""):
        if os.path.islink(folder) and folder not in seen:
            yield from way_of(folder, seen)
        folder = os.path.dirname(folder)
