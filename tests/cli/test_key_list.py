"""keywatch key list: offline by what files and vault tell; online against moto's server and a refusing endpoint."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from keywatch.aws.inquiry import inquire
from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from keywatch.model import Secret
from keywatch.vault.base import Payload
from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(91)


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    import requests
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    requests.post(f"{url}/moto-api/reset", timeout=10)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield url
    server.stop()


@contextmanager
def refusing(answers: dict[str, tuple[int, str]]) -> Iterator[tuple[str, list[str]]]:
    """An endpoint that gives one answer for each action; which were asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            action = body.partition("Action=")[2].partition("&")[0]
            asked.append(action)
            status, code = answers.get(action, (200, ""))
            text = (
                f"<ErrorResponse><Error><Code>{code}</Code><Message>of a secret thing</Message></Error></ErrorResponse>"
            )
            if status == 200:
                text = (
                    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bob</Arn>"
                    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
                )
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def pair(key_id: str) -> Payload:
    return Payload({"access_key_id": Secret(key_id.encode()), "secret_access_key": Secret(fakes.secret().encode())})


def listed(moving: Moving, *options: str) -> list[dict[str, Any]]:
    return list(moving.json("key", "list", *options)["keys"])


def test_offline_it_is_told_by_credential(tmp_path: Path) -> None:
    moving = Moving(tmp_path, warmed=True)
    moving.init_vault()
    key, secret = fakes.key_id(), fakes.secret()
    text = f"export AWS_ACCESS_KEY_ID={key}\nexport AWS_SECRET_ACCESS_KEY={secret}\n"
    first, second = moving.write(".bashrc", text), moving.write(".zshrc", text)
    (told,) = listed(moving)
    assert told["places"] == [str(first), str(second)]
    assert (told["entry"], told["state"], told["account"]) == ("", "not asked", account_of(key.encode()))
    moving.run("move", str(first), "--yes")
    (told,) = listed(moving)
    assert told["entry"] and told["places"] == [str(second)]
    said = moving.run("key", "list").stdout.decode()
    assert "1 place in plaintext: ~/.zshrc" in said
    assert key not in said and secret not in said


def test_without_any_vault_keys_in_files_are_told(tmp_path: Path) -> None:
    moving = Moving(tmp_path, warmed=True)
    key = fakes.key_id()
    moving.write(".env", f"AWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY={fakes.secret()}\n")
    done = moving.run("key", "list", "--online")
    assert f"{key[:4]}…{key[-4:]}" in done.stdout.decode()
    assert "keywatch vault init" in done.stderr.decode()


def test_online_aws_tells_whose_it_is(tmp_path: Path, moto: str) -> None:
    import boto3

    admin = boto3.client(
        "iam", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    admin.create_user(UserName="backup")
    made, _other = (admin.create_access_key(UserName="backup")["AccessKey"] for _ in range(2))
    moving = Moving(tmp_path, warmed=True)
    moving.init_vault()
    text = f"access_key_id={made['AccessKeyId']}\nsecret_access_key={made['SecretAccessKey']}\n"
    moving.run("vault", "add", "backup", stdin=text.encode())
    moving.env["AWS_ENDPOINT_URL"] = moto
    done = moving.run("key", "list", "--online")
    assert "AWS logs these calls" in done.stderr.decode()
    (told,) = listed(moving, "--online")
    assert (told["state"], told["user"], told["aws"]["others"]) == ("active", "user/backup", 1)
    assert told["aws"]["created"]
    for output in (done.stdout, done.stderr):
        assert made["SecretAccessKey"].encode() not in output
    assert "online" in moving.run("log", "--event", "read").stdout.decode()


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (403, "InvalidClientTokenId", "refused"),
        (403, "SignatureDoesNotMatch", "refused"),
        (400, "Throttling", "unknown"),
    ],
)
def test_a_key_that_aws_refuses(status: int, code: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing({"GetCallerIdentity": (status, code)}) as (url, _asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        answer = inquire(pair(fakes.key_id()))
    assert (answer.state, answer.why) == (state, code)
    assert "secret thing" not in repr(answer)


def test_what_is_denied_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = (403, "AccessDenied")
    with refusing({"ListAccessKeys": denied, "GetAccessKeyLastUsed": denied}) as (url, _asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        answer = inquire(pair(fakes.key_id()))
    assert (answer.state, answer.user) == ("active", "user/bob")
    assert answer.denied == ("iam:ListAccessKeys (AccessDenied)", "iam:GetAccessKeyLastUsed (AccessDenied)")


def test_a_canary_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keywatch.aws.inquiry.account_of", lambda _: min(CANARY_ACCOUNTS))
    with refusing({}) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        answer = inquire(pair(fakes.key_id()))
    assert answer.state == "not asked" and "canary" in answer.why
    assert asked == []


def test_nobodys_profile_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that is asked about signs, whatever the environment holds."""
    config = tmp_path / "config"
    config.write_text("[default]\nrole_arn = arn:aws:iam::123456789012:role/other\nsource_profile = default\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    with refusing({}) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert inquire(pair(fakes.key_id())).state == "active"
    assert asked[0] == "GetCallerIdentity" and "AssumeRole" not in asked
    assert os.environ["AWS_ACCESS_KEY_ID"] == "other"
