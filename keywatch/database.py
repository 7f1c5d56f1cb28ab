"""state.db, opened alike by all who keep something in it: this account's alone, and not trusted in what it says.

Errors are those of the system and of sqlite3: whoever keeps something there says what losing it means.
"""

from __future__ import annotations

import os
import sqlite3

from keywatch.paths import STATE_NAME, private_dir


def open_database(
    folder: str, schema: str, *, synchronous: str, timeout: float, threads: bool = False, read_only: bool = False
) -> sqlite3.Connection:
    """The database in `folder`, with the tables of `schema`, and without transactions unless they are begun.

    `synchronous` is SQLite's pragma: `NORMAL` loses the last changes with the power, `EXTRA` none, nor the file itself.
    `timeout`: seconds to wait for another process. `read_only`: nothing is made or changed; where there is none, it is
    an empty one.
    """
    path = os.path.join(folder if read_only else private_dir(folder), STATE_NAME)
    if read_only and not os.path.exists(path):
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=not threads)
        database.executescript(schema)
        return database
    if not read_only:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    database = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=not threads)
    try:
        database.execute("PRAGMA trusted_schema=OFF")
        if read_only:
            database.execute("PRAGMA query_only=ON")
        else:
            database.execute(f"PRAGMA synchronous={synchronous}")
            database.executescript(schema)
    except sqlite3.Error:
        database.close()
        raise
    return database
