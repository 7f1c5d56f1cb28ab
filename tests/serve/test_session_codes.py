"""Temporary keys that want a code of an MFA device: who is asked for it, how often, and where it is typed."""

from __future__ import annotations

import os
import pty
import shutil
import time

import pytest

from tests.move.moving import PROGRAMS
from tests.serve.sessionlab import MFA, Lab, at_once


def test_an_mfa_code_is_asked_once_for_all(lab: Lab) -> None:
    asked = lab.pinentry("12345", "000000", "123456")
    lab.endpoint.sts.codes = {"123456"}
    lab.set(f'session = true\nmfa = "{MFA}"')
    lab.start()
    assert len(set(at_once(5, lab.key_id))) == 1
    text = asked.read_text()
    assert text.count("GETPIN") == 3
    assert "A%20code%20has%20six%20digits" in text
    assert "code%20was%20wrong" in text
    assert [each["TokenCode"] for each in lab.endpoint.sts.asked] == ["000000", "123456"]
    assert lab.endpoint.sts.asked[0]["SerialNumber"] == MFA


def test_a_person_who_declines_is_not_asked_again_at_once(lab: Lab) -> None:
    asked = lab.pinentry()
    lab.set(f'session = true\nmfa = "{MFA}"')
    lab.start()
    for _ in range(2):
        done = lab.helper()
        assert done.returncode == 1
        assert "declined" in done.stderr
    assert asked.read_text().count("GETPIN") == 1
    assert lab.endpoint.log == []


def test_consent_first_and_then_the_code(lab: Lab) -> None:
    asked = lab.pinentry("yes", "123456")
    lab.endpoint.sts.codes = {"123456"}
    lab.set(f'session = true\nask = true\nmfa = "{MFA}"')
    lab.start()
    lab.key_id()
    told = [line for line in asked.read_text().splitlines() if line in ("CONFIRM", "GETPIN")]
    assert told == ["CONFIRM", "GETPIN"]
    assert "declined" in lab.helper().stderr  # each program is asked about


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_where_no_pinentry_is_the_code_is_typed_on_a_terminal(lab: Lab, with_agent: bool) -> None:
    lab.endpoint.sts.codes = {"654321"}
    lab.set(f'session = true\nmfa = "{MFA}"')
    if with_agent:
        lab.start()
    done = lab.helper()
    assert done.returncode == 1
    assert "keywatch key session work --now" in done.stderr
    shown = _on_a_terminal(lab, ["key", "session", "work", "--now"], b"MFA code: ", b"654321\n")
    assert "temporary keys only" in shown
    assert "654321" not in shown
    lab.key_id()
    assert lab.calls("GetSessionToken") == 1
    if with_agent:
        assert b"session.work" not in (lab.moving.home / ".local/share/keywatch/vault.json").read_bytes()


@pytest.mark.skipif(
    not shutil.which("pinentry-tty") and os.environ.get("KEYWATCH_E2E") != "required", reason="no pinentry-tty"
)
def test_a_real_pinentry_takes_the_code(lab: Lab) -> None:
    lab.endpoint.sts.codes = {"777777"}
    lab.moving.env |= {"KEYWATCH_PINENTRY": "pinentry-tty", "TERM": "xterm"}
    shown = _on_a_terminal(lab, ["key", "session", "work", "--mfa", MFA], b"MFA code:", b"777777\n")
    assert "12 h" in shown
    lab.key_id()


def _on_a_terminal(lab: Lab, words: list[str], prompt: bytes, typed: bytes) -> str:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(lab.moving.home)
        program = os.path.join(PROGRAMS, "keywatch")
        os.execve(program, [program, *words], lab.moving.env)
    shown, deadline = b"", time.monotonic() + 30
    while prompt not in shown:
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096)
    time.sleep(0.3)  # what is typed before the echo is off would show
    os.write(terminal, typed)
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
    os.close(terminal)
    return shown.decode()


def test_the_mfa_device_is_looked_up(lab: Lab) -> None:
    done = lab.moving.run("key", "session", "work", "--mfa", status=2)
    assert b"no MFA device" in done.stderr
    admin = lab.endpoint.admin()
    serial = admin.create_virtual_mfa_device(VirtualMFADeviceName="bob")["VirtualMFADevice"]["SerialNumber"]
    admin.enable_mfa_device(
        UserName="bob", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="234567"
    )
    lab.pinentry("123456")
    lab.endpoint.sts.codes = {"123456"}
    told = lab.moving.json("key", "session", "work", "--mfa")
    assert told["mfa"] == serial
    assert told["duration"] == 43200
    lab.endpoint.denied.add("iam:ListMFADevices")
    done = lab.moving.run("key", "session", "work", "--mfa", status=2)
    assert b"--mfa ARN" in done.stderr
