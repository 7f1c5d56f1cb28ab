"""The memory of findings: what is kept comes back, what is damaged is passed over, nothing is announced twice."""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.errors import StateError
from keywatch.memory import Memory, Remembered, finding_as, finding_of
from keywatch.model import Finding, Part, Place, Role, Span
from keywatch.severity import Severity

PART = Part(Role.ACCESS_KEY_ID, 3, 26, "AKIA…WXYZ", "f" * 64, Span(10, 30), "AWS_ACCESS_KEY_ID")
FINDING = Finding(
    id="f1", identity="i1", rule="aws-access-key", title="AWS access key", kind="long-lived", severity=Severity.HIGH,
    reasons=("it works from anywhere",), place=Place("/home/a/.bashrc", (), "shell", "a", "bash"), parts=(PART,),
    account="123456789012", ambiguous=False, advice=("rotate it",),
)  # fmt: skip


def at(path: str, name: str = "", **more: object) -> Finding:
    return replace(FINDING, id=name or path, place=replace(FINDING.place, path=path), **more)  # type: ignore[arg-type]


#: paths as Linux has them: any bytes but NUL, and what the text form must not confuse
PATHS = st.binary(min_size=1, max_size=20).filter(lambda b: b"\0" not in b).map(os.fsdecode) | st.text(
    st.sampled_from("\\x4aé/\udcff"), min_size=1, max_size=12
).filter(lambda text: os.fsdecode(os.fsencode(text)) == text)


@given(PATHS, st.lists(PATHS, max_size=3))
def test_any_finding_comes_back_as_it_was(path: str, via: list[str]) -> None:
    finding = replace(FINDING, place=replace(FINDING.place, path=path, via=tuple(via)))
    assert finding_of(finding_as(finding)) == finding


@given(st.lists(PATHS, unique=True, max_size=6))
def test_any_path_is_found_again(paths: list[str]) -> None:
    memory = Memory("/nonexistent", read_only=True)  # an empty one, in memory
    memory._db.execute("PRAGMA query_only=OFF")
    findings = [at(path, f"f{number}") for number, path in enumerate(paths)]
    memory.replace(paths, findings, 1.0)
    assert sorted(memory.paths()) == sorted(paths)
    for path, finding in zip(paths, findings, strict=True):
        assert [each.finding for each in memory.at([path])] == [finding]
    memory.close()


def test_new_and_gone_are_told_once(tmp_path: Path) -> None:
    with Memory(str(tmp_path)) as memory:
        new, gone = memory.replace(["/a"], [at("/a")], 100.0, {"/a": "vim"})
        assert new == [Remembered(at("/a"), 100.0, 100.0, "vim")]
        assert gone == []
        assert memory.replace(["/a"], [at("/a")], 101.0) == ([], [])
        worse = at("/a", severity=Severity.CRITICAL)
        assert memory.replace(["/a"], [worse], 102.0) == ([], [])
        assert memory.all() == [Remembered(worse, 100.0, 102.0, "vim")]
        assert memory.replace(["/b"], [], 103.0) == ([], [])
        assert memory.replace(["/a"], [], 104.0) == ([], [Remembered(worse, 100.0, 102.0, "vim")])
        assert memory.all() == []
    with Memory(str(tmp_path), read_only=True) as memory:
        assert memory.all() == []


def test_it_is_told_by_severity_then_age(tmp_path: Path) -> None:
    with Memory(str(tmp_path)) as memory:
        memory.replace(["/a"], [at("/a")], 2.0)
        memory.replace(["/b"], [at("/b")], 1.0)
        memory.replace(["/c"], [at("/c", severity=Severity.CRITICAL, identity="i2")], 3.0)
        assert [each.finding.id for each in memory.all()] == ["/c", "/b", "/a"]
        assert memory.counts() == {Severity.HIGH: 2, Severity.CRITICAL: 1}
        assert memory.places_of(["i1", "i2", "none"]) == {"i1": {("/a", ()), ("/b", ())}, "i2": {("/c", ())}}


def test_paths_below_a_folder(tmp_path: Path) -> None:
    with Memory(str(tmp_path)) as memory:
        for path in ("/a/b/c", "/a/b", "/a/bc", "/a%/x"):
            memory.replace([path], [at(path)], 1.0)
        assert sorted(memory.paths("/a/b")) == ["/a/b", "/a/b/c"]
        assert memory.paths("/a%") == ["/a%/x"]


def test_many_paths_at_once(tmp_path: Path) -> None:
    paths = [f"/p{number}" for number in range(1200)]
    with Memory(str(tmp_path)) as memory:
        memory.replace(paths, map(at, paths), 1.0)
        assert len(memory.at(paths)) == 1200
        _, gone = memory.replace(paths, [], 2.0)
        assert len(gone) == 1200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"place": 5}',
        "not json",
        '{"id": "x", "kind": "nonsense", "place": ["/a",[],"","",""]}',
    ],
)
def test_a_damaged_row_is_passed_over(tmp_path: Path, text: str) -> None:
    with Memory(str(tmp_path)) as memory:
        memory.replace(["/a", "/b"], [at("/a"), at("/b")], 1.0)
        memory._db.execute("UPDATE findings SET finding = ? WHERE id = '/a'", (text,))
        assert [each.finding.id for each in memory.all()] == ["/b"]
        new, _gone = memory.replace(["/a"], [at("/a")], 2.0)  # it is found again, and whole
        assert [each.finding.id for each in new] == ["/a"]
        assert len(memory.all()) == 2


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted(finding_as(FINDING))), inner), max_leaves=12))  # fmt: skip  # noqa: E501
def test_no_row_is_more_than_a_bad_row(record: object) -> None:
    try:
        finding_of(record)  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError):
        return


def test_it_is_closed_to_others_and_follows_no_link(tmp_path: Path) -> None:
    with Memory(str(tmp_path / "state")):
        pass
    assert stat.S_IMODE((tmp_path / "state/state.db").stat().st_mode) == 0o600
    (tmp_path / "linked").mkdir(mode=0o700)
    (tmp_path / "linked/state.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError):
        Memory(str(tmp_path / "linked"))
    assert not (tmp_path / "elsewhere").exists()


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with Memory(str(tmp_path / "none"), read_only=True) as memory:
        assert memory.all() == []
        assert memory.counts() == {}
    assert not (tmp_path / "none").exists()
    with Memory(str(tmp_path)):
        pass
    with Memory(str(tmp_path), read_only=True) as memory, pytest.raises(StateError):
        memory.replace(["/a"], [at("/a")], 1.0)


def test_a_file_that_is_no_database_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"x" * 5000)
    with pytest.raises(StateError, match="move the file away"):
        Memory(str(tmp_path))
    sqlite3.connect(":memory:").close()


def test_notes(tmp_path: Path) -> None:
    with Memory(str(tmp_path)) as memory:
        assert memory.note("x") == ""
        memory.leave_note("x", "1")
        memory.leave_note("x", "2")
        assert memory.note("x") == "2"
