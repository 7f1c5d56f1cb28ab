"""The plan of a rotation as a person reads it, and as JSON; and why there is no room for a second key."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from typing import Any

from keywatch.aws.jobs import Job
from keywatch.aws.rotation_plan import MOST, UNUSED, Other, Subject
from keywatch.aws.userkeys import seconds_of
from keywatch.cli.key_uses import HOUR, NEVER, START, Uses
from keywatch.cli.move_text import Page
from keywatch.cli.rotation_text import SCHEMA, describe_use, job_json
from keywatch.report.base import plural
from keywatch.report.escape import show_path

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
    home = os.path.expanduser("~")
    page.rows("entry", [f"{plan.entry} in {show_path(plan.vault, home)}"])
    page.rows("key", [f"{key.masked} of user {caller.user} in account {caller.account}, {_age(key.created)}"])
    page.rows("signed by", [plan.signer])
    for other in plan.subject.others:
        what = "is deleted first: " if other is plan.dropped else ""
        page.rows("other key", [what + describe_other(other)])
    page.rows("also", [f"entry {name} holds the same key, and is switched with it" for name in plan.also])
    page.rows("plaintext", [f"{show_path(path, home)}: keeps the old key" for path in plan.uses.plaintext])
    if plan.uses.plaintext:
        words = " ".join(map(shlex.quote, plan.uses.plaintext))
        page.rows("to do", [f"keywatch move {words} first: what reads these fails when the old key is retired"])
    for each in plan.uses.moved:
        page.rows("moved", [f"{show_path(each.path, home)}: {_HOW[each.how].format(move=each.move)}"])
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
