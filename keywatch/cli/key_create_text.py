"""What is to be made and what was made by `keywatch key create`, as a person reads it, and as JSON. Never a secret."""

from __future__ import annotations

import json
import os
from typing import Any

from keywatch.aws.client import Caller
from keywatch.aws.creation import Made
from keywatch.cli.key_create_plan import Plan
from keywatch.cli.move_text import Page
from keywatch.move.draft import Programs
from keywatch.report.escape import show_path

SCHEMA = "keywatch.creation/1"


def show_plan(page: Page, plan: Plan, vault: str, caller: Caller | None) -> None:
    """Everything that a person decides by."""
    wish = plan.wish
    page.heading(f"key for {wish.service} on {wish.host}", f"→ entry '{wish.entry}' in {_short(vault)}")
    page.rows("account", [wish.account if caller else f"{wish.account} (nobody was asked)"])
    page.rows("user", [wish.arn + (", which is there already" if wish.existing else "")])
    page.rows("boundary", [wish.boundary] if wish.boundary else [])
    if caller:
        page.rows("made by", [caller.arn])
    if plan.policy is not None:
        page.rows("may", [f"{each}" for each in plan.policy.allows])
        page.rows("", [f"and nothing else; {plan.policy.limits}"])
        page.json(plan.policy.shown())
    else:
        page.rows("may", ["what its own policies say"])
    page.rows("for", [plan.whom()])
    page.paths("writes", [each.path for each in wish.files])
    page.rows("mind", [*(plan.policy.minds if plan.policy else ()), *plan.minds])


def show_made(page: Page, plan: Plan, vault: str, made: Made | None, programs: Programs) -> None:
    """What was made, and how to use it."""
    wish = plan.wish
    if made is None:
        page.rows(
            "done", [f"{wish.user} may do that now, and nothing else; AWS needs some seconds to know it everywhere"]
        )
        return
    page.rows("made", [f"{made.masked} of {wish.arn}, in '{wish.entry}' of {_short(vault)}; AWS knows it"])
    profile, run, *unit = plan.commands(programs)
    page.rows("profile", [profile])
    page.rows("command", [run])
    page.rows("unit", [f"{each}   (systemctl edit UNIT, below [Service])" for each in unit])


def _short(vault: str) -> str:
    return show_path(vault, os.path.expanduser("~"))


def created_json(plan: Plan, made: Made | None, commands: list[str]) -> dict[str, Any]:
    """The same for machines."""
    wish, policy = plan.wish, plan.policy
    return {
        "schema": SCHEMA, "service": wish.service, "host": wish.host, "account": wish.account, "user": wish.user,
        "arn": wish.arn, "boundary": wish.boundary, "policy": json.loads(policy.shown()) if policy else None,
        "allows": list(policy.allows) if policy else [], "limits": policy.limits if policy else "",
        "minds": [*(policy.minds if policy else ()), *plan.minds], "entry": wish.entry, "vault": wish.vault,
        "uids": list(plan.grant.uids), "executables": list(plan.grant.executables),
        "files": [each.path for each in wish.files],
        "made": {"job": made.job.id, "masked": made.masked, "commands": commands} if made else None,
    }  # fmt: skip
