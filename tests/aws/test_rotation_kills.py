"""Killed at every step, a rotation goes on or back: no live key is lost or forgotten, the entry always gives one."""

from __future__ import annotations

from keywatch.aws.rotation_states import CUT_SHORT
from tests.aws.rotating import Rotating

KILLED = -9


def every_step(rotating: Rotating, *argv: str, prepare: tuple[tuple[str, ...], ...] = ()) -> list[str]:
    """Kill `argv ENTRY` at each of its steps, each time with another user's key, and recover; the steps."""
    steps: list[str] = []
    while True:
        user, _ = rotating.user()
        for words in prepare:
            status, said, _ = rotating.hurt("key", words[0], user, *words[1:])
            assert status == 0, said
        status, said, step = rotating.hurt("key", argv[0], user, *argv[1:], stop=len(steps) + 1)
        if status != KILLED:
            assert status == 0, said
            rotating.check(user, user)
            return steps
        steps.append(step)
        # as it was killed: what the journal knows of is not lost, and the entry works
        keys = rotating.endpoint.keys(user)
        assert keys[rotating.id_in(user)] == "Active", step
        status, said, _ = rotating.hurt("recover")
        assert status == 0, (step, said)
        assert not [job for job in rotating.jobs() if job.state in CUT_SHORT], step
        keys = rotating.check(user, user, said)
        assert len(keys) <= 2, step
        names = {name for name in rotating.kept() if name.startswith(f"{user}.")}
        assert len(names) == len(keys) - 1, (step, names, keys)
        if len(keys) == 1:  # where it went back, it is done again without trouble
            status, said, _ = rotating.hurt("key", argv[0], user, *argv[1:])
            assert status == 0, (step, said)
            rotating.check(user, user)


def test_rotate(rotating: Rotating) -> None:
    rotating.endpoint.news_travels = 1
    steps = every_step(rotating, "rotate", "--yes")
    assert "before Aws._call create_access_key" in steps
    assert "after Aws._call create_access_key" in steps
    assert sum("FileVault." in step for step in steps) == 8
    assert len(steps) > 25


def test_back_from_an_inactive_key(rotating: Rotating) -> None:
    prepare = (("rotate", "--yes"), ("retire", "--now", "--yes"))
    steps = every_step(rotating, "retire", "--back", "--yes", prepare=prepare)
    assert "after Aws._call update_access_key" in steps
    assert sum("FileVault." in step for step in steps) == 6


def test_retire_to_the_end(rotating: Rotating) -> None:
    """Deactivate and delete: killed anywhere, the next call ends it."""
    stop = 0
    while True:
        stop += 1
        user, old = rotating.user()
        assert rotating.hurt("key", "rotate", user, "--yes")[0] == 0
        new = rotating.id_in(user)
        argv = ("key", "retire", user, "--now", "--delete-after", "0", "--yes")
        status, said, step = rotating.hurt(*argv, stop=stop)
        rotating.check(user, user)
        if status != KILLED:
            assert status == 0, said
            break
        status, said, _ = rotating.hurt(*argv)
        gone = status == 3 and "no rotation" in said  # killed after its last step
        assert status == 0 or gone, (step, said)
        assert rotating.endpoint.keys(user) == {new: "Active"}, step
        assert rotating.kept().get(f"{user}.old") is None
        assert old not in rotating.kept().values()
    assert stop > 10
