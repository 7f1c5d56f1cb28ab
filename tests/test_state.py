"""state.py: what was clean is remembered for one rule set, and a broken database costs only time."""

from __future__ import annotations

import datetime
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from madeup import full_result

from keywatch.errors import StateError
from keywatch.severity import Severity
from keywatch.state import RECORD, State
from keywatch.totals import DayTotals, add_up


def test_remembers_and_forgets_with_the_rules(tmp_path: Path) -> None:
    folder = str(tmp_path / "state")
    blob = RECORD.pack(1, 2, 3, 4)
    with State(folder) as state:
        state.save_clean("rules-1", {(1, 2): blob, (-5, -6): blob * 2})
        assert state.load_clean("rules-1") == {(1, 2): blob, (-5, -6): blob * 2}
        assert state.load_clean("rules-2") == {}
        state.save_clean("rules-2", {(9, 9): blob})
    with State(folder) as state:
        assert state.load_clean("rules-2") == {(9, 9): blob}
        assert state.load_clean("rules-1") == {}
    assert stat.S_IMODE(os.stat(f"{folder}/state.db").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_odd_rows_are_left_out(tmp_path: Path) -> None:
    with State(str(tmp_path)) as state:
        state.save_clean("r", {(1, 1): b"not a multiple", (2, 2): RECORD.pack(1, 2, 3, 4)})
        assert set(state.load_clean("r")) == {(2, 2)}


def test_a_broken_database_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "state.db").write_bytes(os.urandom(8192))
    with pytest.raises(StateError, match=r"state\.db: .*move the file away"):
        State(str(tmp_path))


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(StateError, match="writable by nobody else"):
        State(str(tmp_path))


def test_a_link_for_the_database_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "state.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError):
        State(str(tmp_path))
    assert not (tmp_path / "elsewhere").exists()


def test_totals_of_a_day_are_those_of_its_last_sweep(tmp_path: Path) -> None:
    found = full_result().findings
    today = add_up(found, "2026-09-21")
    assert (sum(today.keys), today.places) == (len({f.identity for f in found}), len(found))
    assert today.keys[Severity.CRITICAL] == 1, "a key counts once, by its most urgent place"
    with State(str(tmp_path)) as state:
        state.save_totals("home", add_up([], "2026-09-21"))
        state.save_totals("home", today)
        state.save_totals("home", add_up(found[:1], "2026-09-20"))
        assert [(t.day, sum(t.keys)) for t in state.load_totals("home")] == [("2026-09-20", 1), ("2026-09-21", 6)]
        assert state.load_totals("well-known") == ()


def test_totals_are_kept_for_a_bounded_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keywatch.state.KEPT_DAYS", 10)
    with State(str(tmp_path)) as state:
        for number in range(15):
            day = datetime.date.fromordinal(740_000 + number).isoformat()
            state.save_totals("home", DayTotals(day, (0, 0, 0, 0, number), number))
        kept = state.load_totals("home")
    assert [t.places for t in kept] == list(range(5, 15))


def test_totals_that_nobody_here_wrote_are_left_out(tmp_path: Path) -> None:
    with State(str(tmp_path)) as state:
        state.save_totals("home", DayTotals("2026-01-01", (1, 2, 3, 4, 5), 15))
    database = sqlite3.connect(tmp_path / "state.db")
    for day, count in (("<script>", 1), ("2026-01-02", "many"), ("2026-01-03", -1), ("२०२६-01-04", 1)):
        database.execute("INSERT INTO totals VALUES ('home', ?, 0, 0, 0, 0, ?, 1)", (day, count))
    database.commit()
    database.close()
    with State(str(tmp_path)) as state:
        assert [t.day for t in state.load_totals("home")] == ["2026-01-01"]
