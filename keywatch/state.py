"""What keywatch remembers between runs: one SQLite file, 0600, that never holds a secret.

Now: which files a sweep found clean, so that the next one only looks at their metadata. A file is unchanged when
device, inode, size, mtime and ctime are what they were and the rules are the same; ctime can't be set back by `touch`.
Files changed less than `RACY_NS` before they were read are not remembered: a second write in the same tick of the file
system's clock would not show. (A store through a memory map that dirtied its page earlier does not touch the times
until write-back: no metadata can tell; `--no-cache` reads everything.)
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterable

from keywatch.errors import StateError
from keywatch.paths import private_dir

#: one remembered file: inode, size, mtime_ns, ctime_ns
RECORD = struct.Struct("<QQqq")
#: FAT keeps times to 2 s, the coarsest of all
RACY_NS = 2_000_000_000
#: key of a folder: device and inode
FolderKey = tuple[int, int]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clean (
    dev INTEGER NOT NULL, ino INTEGER NOT NULL, records BLOB NOT NULL, PRIMARY KEY (dev, ino)
) WITHOUT ROWID;
"""


def record_of(info: os.stat_result) -> bytes:
    """What must be the same for a file to count as unchanged."""
    return RECORD.pack(info.st_ino & 0xFFFFFFFFFFFFFFFF, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


class State:
    """The open database. Use as a context manager; every failure is a `StateError` that says what to do."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(private_dir(folder), "state.db")
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._db = sqlite3.connect(self.path, timeout=2.0, isolation_level=None)
            self._db.execute("PRAGMA trusted_schema=OFF")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _error(self, error: Exception) -> StateError:
        return StateError(f"{self.path}: {error}: move the file away, and a new one is made; only speed is lost")

    def load_clean(self, rules: str) -> dict[FolderKey, bytes]:
        """The clean files of each folder, as joined records, if they were found under the rules of digest `rules`."""
        try:
            row = self._db.execute("SELECT value FROM meta WHERE name = 'rules'").fetchone()
            if row is None or row[0] != rules:
                return {}
            rows: Iterable[tuple[int, int, bytes]] = self._db.execute("SELECT dev, ino, records FROM clean")
            return {(dev, ino): blob for dev, ino, blob in rows if _is_row(dev, ino, blob)}
        except sqlite3.Error as error:
            raise self._error(error) from None

    def save_clean(self, rules: str, folders: dict[FolderKey, bytes]) -> None:
        """Remember the clean files of these folders, and forget all that was found under other rules."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute("SELECT value FROM meta WHERE name = 'rules'").fetchone()
            if row is None or row[0] != rules:
                self._db.execute("DELETE FROM clean")
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('rules', ?)", (rules,))
            self._db.executemany(
                "INSERT OR REPLACE INTO clean VALUES (?, ?, ?)",
                ((dev, ino, blob) for (dev, ino), blob in folders.items()),
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise self._error(error) from None


def folder_key(info: os.stat_result) -> FolderKey:
    """The key of a folder, within SQLite's signed 64 bits."""
    return _signed(info.st_dev), _signed(info.st_ino)


def _is_row(dev: object, ino: object, blob: object) -> bool:
    return isinstance(dev, int) and isinstance(ino, int) and isinstance(blob, bytes) and not len(blob) % RECORD.size


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
