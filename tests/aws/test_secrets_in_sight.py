"""No secret is in sight of others while `keywatch key …` works: no argument, no environment, and no file afterwards."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.endpoint import Endpoint, Signed
from tests.aws.looking import holding, looking
from tests.aws.rotating import Rotating
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS

pytestmark = pytest.mark.e2e


@pytest.fixture
def rotating(tmp_path: Path, endpoint: Endpoint) -> Rotating:
    """A home whose temporary files lie in a folder of its own, with a moved place that asks for entry `app`."""
    made = Rotating(tmp_path, endpoint)
    made.moving.warmed = False  # its arguments are to be seen
    (tmp_path / "tmp").mkdir()
    made.moving.env["TMPDIR"] = str(tmp_path / "tmp")
    key = endpoint.make_user("app")
    place = made.moving.write(
        ".aws/credentials",
        f"[default]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n",
    )
    made.moving.run("move", str(place), "--entry", "app", "--yes")
    made.user("boss")
    return made


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_no_key_command_shows_a_secret(rotating: Rotating, endpoint: Endpoint, with_agent: bool) -> None:
    moving = rotating.moving
    secrets = secrets_of(rotating)
    said: list[bytes] = []

    def run(*words: str) -> None:
        done = moving.run(*words)
        said.extend((done.stdout, done.stderr))
        secrets.update(secrets_of(rotating))

    with looking() as looker, agent(rotating, with_agent):
        # at each request whoever makes it is looked at, however short it lives
        endpoint.at = lambda _when, _signed: looker.look()
        run("key", "list", "--online")
        run("key", "rotate", "app", "--yes")
        run("key", "retire", "app", "--now", "--yes")
        run(
            "key",
            "create",
            "backup",
            "--allow",
            "s3:read",
            "--bucket",
            "acme-data",
            "--whole-bucket",
            "--as",
            "boss",
            "--yes",
        )
        run("key", "session", "app")
        secrets.update(given(rotating, "app"))
        run("key", "session", "app", "--now", "--json")
        secrets.update(given(rotating, "app"))
        run("key", "session", "app", "--off")
        run("key", "consumers")
        run("key", "consumers", "app", "--json")
        run("recover")
        endpoint.at = nobody
    made = [each for each in endpoint.log if each.operation in ("iam:CreateAccessKey", "sts:GetSessionToken")]
    assert len(made) >= 4  # with those of the fixture: there were new secrets to be shown
    assert len(secrets) >= 6
    for word in ("rotate\0app", "retire\0app", "create\0backup", "session\0app", "keywatch-credential"):
        assert looker.has_seen(word), f"{word} was not looked at"
    assert looker.shown(secrets) == []
    assert not any(secret.encode() in text for secret in secrets for text in said)
    assert holding([rotating.root], secrets) == []


@pytest.mark.parametrize("how", ["argument", "environment", "base64", "file"])
def test_what_is_in_sight_is_seen(tmp_path: Path, how: str) -> None:
    """The control: the same look finds a secret that a child does show."""
    secret = Fakes(74).secret()
    words, env = [sys.executable, "-c", "input()"], {"PATH": os.environ["PATH"]}
    if how == "argument":
        words.append(f"--secret={secret}")
    elif how == "environment":
        env["AWS_SECRET_ACCESS_KEY"] = secret
    elif how == "base64":
        words.append(base64.b64encode(json.dumps({"id": "x", "secret": secret}).encode()).decode())
    else:
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache/kept.json").write_text(json.dumps({"secret": secret}))
    with looking() as looker, subprocess.Popen(words, env=env, stdin=subprocess.PIPE) as child:
        looker.look()
        child.communicate(b"\n", timeout=30)
    assert bool(looker.shown([secret])) == (how != "file")
    assert bool(holding([tmp_path], [secret])) == (how == "file")


def nobody(_when: str, _signed: Signed) -> None:
    """Looks at nothing."""


@contextlib.contextmanager
def agent(rotating: Rotating, wanted: bool) -> Iterator[None]:
    """An unlocked agent over the vault for the time of the block, where one is wanted."""
    if not wanted:
        yield
        return
    command = [os.path.join(PROGRAMS, "keywatch"), "agent"]
    with subprocess.Popen(command, env=rotating.moving.env, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            assert b"listens" in process.stderr.readline()
            rotating.moving.run("unlock")
            yield
        finally:
            process.terminate()


def secrets_of(rotating: Rotating) -> set[str]:
    """Every secret that the vault has now."""
    payloads = [rotating.vault.get(each.name) for each in rotating.vault.list_entries()]
    return {
        secret.expose().decode()
        for payload in payloads
        for name, secret in payload.fields.items()
        if name in ("secret_access_key", "session_token")
    }


def given(rotating: Rotating, entry: str) -> set[str]:
    """The secrets that a program gets for an entry."""
    answer = rotating.moving.credential(entry)
    return {answer["SecretAccessKey"], answer["SessionToken"]}
