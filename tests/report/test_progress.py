"""The progress line: only on a terminal, only when it takes long, and gone at the end."""

from __future__ import annotations

import io

import pytest

from keywatch.report import progress
from keywatch.report.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    return now


def test_it_waits_and_wipes(clock: list[float]) -> None:
    err = Terminal()
    with Progress(err, "/home/a") as call:
        call("/home/a/x", 1, 0)
        assert err.getvalue() == ""
        clock[0] += 0.6
        call("/home/a/y\x1b", 1234, 2)
        assert "sweeping: 1,234 files, 2 seen  ~/y\\x1b" in err.getvalue()
        shown = err.getvalue()
        call("/home/a/z", 1235, 0)
        assert err.getvalue() == shown
        clock[0] += 0.2
        call("/" + "long" * 100, 1236, 0)
        assert len(err.getvalue().rsplit("\r", 1)[1]) <= 83
    assert err.getvalue().endswith("\r\x1b[K")


def test_it_is_silent_off_a_terminal_and_when_unwanted(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    for err, wanted in ((io.StringIO(), True), (Terminal(), False)):
        with Progress(err, wanted=wanted) as call:
            clock[0] += 10
            call("x", 1, 0)
        assert err.getvalue() == ""
    monkeypatch.setenv("TERM", "dumb")
    err = Terminal()
    with Progress(err) as call:
        clock[0] += 10
        call("x", 1, 0)
    assert err.getvalue() == ""


def test_a_terminal_that_goes_away_ends_only_the_line(clock: list[float]) -> None:
    err = Terminal()
    with Progress(err) as call:
        clock[0] += 10
        err.close()
        call("x", 1, 0)
        call("x", 2, 0)
