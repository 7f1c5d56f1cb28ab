"""The audit log: numbered, chained, added to by several at once, and every way of meddling with it shows."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keywatch import audit
from keywatch.errors import StateError


def fill(folder: Path, count: int = 5) -> list[bytes]:
    for number in range(count):
        audit.append(str(folder), "read", entry=f"entry-{number}", uid=1000 + number)
    return (folder / audit.NAME).read_bytes().splitlines(keepends=True)


def test_events_come_back_in_order_and_the_chain_is_whole(tmp_path: Path) -> None:
    lines = fill(tmp_path)
    assert [each.fields["entry"] for each in audit.each_event(str(tmp_path))] == [f"entry-{n}" for n in range(5)]
    told = audit.verify(str(tmp_path))
    assert (told.events, told.first, told.last, told.flaws, told.torn) == (5, 1, 5, (), 0)
    assert told.head == json.loads(lines[-1])["hash"]
    assert (tmp_path / audit.NAME).stat().st_mode & 0o777 == 0o600


def test_the_hash_is_as_documented(tmp_path: Path) -> None:
    """As a person would check it with sed and sha256sum."""
    before = "0" * 64
    for line in fill(tmp_path):
        text = line.rstrip(b"\n")
        digest = json.loads(text)["hash"]
        assert hashlib.sha256(text.replace(f',"hash":"{digest}"'.encode(), b"")).hexdigest() == digest
        assert json.loads(text)["prev"] == before
        before = digest


def _change(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"entry-2", b"entry-9"), *lines[3:]]


def _swap(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _forge(lines: list[bytes]) -> list[bytes]:
    """Changed, and its own hash made right again: the next event tells."""
    record = json.loads(lines[2])
    record["entry"] = "other"
    del record["hash"]
    body = json.dumps(record, separators=(",", ":")).encode()
    line = body[:-1] + f',"hash":"{hashlib.sha256(body).hexdigest()}"}}\n'.encode()
    return [*lines[:2], line, *lines[3:]]


@pytest.mark.parametrize(
    "meddle",
    [
        _change,
        _swap,
        _forge,
        lambda lines: [*lines[:2], *lines[3:]],  # taken out
        lambda lines: [*lines[:3], lines[2], *lines[3:]],  # repeated
        lambda lines: [*lines[:3], b"something else\n", *lines[3:]],  # put in
        lambda lines: [*lines[:2], b"\n", *lines[3:]],
        lambda lines: [*lines[:-1], lines[-1][:40]],  # the last one cut: a crash, or not
    ],
    ids=["changed", "swapped", "forged", "removed", "repeated", "put-in", "blanked", "cut"],
)
def test_meddling_shows(tmp_path: Path, meddle: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = fill(tmp_path)
    (tmp_path / audit.NAME).write_bytes(b"".join(meddle(lines)))
    assert audit.verify(str(tmp_path)).flaws


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_can_be_flipped_unseen(tmp_path: Path, at: int, bit: int) -> None:
    (tmp_path / audit.NAME).unlink(missing_ok=True)
    content = bytearray(b"".join(fill(tmp_path)))
    content[at % len(content)] ^= 1 << bit
    if at % len(content) == len(content) - 1:
        return  # the line end of the last event: what follows is a torn line, which the next event would name
    (tmp_path / audit.NAME).write_bytes(content)
    assert audit.verify(str(tmp_path)).flaws


def test_a_noted_event_proves_that_the_end_was_not_cut(tmp_path: Path) -> None:
    lines = fill(tmp_path)
    noted = (5, json.loads(lines[-1])["hash"])
    assert not audit.verify(str(tmp_path), noted).flaws
    (tmp_path / audit.NAME).write_bytes(b"".join(lines[:-1]))
    assert not audit.verify(str(tmp_path)).flaws  # a shorter chain is a chain
    assert "not there" in audit.verify(str(tmp_path), noted).flaws[0]
    audit.append(str(tmp_path), "read", entry="another")
    assert "another than the one that was noted" in audit.verify(str(tmp_path), noted).flaws[0]


def test_a_line_that_a_crash_cut_short_is_told_from_meddling(tmp_path: Path) -> None:
    lines = fill(tmp_path)
    (tmp_path / audit.NAME).write_bytes(b"".join(lines[:-1]) + lines[-1][:50])
    made = audit.append(str(tmp_path), "read", entry="after")
    assert made.n == 5
    told = audit.verify(str(tmp_path))
    assert (told.flaws, told.torn, told.events) == ((), 1, 5)
    content = (tmp_path / audit.NAME).read_bytes()
    (tmp_path / audit.NAME).write_bytes(content.replace(lines[-1][:50], lines[-1][:49] + b"x"))
    assert audit.verify(str(tmp_path)).flaws


def test_full_files_are_set_aside_and_the_chain_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 2000)
    fill(tmp_path, 30)
    segments = sorted(path.name for path in tmp_path.glob("audit-*.jsonl"))
    assert len(segments) > 2
    told = audit.verify(str(tmp_path))
    assert (told.events, told.last, told.flaws) == (30, 30, ())
    (tmp_path / segments[1]).unlink()
    assert audit.verify(str(tmp_path)).flaws
    (tmp_path / segments[0]).unlink()  # the oldest may be put into an archive: the rest is a chain from there on
    rest = audit.verify(str(tmp_path))
    assert rest.first > 1 and not rest.flaws


def test_many_processes_make_one_chain(tmp_path: Path) -> None:
    code = "import sys; from keywatch import audit\nfor n in range(40): audit.append(sys.argv[1], 'read', entry=str(n))"
    several = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(4)]
    assert [each.wait(60) for each in several] == [0] * 4
    told = audit.verify(str(tmp_path))
    assert (told.events, told.flaws) == (160, ())


def test_what_can_not_be_recorded_is_an_error(tmp_path: Path) -> None:
    (tmp_path / audit.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError, match="can't be recorded"):
        audit.append(str(tmp_path), "read", entry="a")
    assert not os.path.lexists(tmp_path / "elsewhere")


def test_hostile_names_stay_on_their_line(tmp_path: Path) -> None:
    name = 'a\n{"n":99}\ud800' + "x" * 100_000
    audit.append(str(tmp_path), "refused", entry=name, places=[name] * 9)
    (event,) = audit.each_event(str(tmp_path))
    assert len(str(event.fields["entry"])) == 1000
    assert not audit.verify(str(tmp_path)).flaws


def test_an_event_does_not_override_its_own_frame(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hash"):
        audit.append(str(tmp_path), "read", hash="0")
