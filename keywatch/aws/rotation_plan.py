"""What a rotation will be, found out before anything is done: whose key it is, who manages it, whether there is room.

Asks AWS and changes nothing. What can't be rotated is refused here, with what to do instead.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keywatch.aws.client import DEAD, DENIED, Aws, Caller, of_key
from keywatch.aws.jobs import Job
from keywatch.aws.rotation import Bench, delete_key, note, set_active
from keywatch.aws.rotation_states import KIND, NEXT, OLD, WAITING, State, names_of
from keywatch.aws.userkeys import Use, UserKey, last_use, list_keys, seconds_of
from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from keywatch.errors import AwsError, RotationError, UsageError
from keywatch.vault.base import NAME, Payload, Vault

#: IAM's limit of keys a user; days after which one that nobody used may be dropped
MOST, UNUSED = 2, 90
_DAY = 86400.0
SELF = (
    "a user may rotate its own keys where a policy allows iam:CreateAccessKey, DeleteAccessKey, UpdateAccessKey, "
    "ListAccessKeys and GetAccessKeyLastUsed on arn:aws:iam::*:user/${aws:username}; otherwise name who may: "
    "--profile NAME (of ~/.aws) or --as ENTRY (of the vault)"
)


@dataclass(frozen=True, slots=True)
class Other:
    """Another key of the user, its last use where AWS tells."""

    key: UserKey
    use: Use | None

    def idle(self, now: float) -> float:
        """Days since its last use, or since it was made."""
        return (now - seconds_of((self.use.used if self.use else "") or self.key.created)) / _DAY


@dataclass(frozen=True, slots=True)
class Subject:
    """The key that is to be rotated: whose it is, its record, and the user's other keys. `asked` is AWS's time."""

    caller: Caller
    key: UserKey
    others: tuple[Other, ...]
    asked: str


def check_entry(vault: Vault, entry: str, payload: Payload, jobs: Sequence[Job]) -> None:
    """`UsageError` or `RotationError` for what can't be rotated, as far as can be told without AWS."""
    fields = payload.fields
    if not {"access_key_id", "secret_access_key"} <= fields.keys():
        raise UsageError(f"entry '{entry}' is no AWS access key: rotate it where it was made, then keywatch vault add")
    key_id = fields["access_key_id"].expose()
    if account_of(key_id) in CANARY_ACCOUNTS:
        raise UsageError(f"entry '{entry}' is a canary's key, which only raises an alarm: it is never used")
    if "session_token" in fields or key_id.startswith(b"ASIA"):
        raise UsageError(f"entry '{entry}' is a temporary key: it ends by itself, and is got anew where it came from")
    waiting = [job for job in jobs if job.state in WAITING and entry.casefold() in names_of(job)]
    if waiting:
        raise RotationError(
            f"entry '{entry}' is in a rotation whose old key still lives: keywatch key retire {waiting[0].entry} says "
            "until when, and ends it"
        )
    there = {each.name.casefold() for each in vault.list_entries()}
    for suffix in (NEXT, OLD):
        name = entry + suffix
        if not NAME.fullmatch(name):
            raise UsageError(f"'{name}' is too long for an entry: keywatch vault rename {entry} first")
        if name.casefold() in there:
            raise RotationError(
                f"the rotation needs the name '{name}', and an entry has it: keywatch vault rename or rm it first"
            )


def look(entry: str, payload: Payload, signer: Aws | None) -> Subject:
    """Ask AWS whose key it is and which others its user has, as `signer`, or as the key itself."""
    own = of_key(payload)
    try:
        caller = own.caller()
    except AwsError as error:
        if error.code in DEAD:
            raise RotationError(
                f"entry '{entry}': AWS refuses the key ({error.code}): it is deleted or deactivated, or the secret is "
                "not its own. Nothing of it can be rotated; keywatch vault add --replace puts another key there"
            ) from None
        raise
    if caller.account in CANARY_ACCOUNTS:
        raise UsageError(f"entry '{entry}' is a canary's key, which only raises an alarm: it is left alone")
    if caller.arn.endswith(":root"):
        raise UsageError(
            f"entry '{entry}' is a key of the root user of account {caller.account}: nothing limits it, so it should "
            "not be. Make an IAM user or a role for what it does, then delete it in the console (Security credentials)"
        )
    if not caller.user:
        raise UsageError(f"entry '{entry}' is no IAM user's key ({caller.arn}): it can't be rotated")
    manager = signer or own
    if signer is not None and (account := signer.caller().account) != caller.account:
        raise UsageError(f"who signs is of account {account}, and the key of '{entry}' of {caller.account}")
    try:
        keys, asked = list_keys(manager, caller.user)
    except AwsError as error:
        raise advised(error) from None
    key_id = payload.fields["access_key_id"].expose().decode()
    mine = next((key for key in keys if key.id == key_id), None)
    if mine is None:
        raise RotationError(f"IAM does not list the key of '{entry}' among those of user {caller.user}")
    others = tuple(Other(key, _use(manager, key)) for key in keys if key.id != key_id)
    return Subject(caller, mine, others, asked)


def _use(aws: Aws, key: UserKey) -> Use | None:
    try:
        return last_use(aws, key.id)
    except AwsError as error:
        if error.code in DENIED:
            return None
        raise


def advised(error: AwsError) -> AwsError:
    """The error, with what to do where it is that somebody may not."""
    return AwsError(error.operation, error.code, SELF) if error.code in DENIED else error


def dropped(subject: Subject, wanted: str, now: float | None = None) -> Other:
    """The other key that `--drop` means. `UsageError` where it is none, or is in use."""
    alike = [each for each in subject.others if wanted in (each.key.id, each.key.masked, each.key.id[-4:])]
    if len(alike) != 1:
        raise UsageError(f"--drop {wanted}: is no other key of user {subject.caller.user}")
    other = alike[0]
    if other.key.active:
        if other.use is None:
            raise UsageError(f"--drop {wanted}: AWS does not tell when it was last used: deactivate it yourself first")
        if (idle := other.idle(time.time() if now is None else now)) < UNUSED:
            raise UsageError(
                f"--drop {wanted}: it is active and was {'used' if other.use.used else 'made'} {idle:.0f} days ago: "
                f"only a key that nobody used for {UNUSED} days is dropped; deactivate it yourself if you are sure"
            )
    return other


def drop(bench: Bench, job: Job, other: Other) -> None:
    """Make room: deactivate and delete the other key of the user."""
    aws = bench.sign(job)
    note(bench, job, "drop", other.key.masked)
    bench.tell(f"deleting the unused key {other.key.masked}")
    if other.key.active:
        set_active(aws, job, other.key.id, active=False)
    delete_key(aws, job, other.key.id)


def intent(entry: str, vault: str, subject: Subject, also: Sequence[str], signer: dict[str, str]) -> Job:
    """The job of a rotation that is about to begin."""
    facts: dict[str, Any] = {
        "user": subject.caller.user, "account": subject.caller.account, "arn": subject.caller.arn,
        "outgoing": subject.key.id, "before": [subject.key.id, *(each.key.id for each in subject.others)],
        "asked": subject.asked, "next": entry + NEXT, "old": entry + OLD, "also": list(also), **signer,
    }  # fmt: skip
    return Job(KIND, State.INTENDED, entry, vault, facts)
