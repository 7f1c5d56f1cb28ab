"""Offers in state.db: one for each credential, with a state that only moves along `TRANSITIONS`. Never a secret.

The daemon makes offers, the notifier and the commands move them on; each write is durable when it returns.
"""

from __future__ import annotations

import enum
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keywatch.database import open_database
from keywatch.errors import StateError
from keywatch.paths import STATE_NAME


class OfferState(enum.StrEnum):
    """How far an offer is (docs/offers.md draws it)."""

    NEW = "new"
    TOLD = "told"
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    SNOOZED = "snoozed"
    SUPERSEDED = "superseded"
    DONE = "done"
    FAILED = "failed"


_S = OfferState
#: the states that may follow each: what is not here does not happen
TRANSITIONS: dict[OfferState, frozenset[OfferState]] = {
    _S.NEW: frozenset((_S.TOLD, _S.ACCEPTED, _S.IGNORED, _S.SNOOZED, _S.SUPERSEDED, _S.DONE)),
    _S.TOLD: frozenset((_S.ACCEPTED, _S.IGNORED, _S.SNOOZED, _S.SUPERSEDED, _S.DONE, _S.NEW)),
    _S.SNOOZED: frozenset((_S.NEW, _S.ACCEPTED, _S.IGNORED, _S.SUPERSEDED, _S.DONE)),
    _S.ACCEPTED: frozenset((_S.DONE, _S.FAILED)),
    _S.FAILED: frozenset((_S.ACCEPTED, _S.IGNORED, _S.SNOOZED, _S.SUPERSEDED, _S.DONE, _S.NEW)),
    _S.IGNORED: frozenset((_S.NEW, _S.SUPERSEDED)),
    _S.DONE: frozenset((_S.NEW,)),
    _S.SUPERSEDED: frozenset((_S.NEW,)),
}
#: what still waits for the person
OPEN = (_S.NEW, _S.TOLD, _S.SNOOZED, _S.FAILED)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS offers (
    identity TEXT PRIMARY KEY, state TEXT NOT NULL, title TEXT NOT NULL, masked TEXT NOT NULL,
    severity INTEGER NOT NULL, made REAL NOT NULL, changed REAL NOT NULL, until REAL NOT NULL, said TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumer_news (entry TEXT, program TEXT, made REAL NOT NULL, PRIMARY KEY (entry, program));
CREATE TABLE IF NOT EXISTS offer_notes (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer to move one credential. Times are in seconds of the Unix clock; `until` is when a snooze ends."""

    identity: str
    state: OfferState
    title: str
    masked: str
    severity: int
    made: float
    changed: float
    until: float = 0.0
    said: str = ""


class Offers:
    """The open table of offers. A context manager; every failure is a `StateError`."""

    def __init__(self, folder: str, *, read_only: bool = False) -> None:
        """`read_only`: nothing is made or changed, and a database that is not there is an empty one."""
        self.path = os.path.join(folder, STATE_NAME)
        try:
            self._db = open_database(
                folder, _SCHEMA, synchronous="FULL", timeout=5.0, threads=True, read_only=read_only
            )
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def __enter__(self) -> Offers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def all(self) -> list[Offer]:
        """Every offer, the most severe first, then the oldest."""
        return self._offers("SELECT * FROM offers ORDER BY severity DESC, made, identity")

    def open(self) -> list[Offer]:
        """Those that wait for the person."""
        return [offer for offer in self.all() if offer.state in OPEN]

    def get(self, identity: str) -> Offer | None:
        """The offer of a credential."""
        found = self._offers("SELECT * FROM offers WHERE identity = ?", (identity,))
        return found[0] if found else None

    def appeared(self, identity: str, title: str, masked: str, severity: int, now: float) -> Offer:
        """A finding of this credential appeared: its open offer takes it in, a closed one is made anew.

        An ignored credential stays ignored: the person has said so, and findings it does not cover come with another
        identity or after the ignore entry ran out, when `reopen` is called.
        """
        known = self.get(identity)
        if known is None:
            self._write(
                "INSERT OR IGNORE INTO offers VALUES (?, ?, ?, ?, ?, ?, ?, 0, '')",
                (identity, _S.NEW.value, title, masked, severity, now, now),
            )
        else:
            self._write(
                "UPDATE offers SET title = ?, masked = ?, severity = max(severity, ?) WHERE identity = ?",
                (title, masked, severity, identity),
            )
            if known.state in (_S.DONE, _S.SUPERSEDED):
                self.turn(identity, _S.NEW, now)
        offer = self.get(identity)
        if offer is None:
            raise StateError(f"{self.path}: an offer can't be read back")
        return offer

    def turn(self, identity: str, state: OfferState, now: float, said: str = "", until: float = 0.0) -> bool:
        """Move an offer on; False when that is no transition from where it is now, or there is none."""
        before = [each.value for each, after in TRANSITIONS.items() if state in after]
        marks = ",".join("?" * len(before))
        return (
            self._write(
                f"UPDATE offers SET state = ?, changed = ?, until = ?, said = ?"  # noqa: S608 - marks only
                f" WHERE identity = ? AND state IN ({marks})",
                (state.value, now, until, said[:500], identity, *before),
            )
            == 1
        )

    def wake(self, now: float) -> None:
        """Snoozes that are over are new again."""
        for offer in self.all():
            if offer.state is _S.SNOOZED and offer.until <= now:
                self.turn(offer.identity, _S.NEW, now)

    def add_news(self, entry: str, program: str, now: float) -> None:
        """A program is new to an entry, and the person is to be told."""
        self._write("INSERT OR REPLACE INTO consumer_news VALUES (?, ?, ?)", (entry[:100], program[:1000], now))

    def news(self) -> list[tuple[str, str]]:
        """Entries and the programs new to them, of which the person was not told, the oldest first."""
        return [(str(a), str(b)) for a, b in self._rows("SELECT entry, program FROM consumer_news ORDER BY made")]

    def tell_news(self, told: Sequence[tuple[str, str]]) -> None:
        """The person was told of these."""
        for pair in told:
            self._write("DELETE FROM consumer_news WHERE entry = ? AND program = ?", pair)

    def note(self, name: str) -> float:
        """A number that the notifier left for itself, 0 where it left none."""
        rows = self._rows("SELECT value FROM offer_notes WHERE name = ?", (name,))
        return float(rows[0][0]) if rows and isinstance(rows[0][0], (int, float)) else 0.0

    def leave_note(self, name: str, value: float) -> None:
        """Keep `value` under `name`."""
        self._write("INSERT OR REPLACE INTO offer_notes VALUES (?, ?)", (name, value))

    def _offers(self, query: str, values: Sequence[object] = ()) -> list[Offer]:
        found = []
        for identity, state, title, masked, severity, made, changed, until, said in self._rows(query, values):
            try:
                found.append(
                    Offer(
                        str(identity), OfferState(state), str(title), str(masked), int(severity), float(made),
                        float(changed), float(until), str(said),
                    )
                )  # fmt: skip
            except (ValueError, TypeError):
                continue
        return found

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                return []
            raise self._error(error) from None

    def _write(self, query: str, values: Sequence[object]) -> int:
        try:
            return self._db.execute(query, values).rowcount
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> StateError:
        return StateError(f"{self.path}: {error}: move the file away, and a new one is made at the next sweep")
