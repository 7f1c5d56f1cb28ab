"""A rotation as a person reads it, and as JSON: the plan, what was done, what is waited for."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from typing import Any

from keywatch.aws.jobs import Job, Jobs
from keywatch.aws.retirement import Due, Retired, known_step
from keywatch.aws.rotation import CUT_SHORT, WAITING, entries_of, masked, rotations
from keywatch.aws.rotation_plan import MOST, UNUSED, Other, Subject
from keywatch.aws.userkeys import Use, seconds_of
from keywatch.cli.key_uses import HOUR, NEVER, START, Uses
from keywatch.cli.move_text import Page
from keywatch.paths import Homes
from keywatch.report.base import plural

SCHEMA = "keywatch.rotation/1"
_DAY = 86400.0
_HOW = {
    HOUR: "takes the new key by itself within the hour",
    START: "takes the new key when it is started next: start it again before the old one is deactivated",
    NEVER: "keeps the old key: keywatch undo {move} before, and move it again afterwards",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a person decides by. `signer` names who manages the keys."""

    entry: str
    vault: str
    subject: Subject
    uses: Uses
    also: tuple[str, ...]
    signer: str
    dropped: Other | None = None


def show_plan(page: Page, plan: Plan) -> None:
    """The plan as rows."""
    caller, key = plan.subject.caller, plan.subject.key
    page.rows("entry", [f"{plan.entry} in {plan.vault}"])
    page.rows("key", [f"{key.masked} of user {caller.user} in account {caller.account}, {_age(key.created)}"])
    page.rows("signed by", [plan.signer])
    for other in plan.subject.others:
        what = "is deleted first: " if other is plan.dropped else ""
        page.rows("other key", [what + describe_other(other)])
    page.rows("also", [f"entry {name} holds the same key, and is switched with it" for name in plan.also])
    page.rows("plaintext", [f"{path}: keeps the old key" for path in plan.uses.plaintext])
    if plan.uses.plaintext:
        words = " ".join(map(shlex.quote, plan.uses.plaintext))
        page.rows("to do", [f"keywatch move {words} first: what reads these fails when the old key is retired"])
    for each in plan.uses.moved:
        page.rows("moved", [f"{each.path}: {_HOW[each.how].format(move=each.move)}"])
    page.rows(
        "then",
        [
            f"a second key is made, kept beside as {plan.entry}.next and verified; the entry is switched to it",
            f"the old key lives on as {plan.entry}.old until keywatch key retire {plan.entry} ends it",
        ],
    )


def plan_json(plan: Plan, job: Job | None) -> dict[str, Any]:
    """The same for machines; `job` is the rotation, where it was made."""
    caller, key = plan.subject.caller, plan.subject.key
    return {
        "schema": SCHEMA, "entry": plan.entry, "vault": plan.vault, "account": caller.account, "user": caller.user,
        "key": key.masked, "created": key.created, "signer": plan.signer, "also": list(plan.also),
        "others": [_other_json(each) for each in plan.subject.others],
        "drop": plan.dropped.key.masked if plan.dropped else None, "plaintext": list(plan.uses.plaintext),
        "moved": [{"path": each.path, "follows": each.how, "move": each.move} for each in plan.uses.moved],
        "rotation": job_json(job) if job is not None else None,
    }  # fmt: skip


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


def no_room(subject: Subject, entry: str, now: float | None = None) -> str:
    """Why there can be no second key, and the command that makes room."""
    now = time.time() if now is None else now
    lines = [f"user {subject.caller.user} has {MOST} keys already, and IAM allows no more:"]
    lines.append(f"  {subject.key.masked}  the one of entry '{entry}', {_age(subject.key.created, now)}")
    lines += [f"  {describe_other(other, now)}" for other in subject.others]
    for other in subject.others:
        idle = other.use is not None and other.idle(now) >= UNUSED
        if idle or not other.key.active:
            lines.append(
                f"nobody seems to use {other.key.masked}: keywatch key rotate {entry} --drop {other.key.id[-4:]} "
                "deletes it first"
            )
        else:
            lines.append(
                f"{other.key.masked} is in use, or was not long ago: find what uses it (CloudTrail), then deactivate "
                f"it: aws iam update-access-key --user-name {subject.caller.user} --access-key-id {other.key.id} "
                f"--status Inactive. When nobody misses it, --drop {other.key.id[-4:]}"
            )
    return "\n".join(lines)


def describe_other(other: Other, now: float | None = None) -> str:
    """One of the user's other keys in words."""
    state = "active" if other.key.active else "inactive"
    return f"{other.key.masked}  {state}, {_age(other.key.created, now)}, {describe_use(other.use, now)}"


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
    if not os.path.exists(os.path.join(homes.state, "state.db")):
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


def _other_json(other: Other) -> dict[str, Any]:
    use = other.use
    return {
        "key": other.key.masked, "active": other.key.active, "created": other.key.created,
        "used": use.used if use else None, "service": use.service if use else None,
        "region": use.region if use else None,
    }  # fmt: skip


def _age(created: str, now: float | None = None) -> str:
    moment = seconds_of(created)
    if not moment:
        return "of unknown age"
    return f"{plural(int(((time.time() if now is None else now) - moment) // _DAY), 'day')} old"


def _ago(when: str, now: float | None = None) -> str:
    seconds = (time.time() if now is None else now) - seconds_of(when)
    for size, name in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{plural(int(seconds // size), name)} ago"
    return "just now"
