"""The end of a rotated key: watched until nobody uses it, deactivated, later deleted; or taken into use again.

What is due when is decided by `next_step`, which asks nothing. Never acts before its time unless told to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from keywatch.aws.client import DENIED
from keywatch.aws.jobs import Job
from keywatch.aws.rotation import Bench, carry_on, delete_key, go, holds, note, set_active
from keywatch.aws.rotation_states import State, entries_of, fact, masked
from keywatch.aws.userkeys import Use, last_use, list_keys, seconds_of
from keywatch.errors import AwsError, EntryMissingError, RotationError
from keywatch.vault.base import timestamp

DAY = 86400.0
#: seconds without a use before a key is deactivated, and from there to its deletion
AFTER, DELETE_AFTER = DAY, 14 * DAY


@dataclass(frozen=True, slots=True)
class Due:
    """What comes next for the outgoing key, and from when on, in seconds of the Unix clock."""

    step: Literal["deactivate", "delete", ""]
    when: float = 0.0

    @property
    def date(self) -> str:
        """`when` as metadata holds it; empty where nothing comes."""
        return timestamp(datetime.fromtimestamp(self.when, UTC)) if self.step else ""


@dataclass(frozen=True, slots=True)
class Retired:
    """What was done, what is waited for (`due`) and why; `use` is the outgoing key's last one, where AWS told."""

    job: Job
    did: tuple[str, ...]
    due: Due
    use: Use | None = None
    words: tuple[str, ...] = ()


def next_step(job: Job, used: str = "") -> Due:
    """What is due for a rotation that waits; `used` is the last known use of the outgoing key."""
    if job.state == State.SWITCHED:
        return Due("deactivate", max(seconds_of(fact(job, "switched")), seconds_of(used)) + _wait(job, "after", AFTER))
    if job.state == State.INACTIVE:
        return Due("delete", seconds_of(fact(job, "inactive")) + _wait(job, "delete_after", DELETE_AFTER))
    return Due("")


def known_step(job: Job) -> Due:
    """The same by what the journal remembers of the last use."""
    used = job.facts.get("used")
    return next_step(job, used if isinstance(used, str) else "")


def retire(bench: Bench, job: Job, clock: Callable[[], float] = time.time, *, at_once: bool = False) -> Retired:
    """Take the steps that are due. `at_once`: deactivate whether or not the key is in use."""
    aws, key_id = bench.sign(job), fact(job, "outgoing")
    did: list[str] = []
    words: list[str] = []
    listed, _ = list_keys(aws, fact(job, "user"))
    mine = next((key for key in listed if key.id == key_id), None)
    if mine is None:
        return _finish(bench, job, [f"the old key {masked(job, 'outgoing')} is gone at AWS already"])
    if mine.active and job.state == State.INACTIVE:
        words.append("somebody activated the old key again: it is watched anew")
        job = go(bench, job, State.SWITCHED, switched=timestamp(), inactive="")
    elif not mine.active and job.state == State.SWITCHED:
        words.append("somebody deactivated the old key already")
        job = go(bench, job, State.INACTIVE, inactive=timestamp())
    use: Use | None = None
    try:
        use = last_use(aws, key_id)
        job = bench.jobs.advance(job, job.state, used=use.used, service=use.service, region=use.region)
    except AwsError as error:
        if error.code not in DENIED:
            raise
        if job.state == State.SWITCHED and not at_once:
            words.append(
                f"who uses the old key can't be seen ({error.operation} is denied): name who may with --profile or "
                "--as, or deactivate it with --now"
            )
            return Retired(job, tuple(did), Due(""), None, tuple(words))
    due = next_step(job, use.used if use else "")
    if due.step == "deactivate" and (at_once or due.when <= clock()):
        _check_not_needed(bench, job)
        note(bench, job, "deactivate", masked(job, "outgoing"))
        set_active(aws, job, key_id, active=False)
        job = go(bench, job, State.INACTIVE, inactive=timestamp())
        did.append(f"the old key {masked(job, 'outgoing')} is deactivated")
        due = next_step(job)
    if due.step == "delete" and due.when <= clock():
        _check_not_needed(bench, job)
        note(bench, job, "delete", masked(job, "outgoing"))
        delete_key(aws, job, key_id)
        return _finish(bench, job, [*did, f"the old key {masked(job, 'outgoing')} is deleted"], use, words)
    return Retired(job, tuple(did), due, use, tuple(words))


def _finish(
    bench: Bench, job: Job, did: list[str], use: Use | None = None, words: list[str] | None = None
) -> Retired:  # fmt: skip
    """The outgoing key is no more: nor is its entry."""
    name = fact(job, "old")
    if holds(bench.vault, name, fact(job, "outgoing")):
        bench.vault.remove(name)
        did.append(f"entry '{name}' is taken out of the vault")
    return Retired(go(bench, job, State.RETIRED), tuple(did), Due(""), use, tuple(words or ()))


def _check_not_needed(bench: Bench, job: Job) -> None:
    """The entry's own key must live on: a person may have put the old one back."""
    if again := [name for name in entries_of(job) if holds(bench.vault, name, fact(job, "outgoing"))]:
        raise RotationError(
            f"entry '{again[0]}' gives the old key again: it is neither deactivated nor deleted. "
            f"keywatch key retire {job.entry} --back takes the rotation back"
        )


def give_back(bench: Bench, job: Job) -> Job:
    """Switch back to the outgoing key, activated again if need be; the other one is retired in its stead."""
    old = fact(job, "old")
    if not holds(bench.vault, old, fact(job, "outgoing")):
        raise RotationError(f"entry '{old}' does not hold the old key any more: it can't be switched back to")
    try:
        bench.vault.get(job.entry)
    except EntryMissingError:
        raise RotationError(f"entry '{job.entry}' is not in {bench.vault.title} any more") from None
    note(bench, job, "back", masked(job, "outgoing"))
    swapped = {
        "incoming": fact(job, "outgoing"), "outgoing": fact(job, "incoming"), "next": old, "old": fact(job, "next"),
    }  # fmt: skip
    job = go(bench, job, State.STORED, **swapped, returning=job.state, used="", service="", region="")
    return carry_on(bench, job)


def _wait(job: Job, name: str, default: float) -> float:
    value = job.facts.get(name)
    return float(value) if isinstance(value, (int, float)) else default
