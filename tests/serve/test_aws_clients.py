"""Real AWS clients get a vaulted key through `credential_process`, or fail in a way that a person understands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from awsclients import CLIENTS, EXPECTED, client
from awsendpoint import Endpoint, aws_endpoint
from fakes import Fakes

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose AWS credentials file holds a `credential_process` line and no key; decoys stand where clients look
    when they fall through."""
    helper = BIN / "keywatch-credential"
    assert helper.exists(), "install the project first: pip install -e ."
    (tmp_path / ".aws").mkdir(mode=0o700)
    (tmp_path / ".aws/credentials").write_text(f"[default]\ncredential_process = {helper} work\n")
    key_id, secret = pair()
    run(tmp_path, "vault", "init", "--key-file", "key", "--no-recovery")
    run(
        tmp_path, "vault", "add", "work",
        stdin=f"AWS_ACCESS_KEY_ID={key_id}\nAWS_SECRET_ACCESS_KEY={secret}\n",
    )  # fmt: skip
    return tmp_path


def pair() -> tuple[str, str]:
    fakes = Fakes(77)
    return fakes.key_id(), fakes.secret()


def run(home: Path, *words: str, stdin: str = "") -> None:
    command = [sys.executable, "-m", "keywatch", *words]
    subprocess.run(
        command, input=stdin, text=True, check=True, capture_output=True, cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def ask(name: str, home: Path, endpoint: Endpoint) -> subprocess.CompletedProcess[str]:
    command = [word.replace("URL", endpoint.url) for word in CLIENTS[name]]
    env = {
        "PATH": os.environ["PATH"], "HOME": str(home), "ENDPOINT": endpoint.url, "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)


@pytest.mark.parametrize("name", [client(name) for name in CLIENTS])
def test_the_vaulted_key_signs(name: str, home: Path) -> None:
    key_id, secret = pair()
    with aws_endpoint({key_id: secret}) as endpoint:
        done = ask(name, home, endpoint)
    assert done.returncode == 0, done.stderr
    assert EXPECTED[name] in done.stdout
    assert endpoint.asked
    assert set(endpoint.asked) == {(key_id, True)}
    assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("name", [client(name) for name in CLIENTS])
def test_a_locked_vault_is_said_and_no_other_identity_is_used(name: str, home: Path) -> None:
    key_id, secret = pair()
    (home / "key").unlink()
    with aws_endpoint({key_id: secret}) as endpoint:
        done = ask(name, home, endpoint)
    assert done.returncode != 0
    assert endpoint.asked == []
    if name not in ("rclone", "js"):  # these show that there is no key, and keep the helper's words to themselves
        assert "keywatch-credential: " in done.stderr
        assert "key file can't be read" in done.stderr


def test_the_endpoint_refuses_a_wrong_secret(home: Path) -> None:
    key_id, secret = pair()
    with aws_endpoint({key_id: secret[::-1]}) as endpoint:
        done = ask("boto3", home, endpoint)
    assert done.returncode != 0
    assert set(endpoint.asked) == {(key_id, False)}
