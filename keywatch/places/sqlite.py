"""Texts in SQLite databases: assistants, editors and histories keep what was typed there.

Reads through an open descriptor, read-only, with the schema taken for hostile: no view, trigger, function or virtual
table is ever run, one row takes bounded memory, and the whole takes bounded time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator

#: databases larger than this are searched as plain bytes only
MOST_BYTES = 256 << 20
_MOST_VALUE = 4 << 20
_MOST_TABLES = 500
_SECONDS = 10.0
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, 31}  # 31: SQLITE_FUNCTION, narrowed below
_FUNCTIONS = {"length", "typeof"}


class DatabaseError(Exception):
    """A database that can't be read, or not to its end; the text says why."""


def rows(fd: int, size: int, clock: Callable[[], float] = time.monotonic) -> Iterator[tuple[str, bytes]]:
    """Each row with texts of the database open at `fd`, as (`table:rowid`, `column: value` lines).

    Raises `DatabaseError` for what can't be read.
    """
    if size > MOST_BYTES:
        raise DatabaseError(f"a database of more than {MOST_BYTES >> 20} MiB: read as plain bytes only")
    end = clock() + _SECONDS
    try:
        db = sqlite3.connect(f"file:/proc/self/fd/{fd}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise DatabaseError(f"broken database ({error})") from None
    try:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE)
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("PRAGMA cell_size_check=ON")
        db.execute("PRAGMA cache_size=-2000")
        db.set_authorizer(_authorize)
        db.set_progress_handler(lambda: int(clock() > end), 10_000)
        db.text_factory = bytes
        for table in _tables(db):
            yield from _rows_of(db, table)
    except sqlite3.Error as error:
        why = "took too long" if clock() > end else f"broken database ({type(error).__name__})"
        raise DatabaseError(f"{why}: the rest was read as plain bytes only") from None
    finally:
        db.close()


def _authorize(action: int, _first: str | None, second: str | None, _database: str | None, inside: str | None) -> int:
    """Only plain reading of tables; nothing that a view or trigger asks for."""
    if inside is not None or action not in _ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == 31 and second not in _FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _tables(db: sqlite3.Connection) -> list[str]:
    names = []
    for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        if (
            isinstance(name, bytes)
            and isinstance(sql, bytes)
            and not sql.lstrip().upper().startswith(b"CREATE VIRTUAL")
        ):
            names.append(name.decode("utf-8", "replace"))
        if len(names) >= _MOST_TABLES:
            break
    return names


def _rows_of(db: sqlite3.Connection, table: str) -> Iterator[tuple[str, bytes]]:
    quoted = '"' + table.replace('"', '""') + '"'
    try:
        cursor = db.execute(f"SELECT rowid, * FROM {quoted}")  # noqa: S608 - a quoted name
        has_rowid = True
    except sqlite3.OperationalError:
        cursor = db.execute(f"SELECT * FROM {quoted}")  # noqa: S608
        has_rowid = False
    columns = [str(column[0]).encode() for column in cursor.description]
    for number, row in enumerate(cursor, 1):
        first = 1 if has_rowid else 0
        lines = [
            columns[at] + b": " + value + b"\n"
            for at, value in enumerate(row)
            if at >= first and isinstance(value, bytes) and value
        ]
        if lines:
            yield f"{table}:{row[0] if has_rowid and isinstance(row[0], int) else number}", b"".join(lines)
