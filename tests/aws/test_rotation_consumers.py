"""Real clients while their key is rotated: no call fails, and the new key signs once it is asked for.

`keywatch-credential` says that a key expires within the hour. The long-lived client here is botocore with the helper
itself; only the client's own clock is moved, instead of an hour being waited for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.aws.endpoint import Endpoint
from tests.aws.rotating import Rotating
from tests.awsclients import CLIENTS, client
from tests.move.moving import PROGRAMS

#: asks who it is at each line of its input; a number is by how many minutes its clock goes on
LONG_LIVED = """
import datetime, os, sys
import boto3
session = boto3.Session(region_name="us-east-1")
sts = session.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
credentials = session._session.get_credentials()
for line in sys.stdin:
    ahead = datetime.timedelta(minutes=int(line))
    credentials._time_fetcher = lambda: datetime.datetime.now(datetime.timezone.utc) + ahead
    try:
        print(sts.get_caller_identity()["Arn"], flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


@pytest.fixture
def rotating(tmp_path: Path, endpoint: Endpoint) -> Rotating:
    made = Rotating(tmp_path, endpoint)
    helper = f"{PROGRAMS}/keywatch-credential"
    made.moving.write(".aws/credentials", f"[default]\ncredential_process = {helper} work\n")
    return made


def test_a_client_that_lives_on_takes_the_new_key_by_expiration(rotating: Rotating, endpoint: Endpoint) -> None:
    _, old = rotating.user("backup", "work")
    process = subprocess.Popen(
        [sys.executable, "-c", LONG_LIVED], env=rotating.moving.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip

    def call(minutes: int) -> str:
        """Which key signed."""
        assert process.stdin is not None and process.stdout is not None
        before = len(endpoint.log)
        process.stdin.write(f"{minutes}\n")
        process.stdin.flush()
        assert process.stdout.readline().strip().endswith("user/backup")
        (asked,) = {each.key_id for each in endpoint.log[before:] if each.operation == "sts:GetCallerIdentity"}
        return asked

    with process:
        assert call(0) == old
        rotating.moving.run("key", "rotate", "work", "--yes")
        new = rotating.id_in("work")
        assert call(0) == old, "it holds what it was given, which goes on to live"
        assert call(40) == old
        assert call(50) == new, "ten minutes before the end it asked the helper again"
        rotating.moving.run("key", "retire", "work", "--now", "--yes")
        assert call(50) == new
        rotating.moving.run("key", "retire", "work", "--back", "--yes")
        assert call(50) == old, "and back"
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.e2e
@pytest.mark.parametrize("name", [client("aws"), client("boto3")])
def test_clients_that_start_all_the_time_never_fail(name: str, rotating: Rotating, endpoint: Endpoint) -> None:
    """Before, during and after; news of the new key takes a while to travel."""
    _, old = rotating.user("backup", "work")
    endpoint.news_travels = 3
    env = rotating.moving.env | {"ENDPOINT": endpoint.url, "AWS_MAX_ATTEMPTS": "1"}
    command = [word.replace("URL", endpoint.url) for word in CLIENTS[name]]
    failures: list[str] = []
    count = 0
    over = threading.Event()

    def consume() -> None:
        nonlocal count
        while not over.is_set():
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
            count += 1
            if done.returncode or "user/backup" not in done.stdout:
                failures.append(done.stderr)

    thread = threading.Thread(target=consume)
    thread.start()
    try:
        for _ in range(2):
            _wait_for_more(lambda: count)
            rotating.moving.run("key", "rotate", "work", "--yes")
            _wait_for_more(lambda: count)
            rotating.moving.run("key", "retire", "work", "--now", "--delete-after", "0", "--yes")
        _wait_for_more(lambda: count)
    finally:
        over.set()
        thread.join()
    assert failures == []
    new = rotating.id_in("work")
    signed = [each.key_id for each in endpoint.log if each.operation == "sts:GetCallerIdentity"]
    assert signed[0] == old and signed[-1] == new != old
    assert list(endpoint.keys("backup")) == [new]


def _wait_for_more(count) -> None:  # type: ignore[no-untyped-def]
    wanted, end = count() + 2, time.monotonic() + 60
    while count() < wanted:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_programs_under_exec_take_it_at_their_next_start(rotating: Rotating) -> None:
    _, old = rotating.user("backup", "work")

    def started() -> str:
        done = rotating.moving.run(
            "exec", "work", "--", sys.executable, "-c", "import os; print(os.environ['AWS_ACCESS_KEY_ID'])"
        )
        return done.stdout.decode().strip()

    assert started() == old
    rotating.moving.run("key", "rotate", "work", "--yes")
    assert started() == rotating.id_in("work") != old
    assert json.loads(rotating.moving.run("env", "work", "--shell", "json").stdout)["AWS_ACCESS_KEY_ID"] != old
