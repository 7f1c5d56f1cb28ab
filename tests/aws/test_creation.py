"""keywatch key create against an AWS on loopback: what it makes, what it refuses, and what it leaves where it fails."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from tests.aws.endpoint import ACCOUNT, ADMIN, Endpoint
from tests.move.moving import PROGRAMS, Moving

ALLOW = ("--allow", "backup:upload", "--bucket", "acme-backups", "--prefix", "web1/")
CREATE = ("key", "create", "backup", "--host", "web1", *ALLOW)
USER = "backup-web1"


@pytest.fixture
def moving(tmp_path: Path, endpoint: Endpoint) -> Moving:
    """A person with a vault, and an administrator's key in the environment."""
    made = Moving(tmp_path, warmed=True)
    made.init_vault()
    made.env |= {
        "AWS_ENDPOINT_URL": endpoint.url, "AWS_ACCESS_KEY_ID": ADMIN[0], "AWS_SECRET_ACCESS_KEY": ADMIN[1],
    }  # fmt: skip
    return made


def users(endpoint: Endpoint) -> list[str]:
    return [each["UserName"] for each in endpoint.admin().list_users()["Users"]]


def entries(moving: Moving) -> list[str]:
    return [each["name"] for each in moving.json("vault", "list")["entries"]]


def boss(moving: Moving, endpoint: Endpoint) -> str:
    """A key in the vault to sign with, of a user whose calls can be denied; its id."""
    key = endpoint.make_user("boss")
    text = f"access_key_id={key['AccessKeyId']}\nsecret_access_key={key['SecretAccessKey']}\n"
    moving.run("vault", "add", "boss", stdin=text.encode())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        moving.env.pop(name, None)
    return key["AccessKeyId"]


def test_user_policy_and_key_are_made_and_the_secret_is_nowhere(moving: Moving, endpoint: Endpoint) -> None:
    moving.warmed = False
    endpoint.news_travels = 2
    done = moving.run(*CREATE, "--yes")
    said = done.stdout.decode()
    given = moving.credential("backup")
    assert endpoint.keys(USER) == {given["AccessKeyId"]: "Active"}
    for output in (done.stdout, done.stderr):
        assert given["SecretAccessKey"].encode() not in output and given["AccessKeyId"].encode() not in output
    assert moving.leaks(given["SecretAccessKey"]) == []
    iam = endpoint.admin()
    user = iam.get_user(UserName=USER)["User"]
    tags = {each["Key"]: each["Value"] for each in iam.list_user_tags(UserName=USER)["Tags"]}
    assert user["Path"] == "/keywatch/" and tags.pop("keywatch-job")
    assert tags == {"made-by": "keywatch", "keywatch-host": "web1", "keywatch-service": "backup"}
    document = iam.get_user_policy(UserName=USER, PolicyName="keywatch")["PolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::acme-backups/web1/*"
    assert statement["Condition"]["StringEquals"] == {"aws:ResourceAccount": ACCOUNT}
    for words in ("not read, list or delete any", "and nothing else", json.dumps(statement["Resource"]),
                  f"arn:aws:iam::{ACCOUNT}:user/keywatch/{USER}", "credential_process",
                  "exec backup -- COMMAND"):  # fmt: skip
        assert words in said, words
    assert "\x1b[" not in said
    (entry,) = moving.json("vault", "list")["entries"]
    assert (entry["source"], entry["consumer"]) == (f"arn:aws:iam::{ACCOUNT}:user/keywatch/{USER}", "backup")
    logged = moving.run("log", "--event", "key-created").stdout.decode()
    assert USER in logged and given["AccessKeyId"] not in logged
    assert endpoint.used_by(given["AccessKeyId"]) == ["sts:GetCallerIdentity"] * 3


def test_the_commands_that_it_gives_work(moving: Moving, endpoint: Endpoint) -> None:
    (profile, run) = moving.json(*CREATE, "--yes")["made"]["commands"]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del moving.env[name]
    given = moving.credential("backup")["AccessKeyId"]
    asked = len(endpoint.used_by(given))
    for command in (profile, "aws --profile backup --region us-east-1 sts get-caller-identity",
                    run.replace("COMMAND", "aws --region us-east-1 sts get-caller-identity")):  # fmt: skip
        subprocess.run(["sh", "-c", command], env=moving.env, check=True, capture_output=True, timeout=60)
    assert len(endpoint.used_by(given)) == asked + 2


def test_what_is_shown_first_is_made_only_when_a_person_agrees(moving: Moving, endpoint: Endpoint) -> None:
    done = moving.run(*CREATE, "--dry-run", "--account", ACCOUNT)
    assert f"arn:aws:iam::{ACCOUNT}:user/keywatch/{USER}" in done.stdout.decode()
    plan = moving.json(*CREATE, "--dry-run")
    assert plan["schema"] == "keywatch.creation/1" and plan["made"] is None
    assert plan["policy"]["Statement"][0]["Condition"]["StringEquals"] == {"aws:ResourceAccount": "ACCOUNT"}
    assert endpoint.log == [], "a dry run asks nobody"
    assert b"--yes" in moving.run(*CREATE, "--json", status=2).stderr
    script = ["script", "-qec", " ".join(["keywatch", *CREATE]), "/dev/null"]
    asked = subprocess.run(
        script, env={**moving.env, "TERM": "xterm"}, input=b"n\n", capture_output=True, check=False, timeout=60
    )
    assert asked.returncode == 1 and b"nothing was made" in asked.stdout and b"\x1b[36m" in asked.stdout
    assert users(endpoint) == [] and entries(moving) == []


def test_without_aws_and_boto3_a_dry_run_is_shown(tmp_path: Path) -> None:
    bare = Moving(tmp_path)
    blocked = tmp_path / "block"
    blocked.mkdir()
    (blocked / "boto3.py").write_text("raise ImportError\n")
    bare.env["PYTHONPATH"] = str(blocked)
    assert bare.json(*CREATE, "--dry-run")["user"] == USER
    bare.init_vault()
    assert b"pip install 'keywatch[aws]'" in bare.run(*CREATE, "--yes", status=2).stderr


@pytest.mark.parametrize(
    "operation", ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey", "iam:ListUserTags"]
)
def test_a_denied_call_names_the_right_and_leaves_nothing(
    operation: str, moving: Moving, endpoint: Endpoint
) -> None:  # fmt: skip
    boss(moving, endpoint)
    endpoint.denied.add(operation)
    said = moving.run(*CREATE, "--as", "boss", "--yes", "--executable", "/usr/bin/env", status=3).stderr.decode()
    assert operation in said and "lacks" in said and "secret thing" not in said
    assert users(endpoint) == ["boss"] and entries(moving) == ["boss"]
    assert not (moving.home / ".config/keywatch/conf.d/backup.toml").exists()
    endpoint.denied.clear()
    assert "nothing was cut short" in moving.run("recover").stdout.decode()
    moving.run(*CREATE, "--as", "boss", "--yes")
    assert entries(moving) == ["boss", "backup"]


def test_a_taking_back_that_is_denied_is_told_and_ended_later(moving: Moving, endpoint: Endpoint) -> None:
    boss(moving, endpoint)
    endpoint.denied |= {"iam:CreateAccessKey", "iam:DeleteUser"}
    said = moving.run(*CREATE, "--as", "boss", "--yes", status=3).stderr.decode()
    assert "NOT all was taken back" in said and "iam:DeleteUser" in said and "keywatch recover" in said
    assert USER in users(endpoint)
    moving.run("recover", status=3)
    endpoint.denied.clear()
    assert "everything was taken back" in moving.run("recover").stdout.decode()
    assert users(endpoint) == ["boss"]


@pytest.mark.parametrize(
    ("operation", "made"),
    [("iam:CreateUser", True), ("iam:PutUserPolicy", True), ("iam:CreateAccessKey", False),
     ("sts:GetCallerIdentity", True), ("iam:ListUserTags", True)],
)  # fmt: skip
def test_a_lost_answer_leaves_all_or_nothing(
    operation: str, made: bool, moving: Moving, endpoint: Endpoint
) -> None:  # fmt: skip
    endpoint.lost[operation] = 1
    moving.run(*CREATE, "--yes", status=0 if made else 3)
    assert (users(endpoint), entries(moving)) == (([USER], ["backup"]) if made else ([], []))
    assert [each.operation for each in endpoint.log].count("iam:CreateAccessKey") == 1, "never asked for twice"
    if not made:
        moving.run(*CREATE, "--yes")
    assert endpoint.keys(USER) == {moving.credential("backup")["AccessKeyId"]: "Active"}


def test_throttled_calls_are_asked_again(moving: Moving, endpoint: Endpoint) -> None:
    endpoint.throttled.update({"iam:CreateUser": 1, "iam:CreateAccessKey": 2, "sts:GetCallerIdentity": 1})
    moving.run(*CREATE, "--yes")
    assert endpoint.keys(USER) == {moving.credential("backup")["AccessKeyId"]: "Active"}


def test_a_key_that_cannot_be_verified_stays_and_is_verified_later(moving: Moving, endpoint: Endpoint) -> None:
    endpoint.denied.add("sts:GetCallerIdentity")  # of the new key: the administrator is never denied
    said = moving.run(*CREATE, "--yes", status=3).stderr.decode()
    assert "is in 'backup'" in said and "keywatch recover" in said
    assert entries(moving) == ["backup"] and users(endpoint) == [USER]
    moving.run("recover", status=3)
    endpoint.denied.clear()
    assert "finished" in moving.run("recover").stdout.decode()


def test_users_of_others_and_second_keys_are_refused(moving: Moving, endpoint: Endpoint) -> None:
    endpoint.admin().create_user(UserName=USER)
    assert "which keywatch did not make" in moving.run(*CREATE, "--yes", status=2).stderr.decode()
    endpoint.admin().delete_user(UserName=USER)
    moving.run(*CREATE, "--yes")
    assert "already" in moving.run(*CREATE, "--yes", status=2).stderr.decode()
    assert "--replace-policy" in moving.run(*CREATE, "--yes", "--entry", "other", status=2).stderr.decode()
    moving.run("vault", "rm", "backup", "--yes")
    said = moving.run(*CREATE, "--yes", "--entry", "other", status=2).stderr.decode()
    assert "for backup on web1" in said and f"--existing-user {USER}" in said
    assert len(endpoint.keys(USER)) == 1 and entries(moving) == []
    moving.run(*CREATE[:4], "web2", *ALLOW, "--yes")
    assert users(endpoint) == [USER, "backup-web2"]


def test_a_policy_is_replaced_and_no_key_made(moving: Moving, endpoint: Endpoint) -> None:
    assert "no IAM user" in moving.run(*CREATE, "--replace-policy", "--yes", status=2).stderr.decode()
    moving.run(*CREATE, "--yes")
    before = endpoint.keys(USER)
    moving.run(
        "key", "create", "backup", "--host", "web1", "--allow", "s3:list", *ALLOW[2:], "--replace-policy", "--yes"
    )
    document = endpoint.admin().get_user_policy(UserName=USER, PolicyName="keywatch")["PolicyDocument"]
    assert [each["Sid"] for each in document["Statement"]] == ["S3List", "S3List2"]
    assert endpoint.keys(USER) == before and entries(moving) == ["backup"]


def test_the_key_of_a_user_that_code_made(moving: Moving, endpoint: Endpoint) -> None:
    iam = endpoint.admin()
    iam.create_user(UserName=USER, Path="/keywatch/")
    existing = ("key", "create", "backup", "--existing-user", USER, "--yes")
    endpoint.lost["iam:CreateAccessKey"] = 1
    moving.run(*existing, status=3)
    assert endpoint.keys(USER) == {} and users(endpoint) == [USER], "its lost key is deleted, and the user stays"
    moving.run(*existing)
    assert endpoint.keys(USER) == {moving.credential("backup")["AccessKeyId"]: "Active"}
    assert "has a key already" in moving.run(*existing[:3], "--entry", "b2", *existing[3:], status=2).stderr.decode()
    assert "--allow" in moving.run(*existing, *ALLOW, status=2).stderr.decode()


def test_a_boundary_goes_to_the_user(moving: Moving, endpoint: Endpoint) -> None:
    iam = endpoint.admin()
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    )
    arn = iam.create_policy(PolicyName="bounds", PolicyDocument=document)["Policy"]["Arn"]
    moving.run(*CREATE, "--yes", "--boundary", arn)
    (asked,) = [each for each in endpoint.log if each.operation == "iam:CreateUser"]
    assert arn in unquote(asked.body) and "made-by" in unquote(asked.body)
    assert arn in moving.run(*CREATE, "--terraform", "--boundary", arn).stdout.decode()
    assert arn in moving.run(*CREATE, "--cloudformation", "--boundary", arn).stdout.decode()
    assert b"--boundary" in moving.run(*CREATE, "--dry-run", "--boundary", f"{arn}*", status=2).stderr


def test_a_canary_never_signs(moving: Moving, endpoint: Endpoint) -> None:
    account = min(CANARY_ACCOUNTS)
    body = base64.b32encode(((int(account) << 7) | 1 << 47).to_bytes(6, "big") + bytes(4))[:16].decode()
    moving.env["AWS_ACCESS_KEY_ID"] = key = f"AKIA{body}"
    assert account_of(key.encode()) == account
    assert "canary" in moving.run(*CREATE, "--yes", status=2).stderr.decode()
    assert endpoint.log == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--account", "210987654321"), "not 210987654321"),
        (("--account", "12"), "12 digits"),
        (("--user", "no-such-user"), "no such user"),
        (("--user", "nobody"), "only the system agent"),
        (("--executable", "bin/sh"), "absolute path"),
        (("--executable", "/no/such"), "absolute path"),
        (("--region", "cn-north-1"), "partition aws-cn"),
        (("--host", "a b"), "--host"),
        (("--as", "nobody"), "no entry of that name"),
        (("--entry", "a/b"), "an entry's name"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_made(
    more: tuple[str, ...], words: str, moving: Moving, endpoint: Endpoint
) -> None:  # fmt: skip
    assert words in moving.run(*CREATE, "--yes", *more, status=None).stderr.decode()
    assert "iam:CreateUser" not in {each.operation for each in endpoint.log}


def test_a_vault_that_could_not_be_read_back_is_told_before_anything_is_made(
    tmp_path: Path, endpoint: Endpoint
) -> None:  # fmt: skip
    moving = Moving(tmp_path)
    moving.env |= {"AWS_ENDPOINT_URL": endpoint.url, "AWS_ACCESS_KEY_ID": ADMIN[0], "AWS_SECRET_ACCESS_KEY": ADMIN[1]}
    moving.init_vault()
    (tmp_path / "vault.key").unlink()
    moving.run(*CREATE, "--yes", status=3)
    assert endpoint.log == []


def test_a_passphrase_is_read_once(tmp_path: Path, endpoint: Endpoint) -> None:
    """The signer's key, the check, the reading back: one passphrase opens the vault for all of them."""
    moving = Moving(tmp_path)
    moving.env["AWS_ENDPOINT_URL"] = endpoint.url

    def run(*argv: str, stdin: bytes = b"") -> None:
        reader, writer = os.pipe()
        os.write(writer, b"correct horse\n")
        os.close(writer)
        command = [os.path.join(PROGRAMS, "keywatch"), *argv, "--passphrase-fd", str(reader)]
        done = subprocess.run(
            command, env=moving.env, input=stdin, capture_output=True, check=False, pass_fds=(reader,), timeout=60
        )
        os.close(reader)
        assert done.returncode == 0, done.stderr.decode()

    run("vault", "init", "--no-recovery")
    boss(moving, endpoint)
    run(*CREATE, "--as", "boss", "--yes")
    assert entries(moving) == ["boss", "backup"]


def test_a_policy_of_the_entry_that_says_something_else_is_not_overwritten(moving: Moving, endpoint: Endpoint) -> None:
    text = '[entries."backup"]\ndeny = true\n'
    path = moving.write(".config/keywatch/conf.d/mine.toml", text)
    said = moving.run(*CREATE, "--yes", "--executable", "/usr/bin/env", status=2).stderr.decode()
    assert "names others already" in said and path.read_text() == text
    assert endpoint.log == []


def test_moto_enforces_the_policy_as_asked(moving: Moving, endpoint: Endpoint) -> None:
    """moto judges by actions and resources, and knows no conditions; those are test_policies.py's."""
    import boto3
    import requests
    from botocore.exceptions import ClientError

    moving.run(*CREATE, "--yes")
    given = moving.credential("backup")
    endpoint.admin("s3").create_bucket(Bucket="acme-backups")

    def client() -> Any:
        return boto3.client(
            "s3", endpoint_url=endpoint.url, region_name="us-east-1", aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
        )  # fmt: skip

    requests.post(f"{endpoint.moto}/moto-api/reset-auth", data="0", timeout=10)
    try:
        s3 = client()
        s3.put_object(Bucket="acme-backups", Key="web1/a", Body=b"a")
        for call, key in ((s3.put_object, "web2/a"), (s3.put_object, "a"), (s3.get_object, "web1/a"),
                          (s3.delete_object, "web1/a")):  # fmt: skip
            with pytest.raises(ClientError) as told:
                call(Bucket="acme-backups", Key=key)
            assert told.value.response["Error"]["Code"] == "AccessDenied", key
        with pytest.raises(ClientError):
            s3.list_objects_v2(Bucket="acme-backups", Prefix="web1/")
    finally:
        requests.post(f"{endpoint.moto}/moto-api/reset-auth", data="inf", timeout=10)
