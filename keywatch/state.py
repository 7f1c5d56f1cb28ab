"""What keywatch remembers between runs: one SQLite file, 0600, that never holds a secret.

First: which files a sweep found clean, so that the next one only looks at their metadata. A file is unchanged when
device, inode, size, mtime and ctime are what they were and the rules are the same; ctime can't be set back by `touch`.
Files changed less than `RACY_NS` before they were read are not remembered: a second write in the same tick of the file
system's clock would not show. (A store through a memory map that dirtied its page earlier does not touch the times
until write-back: no metadata can tell; `--no-cache` reads everything.)

Second: how many keys the last sweep of each day found, for the trend that `keywatch report` draws.
"""

from __future__ import annotations

import os
import re
import sqlite3
import struct
from collections.abc import Iterable
from operator import attrgetter

from keywatch.database import open_database
from keywatch.errors import StateError
from keywatch.paths import STATE_NAME

TYPE_CHECKING = False  # `typing` is loaded by what needs it: every sweep waits for this module
if TYPE_CHECKING:
    from keywatch.totals import DayTotals

#: one remembered file: inode, size, mtime_ns, ctime_ns
RECORD = struct.Struct("<QQqq")
_pack = RECORD.pack
_facts = attrgetter("st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
#: FAT keeps times to 2 s, the coarsest of all
RACY_NS = 2_000_000_000
#: key of a folder: device and inode
FolderKey = tuple[int, int]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clean (
    dev INTEGER NOT NULL, ino INTEGER NOT NULL, records BLOB NOT NULL, PRIMARY KEY (dev, ino)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
    scope TEXT NOT NULL, day TEXT NOT NULL, info INTEGER NOT NULL, low INTEGER NOT NULL, medium INTEGER NOT NULL,
    high INTEGER NOT NULL, critical INTEGER NOT NULL, places INTEGER NOT NULL, PRIMARY KEY (scope, day)
) WITHOUT ROWID;
"""
#: days of totals that are kept for each scope
KEPT_DAYS = 1000
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def record_of(info: os.stat_result) -> bytes:
    """What must be the same for a file to count as unchanged."""
    return _pack(*_facts(info))


class State:
    """The open database. Use as a context manager; every failure is a `StateError` that says what to do."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, STATE_NAME)
        try:
            self._db = open_database(folder, _SCHEMA, synchronous="NORMAL", timeout=2.0)
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _error(self, error: Exception) -> StateError:
        return StateError(f"{self.path}: {error}: move the file away, and a new one is made; only speed is lost")

    def load_clean(self, under: str) -> dict[FolderKey, bytes]:
        """The clean files of each folder, as joined records, if found `under` what decides now (sweep/stamp.py)."""
        try:
            row = self._db.execute("SELECT value FROM meta WHERE name = 'rules'").fetchone()
            if row is None or row[0] != under:
                return {}
            rows: Iterable[tuple[int, int, bytes]] = self._db.execute("SELECT dev, ino, records FROM clean")
            return {(dev, ino): blob for dev, ino, blob in rows if _is_row(dev, ino, blob)}
        except sqlite3.Error as error:
            raise self._error(error) from None

    def save_clean(self, under: str, folders: dict[FolderKey, bytes]) -> None:
        """Remember the clean files of these folders, and forget all that was found under another stamp."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute("SELECT value FROM meta WHERE name = 'rules'").fetchone()
            if row is None or row[0] != under:
                self._db.execute("DELETE FROM clean")
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('rules', ?)", (under,))
            self._db.executemany(
                "INSERT OR REPLACE INTO clean VALUES (?, ?, ?)",
                ((dev, ino, blob) for (dev, ino), blob in folders.items()),
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise self._error(error) from None

    def save_totals(self, scope: str, totals: DayTotals) -> None:
        """Remember what a sweep of `scope` found, instead of an earlier one of that day, and forget old days."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT OR REPLACE INTO totals (scope, day, info, low, medium, high, critical, places)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (scope, totals.day, *totals.keys, totals.places),
            )
            self._db.execute(
                "DELETE FROM totals WHERE scope = ?1 AND day NOT IN"
                " (SELECT day FROM totals WHERE scope = ?1 ORDER BY day DESC LIMIT ?2)",
                (scope, KEPT_DAYS),
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise self._error(error) from None

    def load_totals(self, scope: str) -> tuple[DayTotals, ...]:
        """What the sweeps of `scope` found, the latest day last. Rows that this module would not write are left out."""
        try:
            rows = self._db.execute(
                "SELECT day, info, low, medium, high, critical, places FROM totals WHERE scope = ? ORDER BY day DESC"
                " LIMIT ?",
                (scope, KEPT_DAYS),
            ).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from None
        from keywatch.totals import DayTotals

        return tuple(
            DayTotals(day, tuple(keys), places)
            for day, *keys, places in reversed(rows)
            if _is_totals(day, *keys, places)
        )


def folder_key(info: os.stat_result) -> FolderKey:
    """The key of a folder, within SQLite's signed 64 bits."""
    return _signed(info.st_dev), _signed(info.st_ino)


def _is_row(dev: object, ino: object, blob: object) -> bool:
    return isinstance(dev, int) and isinstance(ino, int) and isinstance(blob, bytes) and not len(blob) % RECORD.size


def _is_totals(day: object, *counts: object) -> bool:
    return isinstance(day, str) and bool(_DAY.fullmatch(day)) and all(isinstance(c, int) and c >= 0 for c in counts)


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
