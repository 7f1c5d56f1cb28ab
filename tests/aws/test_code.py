"""The user and policy as code: what a parser of each language reads back is the policy that was shown."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from keywatch.aws.code.base import CodedUser
from keywatch.aws.code.cloudformation import cloudformation
from keywatch.aws.code.terraform import terraform
from keywatch.aws.policies.base import UNKNOWN_ACCOUNT, Scope
from keywatch.aws.policies.compose import compose
from keywatch.aws.policies.registry import TEMPLATES
from tests.aws.policy_cases import ACCOUNT
from tests.move.moving import Moving

TAGS = {"made-by": "keywatch", "keywatch-host": "web1", "keywatch-service": "backup"}
REMAKE = "keywatch key create backup --host web1 --existing-user backup-web1"
BACKUP = ("backup", "--host", "web1", "--allow", "backup:upload", "--bucket", "acme-backups", "--prefix", "web1/")


def coded(ident: str, account: str = ACCOUNT, name: str = "backup-web1") -> CodedUser:
    values = {name: [value] for name, value in TEMPLATES[ident].example.items()} | {"from-ip": ["203.0.113.7/32"]}
    policy = compose([ident], values, Scope(account))
    return CodedUser(name, "/keywatch/", "keywatch", TAGS, policy.document, policy.allows, policy.limits, REMAKE)


def strange() -> CodedUser:
    """What no parameter can hold, to see that it would be escaped."""
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "a\"b\\${x}%{y}\n#'", "Action": ["é", "*"]}]}
    return CodedUser("9.${x}", "/", "keywatch", {'a"': "%{b}"}, document, ["be"], "never", REMAKE)


def read_hcl(text: str) -> Any:
    """The policy's object as python-hcl2 reads it: `jsonencode(…)` is a call, which it does not make."""
    body = re.search(r"policy = jsonencode\((.*)\)\n}\n\Z", text, re.DOTALL)
    assert body is not None
    assert hcl2.loads(text)["resource"]
    return _plain(hcl2.loads(f"policy = {body[1]}\n")["policy"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return json.loads(value) if value.startswith('"') else value


@pytest.mark.parametrize("ident", TEMPLATES)
def test_terraform_reads_the_same_policy_back(ident: str) -> None:
    user = coded(ident)
    text = terraform(user)
    assert read_hcl(text) == user.document
    assert text == terraform(coded(ident)), "the same in, the same out"
    assert "# and nothing else; over TLS only, and from 203.0.113.7/32 only." in text
    assert "aws_iam_access_key" not in text and "state would hold its secret" in text and REMAKE in text


def test_an_account_that_nobody_told_is_looked_up() -> None:
    text = terraform(coded("s3:read", UNKNOWN_ACCOUNT))
    assert '"${data.aws_caller_identity.current.account_id}"' in text and UNKNOWN_ACCOUNT not in text
    assert 'data "aws_caller_identity" "current" {}' in text
    template = yaml.safe_load(cloudformation(coded("sqs:send", UNKNOWN_ACCOUNT)))
    (user,) = template["Resources"].values()
    statement = user["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:sqs:eu-west-1:${AWS::AccountId}:jobs"}


@pytest.mark.parametrize("ident", TEMPLATES)
def test_cloudformation_reads_the_same_policy_back(ident: str) -> None:
    user = coded(ident)
    template = yaml.safe_load(cloudformation(user))
    (resource,) = template["Resources"].values()
    properties = resource["Properties"]
    assert properties["Policies"] == [{"PolicyName": "keywatch", "PolicyDocument": user.document}]
    assert (properties["UserName"], properties["Path"]) == ("backup-web1", "/keywatch/")
    assert {each["Key"]: each["Value"] for each in properties["Tags"]} == TAGS


def lint(path: Path, template: dict[str, Any]) -> str:
    path.write_text(yaml.safe_dump(template))
    done = subprocess.run(["cfn-lint", "-c", "I", "--", str(path)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    """Its tables are AWS's own: actions that are none, resources that do not go with them, policies that are none."""
    whole: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}
    for number, ident in enumerate(TEMPLATES):
        for known in (ACCOUNT, UNKNOWN_ACCOUNT):
            user = coded(ident, known, f"user{number}{'x' if known == ACCOUNT else ''}")
            whole["Resources"] |= yaml.safe_load(cloudformation(user))["Resources"]
    assert len(whole["Resources"]) == 2 * len(TEMPLATES)
    assert lint(tmp_path / "all.yaml", whole) == ""
    text = json.dumps(whole).replace('"s3:DeleteObject"', '"s3:DeleteObjekt"')
    assert "'deleteobjekt' is not one of" in lint(tmp_path / "wrong.yaml", json.loads(text)).lower()


def test_what_would_be_expanded_is_escaped() -> None:
    user = strange()
    assert yaml.safe_load(cloudformation(user))["Resources"]["User9X"]["Properties"]["Policies"][0][
        "PolicyDocument"
    ] == json.loads(json.dumps(user.document))
    text = "\n".join(line for line in terraform(user).splitlines() if not line.startswith("#"))
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text)


def test_terraform_itself(tmp_path: Path) -> None:
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed")
    users = [coded(ident, known) for ident in TEMPLATES for known in (ACCOUNT, UNKNOWN_ACCOUNT)] + [strange()]
    for user in users:
        text = terraform(user)
        done = subprocess.run([program, "fmt", "-"], input=text, capture_output=True, text=True, check=True)
        assert done.stdout == text, "terraform fmt would change it"
        if UNKNOWN_ACCOUNT in json.dumps(user.document, ensure_ascii=False):
            continue
        body = re.search(r"policy = (jsonencode\(.*\))\n}\n\Z", text, re.DOTALL)
        assert body is not None
        (tmp_path / "main.tf").write_text(f"locals {{\n  policy = {body[1]}\n}}\n")
        done = subprocess.run(
            [program, "console"], input="nonsensitive(local.policy)\n", cwd=tmp_path, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert json.loads(json.loads(done.stdout)) == json.loads(json.dumps(user.document))


def test_the_command_prints_it_and_asks_nobody(tmp_path: Path) -> None:
    moving = Moving(tmp_path)
    moving.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    text = moving.run("key", "create", *BACKUP, "--terraform").stdout.decode()
    assert read_hcl(text)["Statement"][0]["Resource"] == "arn:aws:s3:::acme-backups/web1/*"
    assert REMAKE in text
    template = yaml.safe_load(moving.run("key", "create", *BACKUP, "--cloudformation", "--account", ACCOUNT).stdout)
    assert list(template["Resources"]) == ["BackupWeb1"] and ACCOUNT in json.dumps(template)
    assert not moving.state.exists(), "nothing was made"


def test_the_templates_are_listed(tmp_path: Path) -> None:
    moving = Moving(tmp_path)
    said = moving.run("key", "templates").stdout.decode()
    listed = moving.json("key", "templates")
    assert listed["schema"] == "keywatch.templates/1"
    assert [each["id"] for each in listed["templates"]] == list(TEMPLATES)
    assert all(each["id"] in said and each["policy"]["Statement"] for each in listed["templates"])
    (one,) = moving.json("key", "templates", "s3:read")["templates"]
    assert one["needs"] == [["bucket"], ["prefix", "whole-bucket"]]
    assert '"Action": "s3:GetObject"' in moving.run("key", "templates", "s3:read").stdout.decode()
    assert b"no such template" in moving.run("key", "templates", "s3:x", status=2).stderr
