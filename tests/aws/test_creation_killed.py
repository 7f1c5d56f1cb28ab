"""keywatch key create killed at each request to AWS and at each write: no key without an entry, no user forgotten."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import pytest

from keywatch.aws.creation import ENDS, KIND
from keywatch.aws.jobs import Jobs
from keywatch.model import mask_key_id
from tests.aws.endpoint import ADMIN, Endpoint, Signed
from tests.aws.test_creation import CREATE, USER, entries, users
from tests.move.moving import Moving
from tests.warm import warm

WHOLE = (*CREATE, "--yes", "--executable", "/usr/bin/env")
REQUESTS = ("sts:GetCallerIdentity", "iam:ListUserTags", "iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey")
BACK = ("iam:ListUserTags", "iam:ListAccessKeys", "iam:DeleteAccessKey", "iam:DeleteUserPolicy", "iam:DeleteUser")
#: durable writes of a creation: begin, conf.d, user, asking, key, vault, its record, stored, audit, done
WRITES = 10


@pytest.fixture
def moving(tmp_path: Path, endpoint: Endpoint) -> Moving:
    made = Moving(tmp_path, warmed=True)
    made.init_vault()
    made.env |= {
        "AWS_ENDPOINT_URL": endpoint.url, "AWS_ACCESS_KEY_ID": ADMIN[0], "AWS_SECRET_ACCESS_KEY": ADMIN[1],
    }  # fmt: skip
    return made


def killed_at(endpoint: Endpoint, moving: Moving, when: str, operation: str, argv: tuple[str, ...], own: bool) -> None:
    """Run the program, and kill it where it asks for, or before it hears of, an operation."""
    begun = threading.Event()

    def kill(now: str, signed: Signed) -> None:
        if (now, signed.operation) == (when, operation) and own == (signed.key_id != ADMIN[0]):
            assert begun.wait(20)
            process.kill()

    endpoint.at = kill
    process = warm().start(["keywatch", *argv], moving.env, moving.home)
    begun.set()
    done = process.wait()
    endpoint.at = lambda _when, _signed: None
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def all_or_nothing(moving: Moving, endpoint: Endpoint) -> bool:
    """Whether all is there; else nothing must be, and nothing waits."""
    with Jobs(str(moving.state)) as jobs:
        assert {job.state for job in jobs.all(KIND)} <= ENDS
    granted = (moving.home / ".config/keywatch/conf.d/backup.toml").exists()
    there = users(endpoint)
    assert (there, entries(moving), granted) in (([], [], False), ([USER], ["backup"], True))
    if not there:
        return False
    (key,) = endpoint.keys(USER)
    assert moving.json("vault", "list")["entries"][0]["masked"] == mask_key_id(key.encode())
    given = moving.credential("backup")
    assert given["AccessKeyId"] == key and moving.leaks(given["SecretAccessKey"]) == []
    return True


@pytest.mark.parametrize("when", ["asked", "done"])
@pytest.mark.parametrize(("operation", "own"), [*((each, False) for each in REQUESTS), (REQUESTS[0], True)])
def test_killed_at_a_request(when: str, operation: str, own: bool, moving: Moving, endpoint: Endpoint) -> None:
    killed_at(endpoint, moving, when, operation, WHOLE, own)
    moving.run("recover")
    assert all_or_nothing(moving, endpoint) == own, "what is in the vault is finished, all else taken back"
    if operation == "iam:CreateAccessKey":  # as the person would: the same again
        moving.run(*WHOLE)
        assert all_or_nothing(moving, endpoint)


def victim(moving: Moving, number: int, when: str) -> subprocess.CompletedProcess[bytes]:
    """A creation that is killed at that durable write."""
    run = warm().start(
        ["keywatch", *WHOLE], moving.env, moving.home, module="tests.aws.creationvictim", number=number, when=when
    )
    return run.wait()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_killed_at_a_write(when: str, number: int, moving: Moving, endpoint: Endpoint) -> None:
    """The next call goes on by itself: `recover` is not needed."""
    done = victim(moving, number, when)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    again = moving.run(*WHOLE, status=None)
    assert again.returncode == 0 or b"already" in again.stderr, "made anew, or the one that was begun is finished"
    assert all_or_nothing(moving, endpoint)
    assert USER in moving.run("log", "--event", "key-created").stdout.decode(), "recorded at least once"


def test_there_are_no_other_writes(moving: Moving, endpoint: Endpoint) -> None:
    done = victim(moving, 0, "never")
    assert done.returncode == 0, done.stderr.decode()
    assert f"writes={WRITES}".encode() in done.stderr


@pytest.mark.parametrize("when", ["asked", "done"])
@pytest.mark.parametrize("operation", BACK)
def test_a_recovery_that_is_killed_too(when: str, operation: str, moving: Moving, endpoint: Endpoint) -> None:
    killed_at(endpoint, moving, "done", "iam:CreateAccessKey", WHOLE, False)
    assert len(endpoint.keys(USER)) == 1 and entries(moving) == []
    killed_at(endpoint, moving, when, operation, ("recover",), False)
    moving.run("recover")
    assert not all_or_nothing(moving, endpoint)
