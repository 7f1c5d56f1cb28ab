"""What keywatch has begun with keys at AWS, in state.db: durable before each next step, and never with a secret in it.

A job is one key's rotation or one key's making. Its kind's own module says which states it has and what each means;
one that is in no end state was cut short, and `keywatch recover` or the next call of the kind goes on with it or takes
it back. Key ids stand here whole: they are no secret, and a key that AWS made must not be forgotten.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from keywatch import atomic
from keywatch.database import open_database
from keywatch.errors import FileBusyError, JournalError
from keywatch.paths import STATE_NAME, private_dir
from keywatch.vault.base import timestamp

_SCHEMA = """
CREATE TABLE IF NOT EXISTS key_jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, made TEXT NOT NULL, changed TEXT NOT NULL, state TEXT NOT NULL,
    entry TEXT NOT NULL, vault TEXT NOT NULL, facts TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One job. Times are ISO 8601 in UTC; `vault` is as `open_vault` takes it; `facts` are JSON values by name."""

    kind: str
    state: str
    entry: str
    vault: str
    facts: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    made: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a job that was cut short, in words. `ended` False: it waits for what the words say."""

    job: Job
    words: str
    ended: bool = True


class Jobs:
    """The open journal. What it has written is durable when a call returns; errors are `JournalError`."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, STATE_NAME)
        try:
            self._db = open_database(folder, _SCHEMA, synchronous="EXTRA", timeout=10.0)
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def __enter__(self) -> Jobs:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def begin(self, job: Job) -> Job:
        """Note a job before anything is done; the job with its id and times."""
        now = timestamp()
        made = Job(job.kind, job.state, job.entry, job.vault, dict(job.facts), secrets.token_hex(4), now, now)
        self._write(
            "INSERT INTO key_jobs VALUES (?,?,?,?,?,?,?,?)",
            (made.id, made.kind, made.made, made.changed, made.state, made.entry, made.vault, json.dumps(made.facts)),
        )
        return made

    def advance(self, job: Job, state: str, **facts: Any) -> Job:
        """Note how far a job got, and what was found out with it; the job as it is now."""
        now = timestamp()
        after = Job(job.kind, state, job.entry, job.vault, job.facts | facts, job.id, job.made, now)
        self._write(
            "UPDATE key_jobs SET state=?, changed=?, facts=? WHERE id=?", (state, now, json.dumps(after.facts), job.id)
        )
        return after

    def forget(self, job: Job) -> None:
        """Remove a job of which nothing was done."""
        self._write("DELETE FROM key_jobs WHERE id=?", (job.id,))

    def all(self, kind: str = "") -> list[Job]:
        """Every job, or those of one kind, the oldest first."""
        try:
            rows = self._db.execute(
                "SELECT kind, state, entry, vault, facts, id, made, changed FROM key_jobs"
                " WHERE ? IN ('', kind) ORDER BY made, id", (kind,),
            ).fetchall()  # fmt: skip
        except sqlite3.Error as error:
            raise self._error(error) from None
        return [self._read(row) for row in rows]

    def _read(self, row: Sequence[Any]) -> Job:
        try:
            facts = json.loads(row[4])
        except (ValueError, TypeError, RecursionError):
            facts = None
        if not isinstance(facts, dict):
            raise JournalError(f"{self.path}: the record of job {row[5]!a} is damaged: restore the file from a backup")
        kind, state, entry, vault, _, ident, made, changed = map(str, row)
        return Job(kind, state, entry, vault, facts, ident, made, changed)

    def _write(self, query: str, values: Sequence[Any]) -> None:
        try:
            self._db.execute(query, values)
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> JournalError:
        return JournalError(
            f"{self.path}: {error}: nothing is done at AWS without a journal: free the disk, or restore the file"
        )


@contextmanager
def one_at_a_time(folder: str, timeout: float = 30.0) -> Iterator[None]:
    """Only one process works on keys at AWS at a time for one installation. `JournalError` after `timeout` seconds."""
    with atomic.open_folder(private_dir(folder)) as opened:
        try:
            with atomic.locked(opened, "key-jobs", timeout=timeout):
                yield
        except FileBusyError:
            raise JournalError("another keywatch is working on keys at AWS: try again when it is done") from None
