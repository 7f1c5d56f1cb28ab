"""The states of a rotation, which may follow which, and what the journal holds of one. Pure: does nothing itself.

Drawn in docs/rotation.md.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from keywatch.aws.jobs import Job, Jobs
from keywatch.errors import JournalError
from keywatch.model import mask_key_id

KIND = "rotation"
#: what is put behind an entry's name: the key that is coming, and the one that goes
NEXT, OLD = ".next", ".old"


class State(enum.StrEnum):
    """How far a rotation is."""

    INTENDED = "intended"  # the second key is about to be made: AWS may have it, and its secret may be nowhere
    CREATED = "created"  # its id is known
    STORED = "stored"  # the incoming key is in the vault, in an entry of its own
    VERIFIED = "verified"  # AWS knows it, as the same identity
    KEPT = "kept"  # the outgoing key is in an entry of its own, too
    SWITCHED = "switched"  # the entry gives the incoming key; the outgoing one is watched
    INACTIVE = "inactive"  # the outgoing key is deactivated, and can be activated again
    RETIRED = "retired"  # it is deleted
    BACKING = "backing"  # the incoming key is to be deleted
    BACK = "taken back"


_S = State
#: what may follow each state: what is not here does not happen
TRANSITIONS: dict[State, frozenset[State]] = {
    _S.INTENDED: frozenset((_S.CREATED, _S.BACKING)),
    _S.CREATED: frozenset((_S.STORED, _S.BACKING)),
    _S.STORED: frozenset((_S.VERIFIED, _S.BACKING, _S.SWITCHED)),
    _S.VERIFIED: frozenset((_S.KEPT, _S.BACKING, _S.SWITCHED)),
    _S.KEPT: frozenset((_S.SWITCHED,)),
    _S.SWITCHED: frozenset((_S.INACTIVE, _S.RETIRED, _S.STORED)),
    _S.INACTIVE: frozenset((_S.RETIRED, _S.STORED, _S.SWITCHED)),
    _S.BACKING: frozenset((_S.BACK,)),
    _S.RETIRED: frozenset(),
    _S.BACK: frozenset(),
}
CUT_SHORT = frozenset((_S.INTENDED, _S.CREATED, _S.STORED, _S.VERIFIED, _S.KEPT, _S.BACKING))
WAITING = frozenset((_S.SWITCHED, _S.INACTIVE))


def state_of(job: Job) -> State:
    """The state of a job. `JournalError` for one that this version does not know."""
    try:
        return State(job.state)
    except ValueError:
        raise JournalError(f"rotation {job.id}: is '{job.state}', which this keywatch does not know") from None


def fact(job: Job, name: str) -> str:
    """What the journal holds of a job. `JournalError` where it lacks it."""
    value = job.facts.get(name)
    if not isinstance(value, str):
        raise JournalError(f"rotation {job.id}: its record has no {name}: restore state.db from a backup")
    return value


def entries_of(job: Job) -> list[str]:
    """The entries that a rotation switches: the one that was named first."""
    also = job.facts.get("also")
    return [job.entry, *map(str, also if isinstance(also, list) else ())]


def names_of(job: Job) -> set[str]:
    """Every entry that a rotation needs, in lower case."""
    names = (*entries_of(job), job.facts.get("next"), job.facts.get("old"))
    return {str(name).casefold() for name in names if name}


def masked(job: Job, name: str) -> str:
    """The id of the `incoming` or `outgoing` key as it is shown; empty where it is not known yet."""
    value = job.facts.get(name)
    return mask_key_id(value.encode()) if isinstance(value, str) and value else ""


def check_follows(job: Job, state: State) -> None:
    """`JournalError` where a job can't go to that state from its own."""
    if state not in TRANSITIONS[state_of(job)]:
        raise JournalError(f"rotation {job.id}: can't go from {job.state} to {state}")


def rotations(jobs: Jobs, states: Sequence[State] | frozenset[State] = ()) -> list[Job]:
    """The rotations in one of these states, or all, the oldest first."""
    return [job for job in jobs.all(KIND) if not states or job.state in states]
