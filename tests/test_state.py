"""state.py: what was clean is remembered for one rule set, and a broken database costs only time."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from keywatch.errors import StateError
from keywatch.state import RECORD, State


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
