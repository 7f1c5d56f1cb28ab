"""Temporary keys: what programs get of an entry whose policy says `session`, by the agent and without one."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time

import pytest
from awsclients import CLIENTS, EXPECTED, client

from keywatch.aws.client import api_name
from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from tests.aws.sts import Role
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS
from tests.serve.sessionlab import ROLE, Lab, at_once


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
@pytest.mark.parametrize("name", [client(name) for name in ("boto3", "aws")])
def test_only_temporary_keys_sign(lab: Lab, name: str, with_agent: bool) -> None:
    lab.moving.write(".aws/credentials", f"[default]\ncredential_process = {PROGRAMS}/keywatch-credential work\n")
    lab.moving.run("key", "session", "work")
    lab.endpoint.log.clear()
    if with_agent:
        lab.start()
    command = [word.replace("URL", lab.endpoint.url) for word in CLIENTS[name]]
    env = {**lab.moving.env, "ENDPOINT": lab.endpoint.url}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    assert EXPECTED[name].replace("work", "bob") in done.stdout
    users = [each for each in lab.endpoint.log if each.operation == "sts:GetCallerIdentity"]
    assert users
    assert all(each.key_id.startswith("ASIA") and each.token for each in users)


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_exec_and_env_give_the_same_with_its_token(lab: Lab, with_agent: bool) -> None:
    lab.moving.run("key", "session", "work")
    if with_agent:
        lab.start()
    shown = lab.moving.run("exec", "work", "--", "env").stdout.decode()
    variables = dict(line.split("=", 1) for line in shown.splitlines())
    assert variables["AWS_ACCESS_KEY_ID"] == lab.key_id()
    assert variables["AWS_SESSION_TOKEN"]
    told = json.loads(lab.moving.run("env", "work", "--shell", "json").stdout)
    assert {name: variables[name] for name in told} == told
    lab.moving.write(".env", "ID=keywatch://work/access_key_id\n")
    assert lab.moving.run("exec", "--env-file", ".env", "--", "sh", "-c", "echo $ID").stdout.decode()[:4] == "ASIA"
    assert lab.calls("GetSessionToken") == 1 + with_agent * 0
    assert "session" in lab.moving.run("log").stdout.decode()


def test_the_end_that_is_told_is_the_sessions_own(lab: Lab) -> None:
    lab.start()
    lab.set('session = true\nduration = "15m"')
    answer = json.loads(lab.helper().stdout)
    issued = lab.endpoint.sts.issued[answer["AccessKeyId"]]
    assert answer["Expiration"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(issued.until))
    assert lab.endpoint.sts.asked[0]["DurationSeconds"] == "900"


def test_twenty_at_once_are_one_request_and_the_others_are_served_meanwhile(lab: Lab) -> None:
    lab.start()
    lab.set("session = true")
    lab.put("other", Fakes_key(3))
    lab.endpoint.sts.slow = 2.5
    began = time.monotonic()
    slow = subprocess.Popen(
        [os.path.join(PROGRAMS, "keywatch-credential"), "work"], env=lab.moving.env, stdout=subprocess.PIPE
    )
    time.sleep(0.3)
    assert json.loads(lab.helper("other").stdout)["AccessKeyId"].startswith("AKIA")
    assert time.monotonic() - began < 2.5
    given = at_once(20, lab.key_id)
    assert json.loads(slow.communicate()[0])["AccessKeyId"] == given[0]
    assert len(set(given)) == 1
    assert lab.calls("GetSessionToken") == 1


def Fakes_key(seed: int) -> dict[str, str]:  # noqa: N802
    fakes = Fakes(seed)
    return {"AccessKeyId": fakes.key_id(), "SecretAccessKey": fakes.secret()}


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_one_that_ended_is_replaced(lab: Lab, with_agent: bool) -> None:
    lab.set("session = true")
    if with_agent:
        lab.start()
    lab.endpoint.sts.life = 18  # of use for three seconds
    first = lab.key_id()
    assert lab.key_id() == first
    time.sleep(4)
    assert lab.key_id() != first
    assert lab.calls("GetSessionToken") == 2


def test_one_that_ends_soon_is_given_at_once_and_replaced_meanwhile(lab: Lab) -> None:
    lab.start()
    lab.set("session = true")
    lab.endpoint.sts.slow = 1.5
    soon = lab.hand_in(300)
    began = time.monotonic()
    assert lab.key_id() == soon
    assert time.monotonic() - began < 1.4
    deadline = time.monotonic() + 10
    while lab.key_id() == soon:
        assert time.monotonic() < deadline
    assert lab.calls("GetSessionToken") == 1


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_what_is_good_still_serves_while_aws_can_not_be_reached(lab: Lab, with_agent: bool) -> None:
    lab.set("session = true")
    lab.endpoint.lost["sts:GetSessionToken"] = 1 << 20
    if with_agent:
        lab.start()
    good = lab.hand_in(300)
    for _ in range(3):
        assert lab.key_id() == good
    deadline = time.monotonic() + 20
    while lab.calls("GetSessionToken") < 3:  # alone each tries once, and boto3 in the agent's process three times
        assert time.monotonic() < deadline
    if with_agent:
        time.sleep(4)
        tried = lab.calls("GetSessionToken")
        assert lab.key_id() == good
        time.sleep(1)
        assert lab.calls("GetSessionToken") == tried  # one failure is not tried again at once


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_without_a_session_the_refusal_has_words_and_no_key(lab: Lab, with_agent: bool) -> None:
    lab.set("session = true")
    if with_agent:
        lab.start()
    for cause, words in (("denied", "is to use --mfa"), ("lost", "can't be reached"), ("dead", "deleted or inactive")):
        if cause == "denied":
            lab.endpoint.denied.add("sts:GetSessionToken")
        elif cause == "lost":
            lab.endpoint.denied.clear()
            lab.endpoint.lost["sts:GetSessionToken"] = 1 << 20
        else:
            lab.endpoint.lost.clear()
            lab.endpoint.admin().update_access_key(
                UserName="bob", AccessKeyId=lab.key["AccessKeyId"], Status="Inactive"
            )
        for words_of in (lab.helper(), lab.helper()):
            assert words_of.returncode == 1
            assert words_of.stdout == ""
            assert words in words_of.stderr
        done = lab.moving.run("exec", "work", "--", "env", status=None)
        assert done.returncode in (2, 3)
        assert b"AKIA" not in done.stdout
        time.sleep(3.2 * with_agent)


def test_lock_forgets_and_a_new_setting_counts_at_once(lab: Lab) -> None:
    lab.start()
    assert json.loads(lab.helper().stdout)["AccessKeyId"].startswith("AKIA")
    lab.set("session = true")
    first = lab.key_id()
    lab.set('session = true\nduration = "2h"')
    second = lab.key_id()
    assert second != first
    lab.set("session = tru")
    assert lab.key_id() == second  # the old text stays in force
    lab.set('session = true\nduration = "2h"')
    lab.moving.run("lock")
    assert lab.ask(b"session work") == (b"!", b"the agent is locked: keywatch unlock")
    lab.moving.run("unlock")
    assert lab.ask(b"session work") == (b"+", b"{}")
    assert lab.key_id() not in (first, second)


def test_another_entry_costs_no_session_and_another_key_does(lab: Lab) -> None:
    lab.start()
    lab.set("session = true")
    first = lab.key_id()
    lab.put("other", Fakes_key(4))
    assert lab.key_id() == first
    admin = lab.endpoint.admin()
    new = admin.create_access_key(UserName="bob")["AccessKey"]
    lab.put("work", new, "--replace")
    assert lab.key_id() != first
    assert lab.endpoint.used_by(new["AccessKeyId"]) == ["sts:GetSessionToken"]


def test_a_session_that_is_handed_in_must_be_of_the_key_and_as_set(lab: Lab) -> None:
    lab.start()
    with pytest.raises(AssertionError, match="not an entry with temporary keys"):
        lab.hand_in(3000)
    lab.set("session = true")
    assert lab.hand_in(3000) == lab.key_id()
    for wrong in ({"of": "AKIA" + "Z" * 16}, {"how": "|x|3600|"}, {"session_token": ""}, {"expires": 5}):
        with pytest.raises(AssertionError, match="b'-'"):
            lab.hand_in(2000, **wrong)
    for line in (b"session work ////", b"session work bnVsbA==", b"session", b"session a b c", b"session ../x"):
        answer = lab.ask(line)
        assert answer is not None
        assert answer[0] == b"-"
    assert lab.calls("GetSessionToken") == 0


def test_what_keeps_a_session_is_not_given_past_its_entrys_policy(lab: Lab) -> None:
    lab.moving.run("key", "session", "work")
    lab.start()
    assert lab.ask(b"credential session.work") == (b"-", b"not the name of an entry")
    assert lab.ask(b"variables Session.work") == (b"-", b"not the name of an entry")
    assert "session.work" not in json.dumps(lab.moving.json("key", "list"))


# -- the command -------------------------------------------------------------------------------------------------------


def test_a_role(lab: Lab) -> None:
    lab.endpoint.sts.roles[ROLE] = Role(longest=3600, external_id="us:1")
    done = lab.moving.run("key", "session", "work", "--role", ROLE, status=3)
    assert b"may not sts:AssumeRole" in done.stderr
    assert b"external-id" in done.stderr
    assert not (lab.moving.home / ".config/keywatch/conf.d/work.toml").exists()
    assert json.loads(lab.helper().stdout)["AccessKeyId"].startswith("AKIA")
    done = lab.moving.run(
        "key", "session", "work", "--role", ROLE, "--external-id", "us:1", "--duration", "2h", status=3
    )
    assert b"MaxSessionDuration" in done.stderr
    told = lab.moving.json("key", "session", "work", "--role", ROLE, "--external-id", "us:1")
    assert told["who"] == "arn:aws:sts::123456789012:assumed-role/deploy/keywatch-work"
    assert told["until"]
    assert told["masked"].startswith("ASIA…")
    lab.key_id()
    again = lab.moving.json("key", "session", "work")
    assert again == told
    assert lab.calls("AssumeRole") == 3


def test_it_ends_and_leaves_nothing(lab: Lab) -> None:
    lab.moving.run("key", "session", "work", "--off", status=2)
    lab.moving.run("key", "session", "work")
    lab.key_id()
    done = lab.moving.run("key", "session", "work", "--off")
    assert b"long-lived key again" in done.stdout
    assert json.loads(lab.helper().stdout)["AccessKeyId"] == lab.key["AccessKeyId"]
    assert b"session.work" not in (lab.moving.home / ".local/share/keywatch/vault.json").read_bytes()


def test_keys_that_have_no_sessions(lab: Lab) -> None:
    fakes = Fakes(7)
    canary = _key_of(min(CANARY_ACCOUNTS))
    lab.put("trap", {"AccessKeyId": canary, "SecretAccessKey": fakes.secret()})
    lab.moving.run("vault", "add", "token", stdin=b"TOKEN=" + b"x" * 30)
    lab.moving.run(
        "vault", "add", "brief",
        stdin=f"aws_access_key_id={fakes.key_id('ASIA')}\naws_secret_access_key={fakes.secret()}\n"
        f"aws_session_token={fakes.session_token()}\n".encode(),
    )  # fmt: skip
    for entry, words in (("trap", b"canary"), ("token", b"no AWS access key"), ("brief", b"temporary key already")):
        assert words in lab.moving.run("key", "session", entry, status=2).stderr
        lab.set("session = true", entry)
        for _ in range(2):
            assert words in lab.helper(entry).stderr.encode()
            lab.start() if lab.agent is None else None
        lab.stop()
    assert lab.endpoint.log == []


def _key_of(account: str) -> str:
    """A made-up key id of that account."""
    key_id = "AKIA" + base64.b32encode(((int(account) << 7) | 1 << 47).to_bytes(6, "big") + b"test").decode()
    assert account_of(key_id.encode()) == account
    return key_id


@pytest.mark.parametrize("wrong", ["session = ", "session = true\nroll = 'x'", "[entries.x]\nsession = 1"])
def test_a_wrong_setting_gives_no_long_lived_key(lab: Lab, wrong: str) -> None:
    lab.moving.write(".config/keywatch/keywatch.toml", f"[entries.work]\n{wrong}\n")
    done = lab.helper()
    assert done.returncode == 1
    assert done.stdout == ""
    assert "keywatch.toml" in done.stderr


def test_a_key_spelled_with_escapes_counts(lab: Lab) -> None:
    lab.moving.write(".config/keywatch/keywatch.toml", '[entries.work]\n"ses\\u0073ion" = true\n')
    lab.key_id()


def test_the_setting_is_told_by_config_check_and_costs_no_other_entry(lab: Lab) -> None:
    lab.moving.write(".config/keywatch/keywatch.toml", f'[entries.work]\nrole = "{ROLE}"\n')
    assert b"add session = true" in lab.moving.run("config", "check", status=2).stderr
    code = (
        "import sys; from keywatch.serve.temporary import session_policy; print(session_policy(sys.argv[1], 'work'),"
        " 'tomllib' in sys.modules)"
    )
    lab.moving.write(".config/keywatch/keywatch.toml", "[entries.work]\nask = true\n")
    folder = str(lab.moving.home / ".config/keywatch")
    # an environment of its own: a measurement of coverage would load tomllib, too
    command = [sys.executable, "-c", code, folder]
    done = subprocess.run(command, env=lab.moving.env, capture_output=True, text=True, check=True)
    assert done.stdout == "None False\n"


def test_another_place_of_the_key_moves_to_the_same_entry(lab: Lab) -> None:
    """Its program gets temporary keys as well, and the plan says so."""
    lab.moving.run("key", "session", "work")
    text = (
        f"[default]\naws_access_key_id={lab.key['AccessKeyId']}\naws_secret_access_key={lab.key['SecretAccessKey']}\n"
    )
    path = lab.moving.write(".aws/credentials", text)
    shown = lab.moving.run("move", str(path), "--yes").stdout.decode()
    assert "temporary keys only" in shown
    assert "keywatch-credential work" in path.read_text()
    lab.key_id()


def test_an_operation_is_told_by_the_name_that_policies_have_for_it(lab: Lab) -> None:
    lab.endpoint.throttled["iam:ListMFADevices"] = 9
    done = lab.moving.run("key", "session", "work", "--mfa", status=None)
    assert done.returncode
    assert "iam:ListMFADevices: AWS says Throttling" in done.stderr.decode()


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_every_operation_of_the_model_is_named_as_there(service: str) -> None:
    from botocore import xform_name
    from botocore.loaders import Loader

    names = Loader().load_service_model(service, "service-2")["operations"]
    assert len(names) > 5
    assert {api_name(service, xform_name(name)) for name in names} == {f"{service}:{name}" for name in names}
    assert api_name(service, "no_such_thing") == f"{service}:no_such_thing"
