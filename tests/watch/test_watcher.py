"""The worker in this process: what listeners are told and in which order, clocks that jump, a memory that fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemonlab import Key, wait_for

from keywatch.config import Config, WatchConfig
from keywatch.errors import StateError
from keywatch.memory import Memory
from keywatch.watch import clock
from keywatch.watch.base import FindingAppeared, FindingGone, Published
from keywatch.watch.clock import Clocks
from keywatch.watch.watcher import Watcher, run_watcher


class Lab:
    def __init__(self, home: Path, listeners: list[Callable[[Published], None]]) -> None:
        state = str(home / ".local/state/keywatch")
        self.memory = Memory(state)
        self.lines: list[tuple[str, str]] = []
        config = Config(watch=WatchConfig(system=False, home_sweep=0, sweep=0))
        self.watcher = Watcher(config, self.memory, state, listeners, self._log)
        self.failures: list[str] = []
        self._thread = threading.Thread(target=run_watcher, args=(self.watcher, self.failures.append))
        self._thread.start()
        wait_for(lambda: self.watcher.facts.last_sweep)

    def _log(self, _priority: int, event: str, message: str, **_fields: object) -> None:
        self.lines.append((event, message))

    def events(self) -> list[str]:
        return [event for event, _ in self.lines]

    def end(self) -> None:
        self.watcher.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.memory.close()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lab]]:
    for name in list(os.environ):
        if name.startswith("XDG_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    made: list[Lab] = []

    def build(*listeners: Callable[[Published], None]) -> Lab:
        made.append(Lab(tmp_path, list(listeners)))
        return made[-1]

    yield build
    for lab in made:
        lab.end()


def test_listeners_are_told_in_order_and_one_that_fails_ends_nothing(start: Callable[..., Lab], tmp_path: Path) -> None:
    told: list[Published] = []

    def fail(_event: Published) -> None:
        raise ValueError("secret words")

    lab = start(fail, told.append)
    key, path = Key(), tmp_path / ".bashrc"
    path.write_text(key.text)
    wait_for(lambda: told)
    (first,) = told
    assert isinstance(first, FindingAppeared)
    assert first.finding.place.path == str(path)
    assert [each.finding for each in lab.memory.all()] == [first.finding], "told after it was remembered"
    path.write_text("nothing\n")
    wait_for(lambda: len(told) == 2)
    assert told[1] == FindingGone(first.finding.id, first.finding.identity, first.finding.place)
    assert lab.events().count("listener-failed") == 2
    assert "secret words" not in str(lab.lines)


def test_the_same_key_saved_again_is_told_once(start: Callable[..., Lab], tmp_path: Path) -> None:
    told: list[Published] = []
    lab = start(told.append)
    key, last = Key(), Key()
    path = tmp_path / ".bashrc"
    for number in range(5):
        path.write_text(key.text + f"# {number}\n")
        wait_for(lambda number=number: lab.watcher.facts.waiting == 0)
    (tmp_path / ".profile").write_text(last.text)
    wait_for(lambda: any(event.finding.place.path.endswith(".profile") for event in told))  # type: ignore[union-attr]
    assert len(told) == 2


@pytest.mark.parametrize("slept", [True, False])
def test_after_sleep_and_when_the_clock_was_set_all_is_swept(
    start: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch, slept: bool
) -> None:
    lab = start()
    if slept:
        monkeypatch.setattr(clock, "_slept", lambda: 10_000.0)
    else:
        monkeypatch.setattr(clock, "_offset", lambda: 12.0)
    wait_for(lambda: lab.events().count("sweep-done") == 2)


def test_clocks_say_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks()
    assert clocks.jumped() == ""
    assert Clocks(slept=clocks.slept - 5, offset=clocks.offset).jumped() == "the machine slept"
    assert Clocks(slept=clocks.slept, offset=clocks.offset - 5).jumped() == "the clock was set"
    assert Clocks(slept=clocks.slept, offset=clocks.offset + 1).jumped() == "", "ntp drifts"


def test_a_memory_that_fails_loses_nothing(
    start: Callable[..., Lab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = start()
    works = lab.memory.replace

    def fail(*_: object) -> None:
        raise StateError("state.db: database or disk is full")

    monkeypatch.setattr(lab.memory, "replace", fail)
    key = Key()
    (tmp_path / ".bashrc").write_text(key.text)
    wait_for(lambda: "database or disk is full" in str(lab.watcher.facts.problems))
    assert not lab.memory.all()
    monkeypatch.setattr(lab.memory, "replace", works)
    wait_for(lab.memory.all)
    wait_for(lambda: not lab.watcher.facts.problems)


def test_an_error_that_nobody_foresaw_ends_it_loudly_and_says_no_text(
    start: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = start()

    def fail() -> None:
        raise ValueError("secret words")

    monkeypatch.setattr(Clocks, "jumped", lambda _self: fail())
    wait_for(lambda: lab.failures)
    assert lab.failures[0].startswith("internal error: ValueError at test_watcher.py:")
    assert "secret" not in lab.failures[0]
