"""What goes wrong in a rotation: lost answers, a network that goes, others at the same entry, a kill."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from keywatch.vault.base import Deposit
from tests.aws.endpoint import ADMIN, Endpoint, backdate
from tests.aws.rotating import Rotating, fails


def test_a_lost_answer_leaves_no_key_behind(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    endpoint.lost["iam:CreateAccessKey"] = 1
    said = fails(rotating, "rotate", "work", "--yes")
    assert "everything is as it was before: the new key is deleted" in said
    assert endpoint.keys(user) == {old: "Active"} and rotating.kept() == {"work": old}
    rotating.moving.run("key", "rotate", "work", "--yes")
    assert len(endpoint.keys(user)) == 2


def test_a_key_that_may_be_somebody_elses_is_named_and_left(rotating: Rotating, endpoint: Endpoint) -> None:
    """The answer was lost, and the key that is there now was used: so it is not the lost one's."""
    user, old = rotating.user("backup", "work")
    endpoint.lost["iam:CreateAccessKey"] = 1
    endpoint.on_lost = lambda: backdate(next(key for key in endpoint.keys(user) if key != old), 0, "s3", "eu-west-1")
    said = fails(rotating, "rotate", "work", "--yes")
    (other,) = set(endpoint.keys(user)) - {old}
    assert other in said and "may be somebody else's" in said and endpoint.keys(user)[other] == "Active"
    assert rotating.moving.run("recover", status=3).stdout.decode().count(other) == 1
    assert "earlier rotation" in fails(rotating, "rotate", "work", "--yes")
    endpoint.admin().delete_access_key(UserName=user, AccessKeyId=other)
    status, said, _ = rotating.hurt("recover")  # looks for it for a while
    assert status == 0 and "made no key" in said
    rotating.moving.run("key", "rotate", "work", "--yes")


def test_a_new_key_that_can_not_be_deleted_stays_named(rotating: Rotating, endpoint: Endpoint) -> None:
    """May make keys, but not delete them; and the new one never comes to be known."""
    user, old = rotating.user("backup", "work")
    endpoint.denied.add("iam:DeleteAccessKey")
    endpoint.lost["iam:CreateAccessKey"] = 1
    said = fails(rotating, "rotate", "work", "--yes")
    (new,) = set(endpoint.keys(user)) - {old}
    assert new in said and "keywatch key retire work --profile NAME" in said
    assert new in rotating.moving.run("recover", status=3).stdout.decode()
    assert "cut short" in rotating.moving.run("key", "list").stdout.decode()
    rotating.moving.write(
        ".aws/credentials", f"[admin]\naws_access_key_id = {ADMIN[0]}\naws_secret_access_key = {ADMIN[1]}\n"
    )
    rotating.moving.run("key", "retire", "work", "--profile", "admin")
    assert endpoint.keys(user) == {old: "Active"}


def test_a_new_key_that_is_never_known_is_taken_back(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    endpoint.news_travels = 10_000
    status, said, _ = rotating.hurt("key", "rotate", "work", "--yes", patience=2.0)
    assert status == 3 and "not known to AWS" in said and "deleted" in said
    assert endpoint.keys(user) == {old: "Active"} and rotating.kept() == {"work": old}


def test_the_network_goes_and_comes_back(rotating: Rotating, endpoint: Endpoint) -> None:
    user, _ = rotating.user("backup", "work")
    endpoint.throttled["sts:GetCallerIdentity"] = 0
    endpoint.broken_after["iam:CreateAccessKey"] = 1
    status, said, _ = rotating.hurt("key", "rotate", "work", "--yes", patience=2.0)
    assert status == 3 and "no key is lost" in said, said
    assert sorted(rotating.kept()) == ["work", "work.next"]
    endpoint.broken_after.clear()
    assert "gives the new key" in rotating.moving.run("recover").stdout.decode()
    assert sorted(rotating.kept()) == ["work", "work.old"] and len(endpoint.keys(user)) == 2


def test_two_at_once(rotating: Rotating, endpoint: Endpoint) -> None:
    user, _ = rotating.user("backup", "work")
    done: list[int] = []

    def run() -> None:
        done.append(rotating.moving.run("key", "rotate", "work", "--yes", status=None).returncode)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done) == [0, 3]
    assert len(endpoint.keys(user)) == 2 and sorted(rotating.kept()) == ["work", "work.old"]


def test_the_entry_was_given_another_key_by_hand(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    rotating.moving.run("key", "rotate", "work", "--yes")
    rotating.vault.put(Deposit("work", rotating.vault.get("work.old"), "long-lived"), replace=True)
    said = fails(rotating, "retire", "work", "--now", "--yes")
    assert "gives the old key again" in said and endpoint.keys(user)[old] == "Active"


def test_recover_says_it_in_json(rotating: Rotating, endpoint: Endpoint) -> None:
    rotating.user("backup", "work")
    status, _, _ = rotating.hurt("key", "rotate", "work", "--yes", stop=12)
    assert status == -9
    (told,) = rotating.moving.json("recover")
    assert (told["kind"], told["entry"], told["ended"], told["state"]) == ("rotation", "work", True, "switched")
    assert rotating.moving.json("recover") == []


def test_the_next_rotate_ends_what_was_cut_short(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    assert rotating.hurt("key", "rotate", "work", "--yes", stop=4)[0] == -9  # made, and its answer never read
    assert len(endpoint.keys(user)) == 2
    done = rotating.moving.run("key", "rotate", "work", "--yes")
    assert b"an earlier rotation of work" in done.stderr
    assert set(endpoint.keys(user)) == {old, rotating.id_in("work")}


def test_killed_by_the_endpoint_itself(rotating: Rotating, endpoint: Endpoint) -> None:
    """The unchanged program, killed while AWS makes its key: nobody ever saw the answer."""
    rotating.moving.warmed = False
    user, old = rotating.user("backup", "work")
    pids: list[int] = []

    def kill() -> None:
        (pid,) = [
            int(each) for each in os.listdir("/proc") if each.isdigit() and _is_victim(int(each), str(rotating.root))
        ]
        pids.append(pid)
        os.kill(pid, 9)

    endpoint.lost["iam:CreateAccessKey"] = 1
    endpoint.on_lost = kill
    rotating.moving.run("key", "rotate", "work", "--yes", status=-9)
    assert pids and len(endpoint.keys(user)) == 2
    assert "cut short" in rotating.moving.run("status", status=3).stdout.decode()
    begun = time.monotonic()
    assert "the new key is deleted" in rotating.moving.run("recover").stdout.decode()
    assert time.monotonic() - begun < 20
    assert endpoint.keys(user) == {old: "Active"} and rotating.kept() == {"work": old}


def _is_victim(pid: int, root: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b"rotate" in words and root.encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def test_json_of_a_failure_names_the_entry(rotating: Rotating, endpoint: Endpoint) -> None:
    for name in ("one", "two"):
        rotating.user(name, name)
        rotating.moving.run("key", "rotate", name, "--yes")
    endpoint.denied.add((rotating.id_in("one"), "iam:ListAccessKeys"))
    done = rotating.moving.run("key", "retire", "--json", status=3)
    told: Any = json.loads(done.stdout)
    assert [each["entry"] for each in told["retired"]] == ["two"]
    assert [each["entry"] for each in told["failed"]] == ["one"]
