"""sweep/crew.py: every unit is done once, whatever dies on the way. Real forks, real signals."""

from __future__ import annotations

import faulthandler
import os
import signal
from typing import TYPE_CHECKING

import pytest

from keywatch.sweep.crew import run_crew

if TYPE_CHECKING:
    from keywatch.sweep.crew import Emit, Message


class _Counting:
    """Says which unit it did, and dies on the file of one unit."""

    def __init__(self, emit: Emit, crashed: frozenset[str], *, deadly: int = -1, always: bool = False) -> None:
        self.emit, self.crashed, self.deadly, self.always = emit, crashed, deadly, always

    def do(self, unit: int) -> None:
        if unit == self.deadly and (self.always or "deadly" not in self.crashed):
            self.emit({"on": "deadly"})
            faulthandler.disable()  # pytest's would print all that is on the stack
            os.kill(os.getpid(), signal.SIGSEGV)
        self.emit({"did": unit, "pid": os.getpid()})


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_every_unit_is_done_once(jobs: int) -> None:
    got: list[Message] = []
    run_crew(300, _Counting, jobs, got.append)
    assert sorted(m["did"] for m in got) == list(range(300))
    assert (os.getpid() in {m["pid"] for m in got}) == (jobs == 1)


def test_a_worker_that_dies_names_its_file_and_loses_nothing() -> None:
    got: list[Message] = []
    run_crew(40, lambda emit, crashed: _Counting(emit, crashed, deadly=7), 2, got.append)
    assert [m for m in got if "crashed" in m] == [{"crashed": "deadly", "status": -signal.SIGSEGV}]
    assert sorted(m["did"] for m in got if "did" in m) == list(range(40))


def test_a_unit_that_always_kills_is_given_up_and_said() -> None:
    got: list[Message] = []
    run_crew(10, lambda emit, crashed: _Counting(emit, crashed, deadly=3, always=True), 2, got.append)
    assert {"undone": 3} in got
    assert sorted(m["did"] for m in got if "did" in m) == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_an_error_in_the_parent_leaves_no_worker_behind() -> None:
    def refuse(message: Message) -> None:
        raise RuntimeError(str(message["pid"]))

    with pytest.raises(RuntimeError) as caught:
        run_crew(50, _Counting, 2, refuse)
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(caught.value)), 0)
