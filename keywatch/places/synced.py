"""Tells whether a folder is copied to a cloud by a synchronising client. Looks for markers; asks no client, no network.

By the marks that clients leave in the folders they synchronise, by their configuration in the home, and by the names
they give their folders there.
"""

from __future__ import annotations

import os
import re

#: what stands in a synchronised folder → the client. (A *folder* `.dropbox`, in a home, is only its configuration.)
_MARK_FILES = {".dropbox": "Dropbox", ".nextcloudsync.log": "Nextcloud", ".owncloudsync.log": "ownCloud"}
_MARK_ANY = {
    ".dropbox.cache": "Dropbox",
    ".stfolder": "Syncthing",
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive",
    ".SynologyWorkingDirectory": "Synology Drive",
    ".insync-trash": "Insync",
}
#: Nextcloud and ownCloud keep their database there under a random name
_SYNC_DATABASE = re.compile(r"\._?sync_[0-9a-f]{6,32}\.db")

#: how a folder directly below a home is called, and by whom
_NAMES = {
    "Dropbox": "Dropbox",
    "OneDrive": "OneDrive",
    "Google Drive": "Google Drive",
    "GoogleDrive": "Google Drive",
    "My Drive": "Google Drive",
    "Nextcloud": "Nextcloud",
    "ownCloud": "ownCloud",
    "pCloudDrive": "pCloud",
    "pCloud Drive": "pCloud",
    "MEGA": "MEGA",
    "MEGAsync": "MEGA",
    "Box": "Box",
    "Box Sync": "Box",
    "Insync": "Insync",
    "Yandex.Disk": "Yandex Disk",
    "iCloud Drive": "iCloud",
}
_PREFIXES = {"Dropbox (": "Dropbox", "OneDrive - ": "OneDrive", "OneDrive-": "OneDrive"}

#: file systems that are a cloud's folder themselves
MOUNT_TYPES = {
    "fuse.rclone": "rclone",
    "fuse.google-drive-ocamlfuse": "Google Drive",
    "fuse.onedriver": "OneDrive",
    "fuse.gcsfuse": "Google Cloud Storage",
    "fuse.s3fs": "s3fs",
    "fuse.mount-s3": "Amazon S3",
    "fuse.pcloud": "pCloud",
    "fuse.davfs": "WebDAV",
    "davfs": "WebDAV",
}
_MAX_ENTRIES = 512
_MAX_CONFIG = 1 << 20


def marked(folder: str) -> str:
    """The client that left its mark directly in `folder`, or nothing."""
    for name, client in _MARK_ANY.items():
        if os.path.lexists(os.path.join(folder, name)):
            return client
    for name, client in _MARK_FILES.items():
        if os.path.isfile(os.path.join(folder, name)):
            return client
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(_MAX_ENTRIES), entries, strict=False):
                if _SYNC_DATABASE.fullmatch(entry.name):
                    return "Nextcloud"
    except OSError:
        pass
    return ""


def named(folder: str, home: str) -> str:
    """The client whose usual folder in `home` this is, or nothing."""
    if not home or not folder.startswith(home.rstrip("/") + "/"):
        return ""
    below = folder[len(home.rstrip("/")) + 1 :]
    if below.startswith("Library/"):  # macOS
        if below == "Library/Mobile Documents":
            return "iCloud"
        steps = below.split("/")
        if len(steps) == 3 and steps[1] == "CloudStorage":
            return re.split(r"[-. ]", steps[2])[0] or "a cloud client"
        return ""
    if "/" in below:
        return ""
    return _NAMES.get(below) or next((c for prefix, c in _PREFIXES.items() if below.startswith(prefix)), "")


def configured(home: str) -> dict[str, str]:
    """The folders that clients' configuration in `home` names → the client: Dropbox, Nextcloud, ownCloud, OneDrive."""
    found: dict[str, str] = {}
    for path in re.findall(rb'"path"\s*:\s*("(?:[^"\\]|\\.){1,4096}")', _read(home, ".dropbox/info.json")):
        import json

        try:
            found[os.path.normpath(json.loads(path))] = "Dropbox"
        except ValueError:
            continue
    for name, client in (
        (".config/Nextcloud/nextcloud.cfg", "Nextcloud"),
        (".config/ownCloud/owncloud.cfg", "ownCloud"),
    ):
        for path in re.findall(rb"(?m)^[^=\n]{0,80}localPath=(/[^\n]{0,4096})$", _read(home, name)):
            found[os.path.normpath(os.fsdecode(path.strip()))] = client
    for path in re.findall(
        rb'(?m)^\s{0,8}sync_dir\s{0,8}=\s{0,8}"([^"\n]{1,4096})"', _read(home, ".config/onedrive/config")
    ):
        text = os.fsdecode(path)
        found[os.path.normpath(home + text[1:] if text.startswith("~/") else text)] = "OneDrive"
    return found


def _read(home: str, name: str) -> bytes:
    """At most a megabyte of a client's configuration; nothing where it is no regular file."""
    try:
        fd = os.open(os.path.join(home, name), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(fd, "rb") as file:
        try:
            return file.read(_MAX_CONFIG) or b""
        except OSError:
            return b""
