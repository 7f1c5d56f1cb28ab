"""Ending rotations that were cut short: on to the switch where the new key is in the vault, else back.

A key whose secret nobody got is found by comparing what IAM lists with what the journal says it listed before; it is
deleted where it can only be that one, and named to the person otherwise. Asks nobody anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from keywatch.aws.jobs import Ended, Job
from keywatch.aws.rotation import Bench, carry_on, go, holds, take_back, try_back
from keywatch.aws.rotation_states import CUT_SHORT, State, fact, rotations, state_of
from keywatch.aws.userkeys import UserKey, last_use, list_keys, seconds_of
from keywatch.errors import JournalError, KeywatchError

#: seconds after the call within which a key of its making was made: connection, answer, and a busy AWS
WINDOW = 60.0
#: seconds of AWS's clock, which has no finer ones in dates
_SLACK = 2.0
#: seconds after which a key that IAM does not list was not made
SETTLED = 20.0


def recover_rotations(bench: Bench, jobs: Sequence[Job] | None = None) -> list[Ended]:
    """End the rotations that were cut short, or those of `jobs`. Never raises for what can be tried again later."""
    wanted = rotations(bench.jobs, CUT_SHORT) if jobs is None else jobs
    return [_recover_one(bench, job) for job in wanted]


def _recover_one(bench: Bench, job: Job) -> Ended:
    try:
        match state_of(job):
            case State.INTENDED:
                return settle(bench, job)
            case State.CREATED if holds(bench.vault, fact(job, "next"), fact(job, "incoming")):
                job = carry_on(bench, go(bench, job, State.STORED))
            case State.CREATED:
                return _told(bench, job, take_back(bench, job, "its secret was never stored"))
            case State.BACKING:
                return _told(bench, job, try_back(bench, job))
            case _:
                job = carry_on(bench, job)
        return Ended(job, f"finished: entry '{job.entry}' gives the new key")
    except (KeywatchError, OSError) as error:
        return _told(bench, job, str(error))


def _told(bench: Bench, job: Job, words: str) -> Ended:
    """As the journal has the job now."""
    now = next((each for each in rotations(bench.jobs) if each.id == job.id), job)
    ended = now.state not in CUT_SHORT
    return Ended(now, words if ended else f"could not be ended yet: {words}", ended)


def lost(bench: Bench, job: Job) -> str:
    """What came of a call whose answer never came, in words."""
    try:
        return settle(bench, job).words
    except (KeywatchError, OSError) as error:
        return f"{error}\nAWS may have made a key: keywatch recover looks for it"


def settle(bench: Bench, job: Job) -> Ended:
    """End a job of which it is not known whether AWS made a key."""
    asked = seconds_of(fact(job, "asked"))
    aws, user = bench.sign(job), fact(job, "user")
    while True:
        keys, now = list_keys(aws, user)
        found = candidates(keys, [str(each) for each in _before(job)], asked)
        rest = asked + SETTLED - seconds_of(now)
        if found or not 0 < rest <= SETTLED:
            break
        bench.sleep(min(rest, 2.0))  # IAM may not list yet what it made
    unused = [key for key in found if not last_use(aws, key.id).used]
    if len(found) == 1 and unused:
        words = take_back(bench, job, "its secret was lost", incoming=found[0].id)
        return _told(bench, job, words)
    if found:
        ids = ", ".join(key.id for key in found)
        return Ended(
            job,
            f"user {user} has keys that were not there before and may be somebody else's: {ids}. Whoever made none of "
            f"them: aws iam delete-access-key --user-name {user} --access-key-id ID, then keywatch recover",
            ended=False,
        )
    bench.jobs.forget(job)
    return Ended(job, "had not begun: AWS made no key, nothing was changed")


def candidates(keys: Sequence[UserKey], before: Sequence[str], asked: float) -> list[UserKey]:
    """The keys that a call may have made: new since it was asked for, and made within its time."""
    begun, end = asked - _SLACK, asked + WINDOW
    return [key for key in keys if key.id not in before and begun <= (seconds_of(key.created) or begun) <= end]


def _before(job: Job) -> list[object]:
    before = job.facts.get("before")
    if not isinstance(before, list):
        raise JournalError(f"rotation {job.id}: its record has no keys in it: restore state.db from a backup")
    return before


def cut_short_of(bench: Bench, entry: str) -> list[Job]:
    """The rotations of one entry that were cut short, by any of its names."""
    name = entry.casefold()
    return [job for job in rotations(bench.jobs, CUT_SHORT) if job.entry.casefold() == name]
