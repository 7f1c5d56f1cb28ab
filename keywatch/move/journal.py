"""The journal of moves, in state.db: what is to be done and how far it got, durable before each next step. No secrets.

Its states are drawn in docs/moves.md. A move that is in none of the `ENDED` states was cut short: recover.py ends it.
"""

from __future__ import annotations

import base64
import enum
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keywatch import atomic, audit
from keywatch.database import open_database
from keywatch.errors import FileBusyError, JournalError
from keywatch.model import Span
from keywatch.move.base import How
from keywatch.move.rewrite import Mode
from keywatch.move.template import Hunk, Template
from keywatch.paths import STATE_NAME, private_dir

_SCHEMA = """
CREATE TABLE IF NOT EXISTS moves (
    id TEXT PRIMARY KEY, made TEXT NOT NULL, state TEXT NOT NULL, entry TEXT NOT NULL, vault TEXT NOT NULL,
    extra TEXT NOT NULL, deposited INTEGER NOT NULL, facts TEXT NOT NULL, said TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steps (
    move TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (move, number)
) WITHOUT ROWID;
"""


class MoveState(enum.StrEnum):
    """How far a move got."""

    INTENDED = "intended"  # nothing done
    STORED = "stored"  # the vault holds the key, read back: places are being rewritten
    DONE = "done"
    BACKING = "backing"  # being rolled back
    ROLLED_BACK = "rolled back"
    UNDOING = "undoing"
    UNDONE = "undone"


#: the ends of a move, and what the audit log calls them
_TOLD = {MoveState.DONE: "move", MoveState.ROLLED_BACK: "move-failed", MoveState.UNDONE: "undo"}
ENDED = frozenset({MoveState.DONE, MoveState.ROLLED_BACK, MoveState.UNDONE})


class StepState(enum.StrEnum):
    """How far one file got. `BEGUN`: its bytes may be half the old and half the new ones (in place only)."""

    PENDING = "pending"
    BEGUN = "begun"
    CHANGED = "changed"  # the new text stands there; the old one may lie beside
    DONE = "done"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a move as the journal keeps it.

    `edits` turn the old text into the new one, `hunks` the new into the old; `lines` are the digests of the new text's
    lines and `offsets` where each begins. `times` are the old file's access and change time in ns. `undo` are the
    digests between which an undo works, set when it begins.
    """

    number: int
    path: str
    how: How
    mode: Mode
    temp: str
    old: str
    new: str
    edits: tuple[tuple[Span, Template], ...] = ()
    hunks: tuple[Hunk, ...] = ()
    lines: tuple[str, ...] = ()
    offsets: tuple[int, ...] = ()
    permissions: int = 0o600
    times: tuple[int, int] = (0, 0)
    owner: str = ""
    undo: tuple[str, str] = ("", "")
    state: StepState = StepState.PENDING


@dataclass(frozen=True, slots=True)
class Move:
    """One move as the journal keeps it. `extra` is the entry that holds what only an undo needs, if there is one."""

    id: str
    made: str
    state: MoveState
    entry: str
    vault: str
    extra: str
    deposited: bool
    uid: int
    gid: int
    findings: tuple[str, ...]
    places: tuple[str, ...]
    title: str
    masked: str
    reloads: tuple[tuple[str, ...], ...] = ()
    steps: tuple[Step, ...] = ()
    said: str = ""


class Journal:
    """The open journal. Every call that changes it is durable when it returns; errors are `JournalError`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.path = os.path.join(folder, STATE_NAME)
        try:
            self._db = open_database(folder, _SCHEMA, synchronous="EXTRA", timeout=10.0)
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _error(self, error: Exception) -> JournalError:
        return JournalError(
            f"{self.path}: {error}: nothing can be moved without a journal: free the disk, or restore the file"
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._error(error) from None

    def begin(self, move: Move) -> None:
        """Note a move before anything is done."""
        facts = json.dumps(
            {
                "uid": move.uid, "gid": move.gid, "findings": move.findings, "places": move.places,
                "title": move.title, "masked": move.masked, "reloads": move.reloads,
            }
        )  # fmt: skip
        with self._writing():
            self._db.execute(
                "INSERT INTO moves VALUES (?,?,?,?,?,?,?,?,?)",
                (move.id, move.made, move.state, move.entry, move.vault, move.extra, move.deposited, facts, move.said),
            )
            self._db.executemany(
                "INSERT INTO steps VALUES (?,?,?,?)",
                [(move.id, step.number, step.state, _step_to_json(step)) for step in move.steps],
            )

    def set_state(self, move: str, state: MoveState, said: str = "") -> None:
        """Note how far a move got, and in words why. The audit log is told of an end first: none goes untold."""
        if state in _TOLD:
            self._tell(self.get(move), _TOLD[state], said)
        with self._writing():
            self._db.execute("UPDATE moves SET state=?, said=? WHERE id=?", (state, said, move))

    def _tell(self, move: Move, event: str, said: str) -> None:
        audit.append(
            self._folder, event, durable=True, entry=move.entry, move=move.id, places=list(move.places),
            key=move.masked, why=said, pid=os.getpid(), uid=os.geteuid(),
        )  # fmt: skip

    def set_step(self, move: str, number: int, state: StepState) -> None:
        """Note how far a step got."""
        with self._writing():
            self._db.execute("UPDATE steps SET state=? WHERE move=? AND number=?", (state, move, number))

    def set_facts(self, move: str, step: Step) -> None:
        """Note what was found out about a step, with its state."""
        with self._writing():
            self._db.execute(
                "UPDATE steps SET state=?, facts=? WHERE move=? AND number=?",
                (step.state, _step_to_json(step), move, step.number),
            )

    def forget(self, move: str) -> None:
        """Remove a move of which nothing was done."""
        with self._writing():
            self._db.execute("DELETE FROM steps WHERE move=?", (move,))
            self._db.execute("DELETE FROM moves WHERE id=?", (move,))

    def all(self) -> list[Move]:
        """Every move, the oldest first."""
        return self._select("SELECT * FROM moves ORDER BY made, id", ())

    def unfinished(self) -> list[Move]:
        """The moves that were cut short."""
        return [move for move in self.all() if move.state not in ENDED]

    def get(self, named: str) -> Move:
        """The move whose id begins so. `JournalError` when none or several do."""
        found = [move for move in self.all() if move.id.startswith(named)]
        if len(found) != 1:
            many = "several moves begin" if found else "no move begins"
            raise JournalError(f"{many} with '{named}': keywatch undo --list shows them")
        return found[0]

    def _select(self, query: str, values: Sequence[Any]) -> list[Move]:
        try:
            rows = self._db.execute(query, values).fetchall()
            steps = {
                row[0]: self._db.execute("SELECT * FROM steps WHERE move=? ORDER BY number", (row[0],)).fetchall()
                for row in rows
            }
        except sqlite3.Error as error:
            raise self._error(error) from None
        return [self._read(row, steps[row[0]]) for row in rows]

    def _read(self, row: Sequence[Any], steps: Sequence[Sequence[Any]]) -> Move:
        ident, made, state, entry, vault, extra, deposited, facts, said = row
        try:
            known = json.loads(facts)
            return Move(
                str(ident), str(made), MoveState(state), str(entry), str(vault), str(extra), bool(deposited),
                int(known["uid"]), int(known["gid"]), tuple(map(str, known["findings"])),
                tuple(map(str, known["places"])), str(known["title"]), str(known["masked"]),
                tuple(tuple(map(str, argv)) for argv in known["reloads"]),
                tuple(_step_from_json(number, state, text) for _, number, state, text in steps), str(said),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise JournalError(
                f"{self.path}: the record of move {ident!a} is damaged ({type(error).__name__}): "
                "restore the file from a backup; the vault still has the key"
            ) from None


@contextmanager
def one_at_a_time(folder: str, timeout: float = 30.0) -> Iterator[None]:
    """Only one process moves, undoes or recovers at a time for one installation. `JournalError` after `timeout` s."""
    private_dir(folder)
    with atomic.open_folder(folder) as opened:
        try:
            with atomic.locked(opened, "moves", timeout=timeout):
                yield
        except FileBusyError:
            raise JournalError("another keywatch is moving keys: try again when it is done") from None


def _step_to_json(step: Step) -> str:
    return json.dumps(
        {
            "path": base64.b64encode(step.path.encode("utf-8", "surrogateescape")).decode(),
            "how": step.how, "mode": step.mode, "temp": step.temp, "old": step.old, "new": step.new,
            "edits": [[span.start, span.end, template.to_json()] for span, template in step.edits],
            "hunks": [[hunk.start, hunk.end, hunk.old.to_json()] for hunk in step.hunks],
            "lines": step.lines, "offsets": step.offsets, "permissions": step.permissions, "times": step.times,
            "owner": step.owner, "undo": step.undo,
        }
    )  # fmt: skip


def _step_from_json(number: int, state: str, text: str) -> Step:
    known = json.loads(text)
    return Step(
        int(number), base64.b64decode(known["path"]).decode("utf-8", "surrogateescape"), How(known["how"]),
        Mode(known["mode"]), str(known["temp"]), str(known["old"]), str(known["new"]),
        tuple((Span(start, end), Template.from_json(pieces)) for start, end, pieces in known["edits"]),
        tuple(Hunk(start, end, Template.from_json(pieces)) for start, end, pieces in known["hunks"]),
        tuple(map(str, known["lines"])), tuple(map(int, known["offsets"])), int(known["permissions"]),
        (int(known["times"][0]), int(known["times"][1])), str(known["owner"]),
        (str(known["undo"][0]), str(known["undo"][1])), StepState(state),
    )  # fmt: skip
