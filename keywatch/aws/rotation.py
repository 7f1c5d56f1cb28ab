"""A key's rotation: the second key, stored beside the first, verified, switched to; the first retired much later.

A state machine over `jobs`, drawn in docs/rotation.md. At every instant each key that is live at AWS is in the vault,
or can be found by the journal (rotation_recover.py). Never prints, never shows a secret, never asks anybody.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keywatch import audit
from keywatch.aws.client import DEAD, DENIED, Aws, of_key, payload_of
from keywatch.aws.jobs import Job, Jobs
from keywatch.aws.rotation_states import State, check_follows, entries_of, fact, masked
from keywatch.errors import (
    AwsError,
    EntryExistsError,
    EntryMissingError,
    KeywatchError,
    RotationError,
    VaultError,
)
from keywatch.vault.base import Deposit, Entry, Payload, Vault, timestamp

#: seconds within which a new key must be known everywhere, and between two proofs that it is
PATIENCE, PAUSE = 60.0, 1.0
_PROOFS = 2
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"})
#: seconds between tries while it is throttled
_BUSY = (1.0, 2.0, 4.0)
#: what AWS says when it did not make a key: any other word leaves that open
_REFUSED = DEAD | DENIED | _THROTTLED | {
    "LimitExceeded", "NoSuchEntity", "InvalidInput", "ValidationError", "ExpiredToken", "NoCredentialsError",
    "EndpointConnectionError",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """What a rotation works with. `sign` gives the identity that manages a job's keys; `tell` is told each step."""

    jobs: Jobs
    vault: Vault
    state_dir: str
    sign: Callable[[Job], Aws]
    tell: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep


def go(bench: Bench, job: Job, state: State, **facts: object) -> Job:
    """Note that a job is in another state."""
    check_follows(job, state)
    return bench.jobs.advance(job, state, **facts)


def note(bench: Bench, job: Job, what: str, key: str = "", why: str = "") -> None:
    """Tell the audit log of a step before it is taken: what can't be recorded is not done."""
    audit.append(
        bench.state_dir, "key-rotate", durable=True, entry=job.entry, what=what, key=key, why=why,
        pid=os.getpid(), uid=os.geteuid(),
    )  # fmt: skip


# -- the way forward ---------------------------------------------------------------------------------------------------


def start(bench: Bench, intent: Job, lost: Callable[[Bench, Job], str]) -> Job:
    """Make the second key and switch to it. `RotationError`, or what AWS said: then all is as before, or it is said.

    `lost` looks for the key of a job whose answer never came, and says what came of it.
    """
    note(bench, intent, "create", masked(intent, "outgoing"))
    job = bench.jobs.begin(intent)
    aws = bench.sign(job)
    user = fact(job, "user")
    bench.tell("making the second key")
    try:
        payload = payload_of(_create(bench, aws, user))
    except AwsError as error:
        if error.code in _REFUSED:
            bench.jobs.forget(job)
            raise
        raise RotationError(f"{error}\n{lost(bench, job)}") from None
    except KeywatchError:  # an answer without a key in it
        raise RotationError(f"iam:CreateAccessKey: AWS's answer holds no key\n{lost(bench, job)}") from None
    job = go(bench, job, State.CREATED, incoming=_id(payload))
    try:
        job = _store(bench, job, payload)
    except (KeywatchError, OSError) as error:
        raise RotationError(f"{error}\n{take_back(bench, job, 'the vault did not take the new key')}") from None
    return carry_on(bench, job)


def _create(bench: Bench, aws: Aws, user: str) -> dict[str, Any]:
    """IAM's `AccessKey`. Never asked for twice, but where AWS said that it did nothing because it is busy."""
    for wait in (*_BUSY, 0.0):
        try:
            return dict(aws.call_once("iam", "create_access_key", UserName=user).get("AccessKey") or {})
        except AwsError as error:
            if error.code not in _THROTTLED or not wait:
                raise
        bench.sleep(wait)
    raise AssertionError  # the last try returns or raises


def carry_on(bench: Bench, job: Job) -> Job:
    """From a stored key on to the switch. `RotationError` where it was taken back, or can only go on later."""
    if job.state == State.STORED:
        job = _verify(bench, job)
    if job.state == State.VERIFIED:
        job = _keep(bench, job)
    if job.state == State.KEPT:
        job = _switch(bench, job)
    return job


def _store(bench: Bench, job: Job, payload: Payload) -> Job:
    bench.tell("storing it beside the first")
    name = fact(job, "next")
    before = entry_named(bench.vault, job.entry)
    fields = {**bench.vault.get(job.entry).fields, **payload.fields}
    bench.vault.put(_deposit(name, Payload(fields), before))
    _check(bench.vault, name, Payload(fields))
    return go(bench, job, State.STORED)


def _verify(bench: Bench, job: Job) -> Job:
    bench.tell("verifying that AWS knows it")
    payload = _holding(bench, job, "incoming", fact(job, "next"))
    if returning := job.facts.get("returning"):
        note(bench, job, "activate", masked(job, "incoming"))
        try:
            set_active(bench.sign(job), job, fact(job, "incoming"), active=True)
        except AwsError:
            if returning == State.INACTIVE:
                raise  # else it is active as far as is known: the proof tells
    why = _prove(of_key(payload), (fact(job, "account"), fact(job, "arn")), bench.sleep)
    if why:
        raise RotationError(f"{why}\n{take_back(bench, job, why)}")
    return go(bench, job, State.VERIFIED)


def _prove(aws: Aws, identity: tuple[str, str], sleep: Callable[[float], None]) -> str:
    """Why a key is not to be used; empty once it signs as that identity. `AwsError` where AWS can't be asked.

    IAM's changes travel: a key that one server knows may be unknown to the next (IAM user guide, "eventual
    consistency"). So it is asked again, less and less often, and must be known twice in a row.
    """
    begun, wait, proofs = time.monotonic(), PAUSE / 2, 0
    while True:
        try:
            caller = aws.caller()
        except AwsError as error:
            proofs = 0
            if time.monotonic() - begun >= PATIENCE:
                if error.code in DEAD:
                    return f"the key is not known to AWS after {PATIENCE:.0f} s ({error.code})"
                raise
            wait = min(wait * 2, 8 * PAUSE)
        else:
            if (caller.account, caller.arn) != identity:
                return f"the key is another identity's ({caller.arn})"
            proofs += 1
            if proofs == _PROOFS:
                return ""
            wait = PAUSE
        sleep(wait)


def _keep(bench: Bench, job: Job) -> Job:
    bench.tell("keeping the old key under a name of its own")
    current, name = bench.vault.get(job.entry), fact(job, "old")
    if _id(current) == fact(job, "outgoing"):
        with contextlib.suppress(EntryExistsError):  # of a try that was cut short: compared below
            bench.vault.put(_deposit(name, current, entry_named(bench.vault, job.entry)))
        _check(bench.vault, name, current)
    elif _id(current) != fact(job, "incoming"):
        why = f"entry '{job.entry}' was given another key meanwhile"
        raise RotationError(f"{why}\n{take_back(bench, job, why)}")
    return go(bench, job, State.KEPT)


def _switch(bench: Bench, job: Job) -> Job:
    bench.tell("switching the entry")
    vault, name = bench.vault, fact(job, "next")
    incoming, outgoing = fact(job, "incoming"), fact(job, "outgoing")
    note(bench, job, "switch", masked(job, "incoming"))
    changed_by_others = False
    for entry in entries_of(job):
        try:
            current = vault.get(entry)
        except EntryMissingError:
            if entry == job.entry:
                raise
            continue
        if _id(current) == outgoing:
            payload = _holding(bench, job, "incoming", name)
            vault.put(_deposit(entry, payload, entry_named(vault, entry)), replace=True)
            _check(vault, entry, payload)
        elif _id(current) != incoming and entry == job.entry:
            changed_by_others = True  # the person's own doing stands; the incoming key stays in its entry
    if not changed_by_others:
        with contextlib.suppress(EntryMissingError):
            vault.remove(name)
    return go(bench, job, State.SWITCHED, switched=timestamp(), inactive="", returning=False)


# -- back --------------------------------------------------------------------------------------------------------------


def take_back(bench: Bench, job: Job, why: str, **facts: str) -> str:
    """Before the switch: delete the incoming key, or leave things as they are where it is an old one; in words."""
    if job.facts.get("returning"):
        names = {"next": fact(job, "old"), "old": fact(job, "next")}
        keys = {"incoming": fact(job, "outgoing"), "outgoing": fact(job, "incoming")}
        with contextlib.suppress(EntryMissingError):
            bench.vault.remove(fact(job, "old"))
        go(bench, job, State.SWITCHED, **names, **keys, returning=False, switched=timestamp(), inactive="", why=why)
        return f"the entry '{job.entry}' gives the same key as before"
    job = go(bench, job, State.BACKING, why=why, **facts)
    return try_back(bench, job)


def try_back(bench: Bench, job: Job) -> str:
    """Delete the incoming key, or say which one lives on, and how it is ended."""
    try:
        finish_back(bench, job)
    except KeywatchError as error:
        return (
            f"the new key {fact(job, 'incoming')} could not be deleted ({error}): keywatch recover tries it again, "
            f"and keywatch key retire {job.entry} --profile NAME does it as another identity"
        )
    return "everything is as it was before: the new key is deleted"


def finish_back(bench: Bench, job: Job) -> Job:
    """Delete the incoming key at AWS, then what the vault holds for the rotation."""
    note(bench, job, "take back", masked(job, "incoming"), str(job.facts.get("why", "")))
    delete_key(bench.sign(job), job, fact(job, "incoming"))
    if holds(bench.vault, fact(job, "next"), fact(job, "incoming")):
        bench.vault.remove(fact(job, "next"))
    old, outgoing = fact(job, "old"), fact(job, "outgoing")
    if holds(bench.vault, old, outgoing) and holds(bench.vault, job.entry, outgoing):
        bench.vault.remove(old)
    return go(bench, job, State.BACK)


def set_active(aws: Aws, job: Job, key_id: str, *, active: bool) -> None:
    """Activate or deactivate a key of the job's user; doing it twice is doing it once."""
    status = "Active" if active else "Inactive"
    aws.call("iam", "update_access_key", UserName=fact(job, "user"), AccessKeyId=key_id, Status=status)


def delete_key(aws: Aws, job: Job, key_id: str) -> None:
    """Delete a key of the job's user; one that is gone is as good."""
    try:
        aws.call("iam", "delete_access_key", UserName=fact(job, "user"), AccessKeyId=key_id)
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise


# -- the vault ---------------------------------------------------------------------------------------------------------


def entry_named(vault: Vault, name: str) -> Entry | None:
    """The metadata of an entry."""
    return next((each for each in vault.list_entries() if each.name.casefold() == name.casefold()), None)


def twins_of(vault: Vault, entry: str, payload: Payload) -> list[str]:
    """Other entries of the vault that hold the same key."""
    alike = [each.name for each in vault.list_entries() if each.masked == payload.masked()]
    others = [name for name in alike if name.casefold() != entry.casefold()]
    return [name for name in others if _id(vault.get(name)) == _id(payload)]


def holds(vault: Vault, name: str, key_id: str) -> bool:
    """Whether an entry is there and holds that key."""
    try:
        return _id(vault.get(name)) == key_id
    except EntryMissingError:
        return False


def _holding(bench: Bench, job: Job, role: str, name: str) -> Payload:
    """The key in that role: from its own entry, or from the entry itself where it was switched to already."""
    for each in (name, job.entry):
        with contextlib.suppress(EntryMissingError):
            payload = bench.vault.get(each)
            if _id(payload) == fact(job, role):
                return payload
    raise RotationError(f"entry '{name}' is gone or holds another key: rotation {job.id} can't go on")


def _deposit(name: str, payload: Payload, like: Entry | None) -> Deposit:
    if like is None:
        return Deposit(name, payload, "long-lived")
    return Deposit(name, payload, like.kind, like.source, like.consumer)


def _check(vault: Vault, name: str, payload: Payload) -> None:
    if vault.get(name).fields != payload.fields:
        raise VaultError(f"{vault.title}: gives back something else for entry '{name}' than was put in")


def _id(payload: Payload) -> str:
    key_id = payload.fields.get("access_key_id")
    return key_id.expose().decode("utf-8", "replace") if key_id is not None else ""
