"""What the daemon remembers of findings, in state.db: where each lies, how bad it is, when it was first and last seen.

Never a secret: parts are masked and fingerprinted before they come here. The daemon writes; `keywatch status`, offers
and sweeps read. What is read back is checked like any other input: a row that is none is passed over.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from keywatch.database import open_database
from keywatch.errors import StateError
from keywatch.model import Finding, Kind, Part, Place, Role, Span
from keywatch.paths import STATE_NAME
from keywatch.severity import Severity

_SCHEMA = """
CREATE TABLE IF NOT EXISTS findings (
    id TEXT PRIMARY KEY, identity TEXT NOT NULL, path TEXT NOT NULL, severity INTEGER NOT NULL, finding TEXT NOT NULL,
    first_seen REAL NOT NULL, last_seen REAL NOT NULL, writer TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS findings_path ON findings (path);
CREATE INDEX IF NOT EXISTS findings_identity ON findings (identity);
CREATE TABLE IF NOT EXISTS watch_notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_MOST_IN = 500


@dataclass(frozen=True, slots=True)
class Remembered:
    """A finding with when it was seen, in seconds of the Unix clock, and the program that probably wrote it."""

    finding: Finding
    first_seen: float
    last_seen: float
    writer: str = ""


class Memory:
    """The open memory. Use as a context manager; every failure is a `StateError` that says what to do.

    `read_only`: nothing is made or changed, and a database that is not there is an empty one.
    """

    def __init__(self, folder: str, *, read_only: bool = False) -> None:
        self.path = os.path.join(folder, STATE_NAME)
        try:
            self._db = open_database(
                folder, _SCHEMA, synchronous="NORMAL", timeout=5.0, threads=True, read_only=read_only
            )
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _error(self, error: Exception) -> StateError:
        return StateError(f"{self.path}: {error}: move the file away, and a new one is made at the next sweep")

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):  # the daemon never ran
                return []
            raise self._error(error) from None

    def all(self) -> list[Remembered]:
        """Everything remembered, most severe first, then oldest first."""
        return self._remembered("SELECT * FROM findings ORDER BY severity DESC, first_seen, id")

    def at(self, paths: Iterable[str]) -> list[Remembered]:
        """What is remembered of these paths."""
        wanted = [_text(path) for path in paths]
        found: list[Remembered] = []
        for start in range(0, len(wanted), _MOST_IN):
            some = wanted[start : start + _MOST_IN]
            marks = ",".join("?" * len(some))
            found += self._remembered(f"SELECT * FROM findings WHERE path IN ({marks})", some)  # noqa: S608 - marks only
        return found

    def _remembered(self, query: str, values: Sequence[object] = ()) -> list[Remembered]:
        found = []
        for _id, _identity, _path, _severity, text, first, last, writer in self._rows(query, values):
            try:
                found.append(Remembered(finding_of(json.loads(text)), float(first), float(last), str(writer)))
            except (ValueError, TypeError, KeyError):
                continue
        return found

    def places_of(self, identities: Iterable[str]) -> dict[str, set[tuple[str, tuple[str, ...]]]]:
        """Path and steps inside of every remembered place of these credentials."""
        places: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
        for identity in identities:
            for each in self._remembered("SELECT * FROM findings WHERE identity = ?", (identity,)):
                places.setdefault(identity, set()).add((each.finding.place.path, each.finding.place.via))
        return places

    def paths(self, below: str = "") -> list[str]:
        """The paths that hold remembered findings; with `below`, that folder's and those under it."""
        if not below:
            return [_path(row[0]) for row in self._rows("SELECT DISTINCT path FROM findings")]
        under = _text(below.rstrip("/") + "/")
        rows = self._rows(
            "SELECT DISTINCT path FROM findings WHERE path = ? OR substr(path, 1, ?) = ?",
            (_text(below), len(under), under),
        )
        return [_path(row[0]) for row in rows]

    def counts(self) -> dict[Severity, int]:
        """How many findings of each severity."""
        rows = self._rows("SELECT severity, count(*) FROM findings GROUP BY severity")
        return {Severity(level): count for level, count in rows if level in Severity._value2member_map_}

    def replace(
        self, paths: Iterable[str], findings: Iterable[Finding], now: float, writers: dict[str, str] | None = None
    ) -> tuple[list[Remembered], list[Remembered]]:
        """These paths now hold exactly these findings. Gives what is new and what is gone; durable when it returns."""
        before = {each.finding.id: each for each in self.at(paths)}
        found = {finding.id: finding for finding in findings}
        gone = [each for key, each in before.items() if key not in found]
        new, rows = [], []
        for key, finding in found.items():
            known = before.get(key)
            writer = (writers or {}).get(key, "")
            if known is None:
                known = Remembered(finding, now, now, writer)
                new.append(known)
            elif known.finding == finding and now - known.last_seen < _SEEN_EVERY:
                continue
            else:
                known = replace(known, finding=finding, last_seen=now)
            rows.append(_row(known))
        if not rows and not gone:
            return [], []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM findings WHERE id = ?", [(each.finding.id,) for each in gone])
            self._db.executemany("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise self._error(error) from None
        return new, gone

    def note(self, name: str) -> str:
        """A note that the daemon left for itself, empty where it left none."""
        rows = self._rows("SELECT value FROM watch_notes WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def leave_note(self, name: str, value: str) -> None:
        """Keep `value` under `name`."""
        try:
            self._db.execute("INSERT OR REPLACE INTO watch_notes VALUES (?, ?)", (name, value))
        except sqlite3.Error as error:
            raise self._error(error) from None


#: seconds for which `last_seen` may lag behind, so that a file saved each second is not a write each second
_SEEN_EVERY = 3600.0


def finding_as(finding: Finding) -> dict[str, Any]:
    """The finding as JSON takes it."""
    place = finding.place
    return {
        "id": finding.id,
        "identity": finding.identity,
        "rule": finding.rule,
        "title": finding.title,
        "kind": finding.kind,
        "severity": int(finding.severity),
        "reasons": list(finding.reasons),
        "place": [_text(place.path), [_text(step) for step in place.via], place.format, place.owner, place.consumer],
        "parts": [
            [p.role.value, p.line, p.column, p.masked, p.fingerprint, p.span.start, p.span.end, p.name]
            for p in finding.parts
        ],
        "account": finding.account,
        "ambiguous": finding.ambiguous,
        "advice": list(finding.advice),
    }


def finding_of(record: dict[str, Any]) -> Finding:
    """The finding that `finding_as` gave. `ValueError`, `TypeError` or `KeyError` where it is none."""
    path, via, form, owner, consumer = record["place"]
    if record["kind"] not in get_args(Kind):
        raise ValueError("unknown kind")
    return Finding(
        id=str(record["id"]),
        identity=str(record["identity"]),
        rule=str(record["rule"]),
        title=str(record["title"]),
        kind=record["kind"],
        severity=Severity(record["severity"]),
        reasons=tuple(map(str, record["reasons"])),
        place=Place(_path(path), tuple(map(_path, via)), str(form), str(owner), str(consumer)),
        parts=tuple(
            Part(Role(role), int(line), int(column), str(masked), str(print_), Span(int(start), int(end)), str(name))
            for role, line, column, masked, print_, start, end, name in record["parts"]
        ),
        account=None if record["account"] is None else str(record["account"]),
        ambiguous=bool(record["ambiguous"]),
        advice=tuple(map(str, record["advice"])),
    )


def _row(known: Remembered) -> tuple[object, ...]:
    finding = known.finding
    text = json.dumps(finding_as(finding), separators=(",", ":"))
    path = _text(finding.place.path)
    severity = int(finding.severity)
    return finding.id, finding.identity, path, severity, text, known.first_seen, known.last_seen, known.writer


def _text(path: str) -> str:
    """A path as SQLite takes it: bytes that are no UTF-8 stand as `\\xNN`, a backslash as two."""
    return path.replace("\\", "\\\\").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _path(text: object) -> str:
    """The path that `_text` wrote."""
    if not isinstance(text, str):
        raise TypeError("a path is text")
    if "\\" not in text:
        return text
    out, i = bytearray(), 0
    raw = text.encode("utf-8", "surrogatepass")
    while i < len(raw):
        if raw[i : i + 2] == b"\\\\":
            out += b"\\"
            i += 2
        elif raw[i : i + 2] == b"\\x" and len(raw) >= i + 4:
            out.append(int(raw[i + 2 : i + 4], 16))
            i += 4
        else:
            out.append(raw[i])
            i += 1
    return os.fsdecode(bytes(out))
