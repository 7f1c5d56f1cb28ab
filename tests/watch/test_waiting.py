"""The queue of changed files: nothing is lost, nothing waits for ever, what is due comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.places.base import Target
from keywatch.watch.waiting import LONGEST, REST, SLOW, Waiting

A, B = Target("/a"), Target("/b")
QUIET = 0.15


def test_a_file_is_due_when_it_was_left_alone() -> None:
    waiting = Waiting(QUIET)
    waiting.change(A, 10.0)
    waiting.change(A, 10.1)
    assert waiting.take(10.2, 9) == ([], True)
    assert waiting.next_due(10.2) == pytest.approx(0.05)
    assert waiting.take(10.26, 9) == ([A], False)
    assert len(waiting) == 0
    assert waiting.next_due(11) is None


def test_a_file_that_is_written_all_the_time_is_due_all_the_same() -> None:
    waiting = Waiting(QUIET)
    moment = 10.0
    while not (taken := waiting.take(moment, 9)[0]):
        waiting.change(A, moment)
        moment += 0.05
        assert moment < 12
    assert taken == [A]
    assert moment == pytest.approx(10.0 + LONGEST, abs=0.06)


def test_what_was_just_written_comes_before_a_sweep() -> None:
    waiting = Waiting(QUIET)
    for number in range(5):
        waiting.sweep(Target(f"/s{number}"))
    waiting.change(A, 1.0)
    assert waiting.take(2.0, 3) == ([A], False)
    targets, swept = waiting.take(2.0, 3)
    assert swept
    assert [target.path for target in targets] == ["/s0", "/s1", "/s2"]
    assert waiting.to_sweep == 2
    assert waiting.next_due(2.0) == 0


def test_a_sweep_does_not_hold_up_what_is_about_to_be_due() -> None:
    waiting = Waiting(QUIET)
    for number in range(100):
        waiting.sweep(Target(f"/s{number}"))
    waiting.change(A, 1.0)
    assert len(waiting.take(1.01, 128)[0]) == 32


def test_a_changed_file_is_not_swept_besides() -> None:
    waiting = Waiting(QUIET)
    waiting.change(A, 1.0)
    waiting.sweep(A)
    assert len(waiting) == 1


def test_a_slow_file_rests_and_others_do_not() -> None:
    waiting = Waiting(QUIET)
    for moment in (9.0, 10.0):
        waiting.took([A], SLOW * 3, moment)
        waiting.took([B], SLOW / 2, moment)
    waiting.change(A, 10.0)
    waiting.change(B, 10.0)
    assert waiting.take(11.0, 9) == ([B], False)
    rest = SLOW * 3 * REST
    assert waiting.take(10.0 + rest - 0.01, 9) == ([], True)
    assert waiting.take(10.0 + rest, 9) == ([A], False)


def test_slow_once_is_no_reason_to_rest() -> None:
    waiting = Waiting(QUIET)
    for seconds in (SLOW * 3, SLOW / 2, SLOW * 3):
        waiting.took([A], seconds, 10.0)
    waiting.change(A, 10.0)
    assert waiting.take(11.0, 9) == ([A], False)


def test_one_file_can_be_claimed_whatever_waits() -> None:
    waiting = Waiting(QUIET)
    waiting.sweep(A)
    assert not waiting.claim("/a", 1.0), "swept, not changed"
    assert len(waiting) == 0
    waiting.change(A, 1.0)
    assert not waiting.claim("/a", 1.1), "not due"
    assert waiting.claim("/a", 1.2)
    assert not waiting.claim("/a", 1.3)


@given(
    st.lists(st.tuples(st.sampled_from("cst"), st.integers(0, 5), st.floats(0, 0.3), st.integers(1, 4)), max_size=60)
)
def test_every_change_is_taken_after_it_happened_and_soon(steps: list[tuple[str, int, float, int]]) -> None:
    waiting, now = Waiting(QUIET), 100.0
    since: dict[str, float] = {}
    swept: set[str] = set()
    for what, number, later, most in steps:
        target = Target(f"/{number}")
        now += later
        if what == "c":
            waiting.change(target, now)
            since.setdefault(target.path, now)
        elif what == "s":
            waiting.sweep(target)
            if target.path not in since:
                swept.add(target.path)
        else:
            taken, was_sweep = waiting.take(now, most)
            assert len(taken) <= most
            for each in taken:
                if was_sweep:
                    swept.discard(each.path)
                else:
                    assert now >= since.pop(each.path) + QUIET - 1e-9
    now += LONGEST
    while since or swept:
        taken, was_sweep = waiting.take(now, 3)
        assert taken, "nothing is left behind"
        for each in taken:
            swept.discard(each.path) if was_sweep else since.pop(each.path)
    assert waiting.take(now, 3) == ([], True)
