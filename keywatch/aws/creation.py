"""Makes a service's own key at AWS: an IAM user, its inline policy, one access key, which goes into a vault at once.

Journaled (jobs.py): killed or failing anywhere, `recover` goes on or takes everything back. At every instant a key
that AWS made is either in the vault, or known to the journal as one to delete. Who may read the entry is written before
there is an entry. Nothing of a user that this job did not make is deleted, but the key that it made there itself.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keywatch import audit
from keywatch.aws.client import DEAD, PASSING, Aws, Caller, of_key, payload_of
from keywatch.aws.grant_files import GrantFile, remove_files, write_files
from keywatch.aws.jobs import Ended, Job, Jobs
from keywatch.aws.users import REFUSALS, call, find_user, gone, keys_if_any, keys_of, look, settled
from keywatch.errors import AwsError, CreationError, EntryMissingError, KeywatchError, VaultError
from keywatch.model import mask_key_id
from keywatch.vault.base import Deposit, Payload, Vault

KIND = "creation"
#: a job's states, in order; from `keying` on there may be a key. The last two, and `finished`, are ends
INTENDED, USER, KEYING, KEYED, STORED, DONE = "intended", "user made", "asking for a key", "key made", "stored", "done"
BACKING, BACK = "taking back", "taken back"
ENDS = frozenset({DONE, BACK})
#: users that keywatch makes are below this path, under which an administrator's own policy can hold it
PATH = "/keywatch/"
POLICY_NAME = "keywatch"
#: the tag that proves a user to be keywatch's, and the one that says of which job
MADE_BY, JOB_TAG = ("made-by", "keywatch"), "keywatch-job"
#: seconds between looks at a key that not all of AWS knows yet: a minute in all
_NEWS = (0.5, 1, 1, 2, 2, 4, 4, 8, 8, 15, 15)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made. `document` is the policy's text, empty for a user that is there (`existing`).

    `boundary` is the ARN of a policy that bounds all that the user can be allowed. `signer` says how to sign again
    later: `{"profile": NAME}` or `{"entry": NAME}`; `made_by` is who that is, as an ARN.
    """

    service: str
    host: str
    user: str
    account: str
    partition: str
    entry: str
    vault: str
    document: str = ""
    existing: bool = False
    signer: Mapping[str, str] = field(default_factory=dict)
    files: tuple[GrantFile, ...] = ()
    boundary: str = ""
    made_by: str = ""

    @property
    def arn(self) -> str:
        """The user's ARN; of an existing one without its path, which only AWS knows."""
        return f"arn:{self.partition}:iam::{self.account}:user{'/' if self.existing else PATH}{self.user}"


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was made: its job, and its masked id."""

    job: Job
    masked: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a job works on: AWS as the signer, the vault, the journal, and where the audit log is."""

    aws: Aws
    vault: Vault
    jobs: Jobs
    state_dir: str
    tell: Tell = lambda _: None


def tags_of(service: str, host: str) -> dict[str, str]:
    """The tags of a user that is made for a service on a host, without the job's."""
    return {MADE_BY[0]: MADE_BY[1], "keywatch-host": host, "keywatch-service": service}


def create(wish: Wish, ground: Ground) -> Made:
    """Make it all. `CreationError`: it failed, and everything was taken back, or the words say what was not yet."""
    job = ground.jobs.begin(Job(KIND, INTENDED, wish.entry, wish.vault, _facts(wish)))
    try:
        job = _make(job, ground)
        job, payload = _key(job, ground)
        job = _store(job, payload, ground)
    except KeywatchError as error:
        raise CreationError(f"{error}\n{_undone(job, ground)}") from None
    except BaseException:  # Ctrl-C
        ground.tell(_undone(job, ground))
        raise
    return _verify(job, payload, ground)


def replace_policy(wish: Wish, ground: Ground) -> None:
    """Give a user of keywatch's another policy, at once instead of the old one."""
    note(ground.state_dir, "policy", Job(KIND, DONE, wish.entry, wish.vault, _facts(wish)))
    call(ground.aws, "put_user_policy", UserName=wish.user, PolicyName=POLICY_NAME, PolicyDocument=wish.document)


def note(state_dir: str, what: str, job: Job, masked: str = "") -> None:
    """Tell the audit log of a key that was made, or of a policy that is about to be."""
    audit.append(
        state_dir, "key-created", durable=True, what=what, entry=job.entry, iam_user=job.facts["user"],
        account=job.facts["account"], signer=job.facts["made_by"], key=masked, vault=job.vault, pid=os.getpid(),
        uid=os.geteuid(),
    )  # fmt: skip


def recover(job: Job, ground: Ground) -> Ended:
    """End a job that was cut short. Never raises for what can be tried again later."""
    try:
        return _end(job, ground)
    except KeywatchError as error:
        return Ended(job, f"could not be ended yet: {error}", ended=False)


def _undone(job: Job, ground: Ground) -> str:
    """Take a job back that failed; in words how that went."""
    try:
        # as the journal has it: what raised may have got further than its caller knows
        job = next((each for each in ground.jobs.all(KIND) if each.id == job.id), job)
        return _take_back(job, ground).words
    except KeywatchError as error:
        return f"NOT all was taken back: {error}\nkeywatch recover takes it back when that is mended"


def _facts(wish: Wish) -> dict[str, Any]:
    return {
        "service": wish.service, "host": wish.host, "user": wish.user, "account": wish.account, "arn": wish.arn,
        "document": wish.document, "existing": wish.existing, "signer": dict(wish.signer),
        "boundary": wish.boundary, "files": [[each.path, each.text, each.mode] for each in wish.files], "before": [],
        "key_id": "", "made_by": wish.made_by,
    }  # fmt: skip


def _files(job: Job) -> list[GrantFile]:
    return [GrantFile(*each) for each in job.facts["files"]]


def _make(job: Job, ground: Ground) -> Job:
    """The user with its policy, and the files that say who may have the entry."""
    user = job.facts["user"]
    if not job.facts["existing"]:
        ground.tell(f"making user {user}")
        tags = tags_of(job.facts["service"], job.facts["host"]) | {JOB_TAG: job.id}
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        try:
            bounds = {"PermissionsBoundary": job.facts["boundary"]} if job.facts["boundary"] else {}
            call(ground.aws, "create_user", UserName=user, Path=PATH, Tags=listed, **bounds)
        except AwsError as error:
            # boto3 asks again where an answer was lost: then it is there already, and ours
            if error.code != "EntityAlreadyExists" or (find_user(ground.aws, user) or {}).get(JOB_TAG) != job.id:
                raise
        settled(
            ground.aws, "put_user_policy", UserName=user, PolicyName=POLICY_NAME, PolicyDocument=job.facts["document"]
        )
    write_files(_files(job))
    before = keys_of(ground.aws, user) if job.facts["existing"] else []
    return ground.jobs.advance(job, USER, before=before)


def _key(job: Job, ground: Ground) -> tuple[Job, Payload]:
    """The key. Asked for once: a second one would be one that nobody knows of."""
    ground.tell("making its key")
    job = ground.jobs.advance(job, KEYING)
    try:
        made = settled(ground.aws, "create_access_key", once=True, UserName=job.facts["user"]).get("AccessKey", {})
    except AwsError as error:
        if error.code in REFUSALS:  # then none was made, and a new one of that user is somebody else's
            ground.jobs.advance(job, USER)
        raise
    payload = payload_of(made)
    if not {"access_key_id", "secret_access_key"} <= payload.fields.keys():
        raise CreationError("iam:CreateAccessKey: AWS's answer has no key in it")
    return ground.jobs.advance(job, KEYED, key_id=str(made["AccessKeyId"])), payload


def _store(job: Job, payload: Payload, ground: Ground) -> Job:
    ground.tell(f"putting it into {ground.vault.title}")
    deposit = Deposit(job.entry, payload, "long-lived", source=job.facts["arn"], consumer=job.facts["service"])
    ground.vault.put(deposit)
    if ground.vault.get(job.entry).fields != payload.fields:
        raise VaultError(f"{ground.vault.title}: gave back something else than was put in")
    return ground.jobs.advance(job, STORED)


def _verify(job: Job, payload: Payload, ground: Ground) -> Made:
    """Ask AWS whose the vault's key is, until all of AWS knows it."""
    ground.tell("asking AWS with it, until AWS knows it everywhere")
    try:
        caller = _until_known(of_key(payload))
    except AwsError as error:
        raise CreationError(
            f"{error}\nthe key of {job.facts['user']} is in '{job.entry}', but whether it works could not be seen: "
            "keywatch recover looks again"
        ) from None
    if (caller.account, caller.user) != (job.facts["account"], job.facts["user"]):
        raise CreationError(f"the key in '{job.entry}' is {caller.arn}'s, and should be {job.facts['arn']}'s")
    note(
        ground.state_dir, "key", job, payload.masked()
    )  # what can't be recorded is not done: then it stays to be ended
    return Made(ground.jobs.advance(job, DONE), payload.masked())


def _until_known(aws: Aws) -> Caller:
    for pause in _NEWS:
        try:
            return aws.caller()
        except AwsError as error:
            if error.code not in DEAD | PASSING:
                raise
        time.sleep(pause)
    return aws.caller()


def _end(job: Job, ground: Ground) -> Ended:
    """Go on where the key is in the vault, else take back what was made."""
    if job.state in ENDS:
        return Ended(job, f"{job.state} already")
    lives = job.state in (KEYED, STORED) and _is_stored(job, ground.vault)
    if lives and look(lambda: job.facts["key_id"] in keys_if_any(ground.aws, job.facts["user"])):
        payload = ground.vault.get(job.entry)
        if job.state == KEYED:
            job = ground.jobs.advance(job, STORED)
        made = _verify(job, payload, ground)
        return Ended(made.job, f"finished: the key of {job.facts['user']} is in '{job.entry}'")
    return _take_back(job, ground)


def _is_stored(job: Job, vault: Vault) -> bool:
    """Whether the entry is there with this job's key. Needs no unlocking: a masked id is in the clear."""
    masked = mask_key_id(job.facts["key_id"].encode())
    return any(e.name == job.entry and e.masked == masked for e in vault.list_entries())


def _take_back(job: Job, ground: Ground) -> Ended:
    """Delete the key, then the user, then what says who may have the entry. Each step may have been done already."""
    begun = job.facts.get("begun", job.state)
    job = ground.jobs.advance(job, BACKING, begun=begun)
    user, aws = job.facts["user"], ground.aws
    try:
        ours = not job.facts["existing"] and look(lambda: (find_user(aws, user) or {}).get(JOB_TAG) == job.id)
        if begun in (KEYING, KEYED, STORED):
            _delete_key(job, aws)
    except AwsError as error:
        return _waits(job, error)
    if job.facts["key_id"] and _is_stored(job, ground.vault):
        with contextlib.suppress(EntryMissingError):
            ground.vault.remove(job.entry)
    if ours:
        try:
            gone(aws, "delete_user_policy", UserName=user, PolicyName=POLICY_NAME)
            gone(aws, "delete_user", UserName=user)
        except AwsError as error:
            return _waits(job, error)
    remove_files(_files(job))
    words = "everything was taken back: no user, key or entry of it is left"
    if job.facts["existing"]:
        words = f"everything was taken back: {user} has no key of it, and the vault no entry"
    elif not ours and begun != INTENDED and find_user(aws, user) is not None:
        words = f"its key and entry were taken back; user {user} no longer has its tag {JOB_TAG}, and stays"
    return Ended(ground.jobs.advance(job, BACK), words)


def _delete_key(job: Job, aws: Aws) -> None:
    """Delete the key that this job made, where it did: where its id is not known, the answer was lost."""
    user, known = job.facts["user"], job.facts["key_id"]
    if known:
        gone(aws, "delete_access_key", UserName=user, AccessKeyId=known)
        return
    new: set[str] = set()

    def found() -> bool:
        new.update(set(keys_if_any(aws, user)) - set(job.facts["before"]))
        return bool(new)

    look(found)
    if len(new) > 1:
        raise AwsError(
            "iam:ListAccessKeys", "too many keys",
            f"{user} has {len(new)} new keys, of which one can be this job's, and nobody can tell which: delete those "
            "that nobody uses, then keywatch recover",
        )  # fmt: skip
    for each in new:
        gone(aws, "delete_access_key", UserName=user, AccessKeyId=each)


def _waits(job: Job, error: AwsError) -> Ended:
    return Ended(
        job,
        f"NOT all was taken back: user {job.facts['user']} may still be there, with a key that nobody holds: {error}\n"
        "keywatch recover takes it back when that is mended",
        ended=False,
    )
