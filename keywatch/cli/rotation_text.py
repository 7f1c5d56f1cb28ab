"""A rotation as a person reads it, and as JSON: how far it is, what was done, what is waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from keywatch.aws.jobs import Job, Jobs
from keywatch.aws.retirement import Due, Retired, known_step
from keywatch.aws.rotation_states import CUT_SHORT, WAITING, entries_of, masked, rotations
from keywatch.aws.userkeys import Use, seconds_of
from keywatch.paths import Homes, has_state
from keywatch.report.base import plural

if TYPE_CHECKING:
    from keywatch.cli.move_text import Page

SCHEMA = "keywatch.rotation/1"
_DAY = 86400.0


def job_json(job: Job, due: Due | None = None) -> dict[str, Any]:
    """A rotation for machines. `next`: what comes for the old key, and from when on."""
    due = known_step(job) if due is None else due
    told = {name: str(job.facts.get(name) or "") for name in ("account", "user", "switched", "inactive")}
    used = {name: str(job.facts.get(name) or "") for name in ("used", "service", "region")}
    return {
        "id": job.id, "kind": job.kind, "state": job.state, "entry": job.entry, "vault": job.vault,
        "entries": entries_of(job), "made": job.made, **told, "old": masked(job, "outgoing"),
        "new": masked(job, "incoming"), "last_use": used, "next": {"step": due.step, "from": due.date},
    }  # fmt: skip


def describe_use(use: Use | None, now: float | None = None) -> str:
    """A key's last use in words."""
    if use is None:
        return "its last use may not be seen"
    if not use.used:
        return "never used"
    by = f" by {use.service}" if use.service else ""
    return f"last used {_ago(use.used, now)}{by}{f' in {use.region}' if use.region else ''}"


def show_retired(page: Page, done: Retired) -> None:
    """What came of one retirement."""
    old = masked(done.job, "outgoing")
    lines = [*done.did, *done.words]
    use = f"{describe_use(done.use)}; " if done.use else ""
    if done.due.step == "deactivate":
        lines.append(f"old key {old}: {use}deactivated from {day(done.due.date)} on, if nobody uses it until then")
    elif done.due.step == "delete":
        lines.append(f"old key {old}: {use}inactive, deleted from {day(done.due.date)} on")
        lines.append(f"what fails meanwhile needs it: keywatch key retire {done.job.entry} --back gives it again")
    page.rows(done.job.entry, lines[:1])
    page.rows("", lines[1:])


def day(date: str) -> str:
    """A time of metadata as people read it."""
    return f"{date[:10]} {date[11:16]} UTC"


def pending_rotations(homes: Homes) -> list[Job]:
    """The rotations that are not at their end, the oldest first."""
    if not has_state(homes.state):
        return []
    with Jobs(homes.state) as jobs:
        return rotations(jobs, WAITING | CUT_SHORT)


def describe(job: Job) -> str:
    """A rotation that is not at its end, in words."""
    old, new = masked(job, "outgoing"), masked(job, "incoming")
    if job.state in CUT_SHORT:
        return f"the rotation of {old} was cut short ({job.state}): keywatch recover ends it"
    due = known_step(job)
    what = "deactivate" if due.step == "deactivate" else "delete"
    used = f", last used {day(str(job.facts['used']))}" if job.facts.get("used") else ""
    state = "still active" if due.step == "deactivate" else "inactive"
    ends = f"keywatch key retire {job.entry} may {what} it from {day(due.date)} on"
    return f"rotated to {new}; the old key {old} is {state}{used}: {ends}"


def _ago(when: str, now: float | None = None) -> str:
    seconds = (time.time() if now is None else now) - seconds_of(when)
    for size, name in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{plural(int(seconds // size), name)} ago"
    return "just now"
