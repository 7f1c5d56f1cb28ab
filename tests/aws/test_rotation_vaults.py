"""A rotation in a real gnome-keyring, and in the system vault behind its agent; and who gets what afterwards."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from keywatch.aws import rotation
from keywatch.aws.client import of_key, payload_of
from keywatch.aws.jobs import Job, Jobs
from keywatch.aws.retirement import give_back, retire
from keywatch.aws.rotation import Bench, start
from keywatch.aws.rotation_plan import intent, look
from keywatch.aws.rotation_recover import lost
from keywatch.config import EntryPolicy
from keywatch.serve.policies import policy_of
from keywatch.vault.backend import open_store
from keywatch.vault.base import Deposit, Vault
from keywatch.vault.keyring import KeyringVault
from tests.aws.endpoint import Endpoint
from tests.move.moving import Moving
from tests.serve.test_system_agent import ANNA, Lab
from tests.vault.secretservice_session import AVAILABLE, gnome_keyring, private_bus


def id_in(vault: Vault, entry: str) -> str:
    return vault.get(entry).fields["access_key_id"].expose().decode()


@pytest.mark.e2e
@pytest.mark.skipif(not AVAILABLE and os.environ.get("KEYWATCH_E2E") != "required", reason="no gnome-keyring")
def test_in_a_real_keyring(tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    moving = Moving(tmp_path)
    with private_bus(monkeypatch) as environment, gnome_keyring(environment):
        moving.env |= {
            "DBUS_SESSION_BUS_ADDRESS": environment["DBUS_SESSION_BUS_ADDRESS"], "AWS_ENDPOINT_URL": endpoint.url,
        }  # fmt: skip
        key = endpoint.make_user("backup")
        text = f"access_key_id={key['AccessKeyId']}\nsecret_access_key={key['SecretAccessKey']}\n"
        moving.run("vault", "add", "work", "--vault", "keyring", stdin=text.encode())
        done = moving.json("key", "rotate", "work", "--yes")
        assert done["rotation"]["vault"] == "keyring"
        new = moving.credential("work")["AccessKeyId"]
        assert endpoint.keys("backup") == {key["AccessKeyId"]: "Active", new: "Active"} and new != key["AccessKeyId"]
        vault = KeyringVault(open_store(timeout=5), str(moving.state))
        assert {each.name: id_in(vault, each.name) for each in vault.list_entries()} == {
            "work": new, "work.old": key["AccessKeyId"],
        }  # fmt: skip
        # a vault file that is made now does not change which one the rotation means
        moving.run("vault", "init", "--key-file", str(tmp_path / "key"), "--no-recovery")
        moving.run("key", "retire", "work", "--now", "--delete-after", "0", "--yes")
        assert endpoint.keys("backup") == {new: "Active"}
        assert [each.name for each in vault.list_entries()] == ["work"]
        assert moving.leaks(key["SecretAccessKey"]) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
def test_in_the_system_vault(tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PAUSE", 0.05)
    for folder in (tmp_path, *tmp_path.parents[:2]):  # other users ask, too
        folder.chmod(0o755)
    lab = Lab(tmp_path)
    try:
        key = endpoint.make_user("backup")
        lab.vault.put(Deposit("work", payload_of(key), "long-lived", "/etc/crontab", "cron"), replace=True)
        lab.allow(f"uids = [{ANNA}]")

        def sign(job: Job):  # type: ignore[no-untyped-def]
            return of_key(lab.vault.get(job.entry))

        with Jobs(str(tmp_path / "jobs")) as jobs:
            bench = Bench(jobs, lab.vault, str(tmp_path / "jobs"), sign)
            subject = look("work", lab.vault.get("work"), None)
            job = start(bench, intent("work", "system", subject, [], {}), lost)
            new = id_in(lab.vault, "work")
            assert new != key["AccessKeyId"] == id_in(lab.vault, "work.old")
            given = lab.ask(ANNA, "credential work")
            assert new in given
            assert "only root" in lab.ask(ANNA, "credential work.old")
            entry = next(each for each in lab.vault.list_entries() if each.name == "work")
            assert (entry.source, entry.consumer) == ("/etc/crontab", "cron")
            job = give_back(bench, retire(bench, job, at_once=True).job)
            assert id_in(lab.vault, "work") == key["AccessKeyId"] and id_in(lab.vault, "work.next") == new
            job = jobs.advance(job, job.state, delete_after=0)
            assert retire(bench, job, at_once=True).job.state == "retired"
        assert endpoint.keys("backup") == {key["AccessKeyId"]: "Active"}
        assert "work.next" not in {each.name for each in lab.vault.list_entries()}
        secret = json.dumps(key["SecretAccessKey"])
        assert secret not in (tmp_path / "jobs/audit.jsonl").read_text()
    finally:
        lab.stop()


def test_what_a_rotation_keeps_has_its_entrys_policy() -> None:
    work, own = EntryPolicy(deny=True), EntryPolicy(ask=True)
    policies = {"work": work, "play.old": own}
    assert policy_of(policies, "Work.OLD") is work and policy_of(policies, "work.next") is work
    assert policy_of(policies, "play.old") is own and policy_of(policies, "play.next") is None
    assert policy_of(policies, "other") is None
