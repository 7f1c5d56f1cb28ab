"""keywatch key rotate and retire by the real program, against an AWS on loopback that is as strict as the real one."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from keywatch.aws.client import payload_of
from keywatch.model import Secret
from keywatch.vault.base import Deposit, Payload, timestamp
from tests.aws.endpoint import ACCOUNT, ADMIN, Endpoint, backdate
from tests.aws.rotating import Rotating, fails
from tests.cli.screen import ScreenTerminal
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS

fakes = Fakes(407)


def ago(days: float) -> str:
    return timestamp(datetime.now(UTC) - timedelta(days=days))


def test_a_key_from_its_rotation_to_its_end(rotating: Rotating, endpoint: Endpoint) -> None:
    rotating.moving.warmed = False
    user, old = rotating.user("backup", "work")
    endpoint.news_travels = 2
    endpoint.throttled["iam:CreateAccessKey"] = 1
    done = rotating.moving.json("key", "rotate", "work", "--yes")
    new = rotating.id_in("work")
    assert endpoint.keys(user) == {old: "Active", new: "Active"} and new != old
    assert (done["schema"], done["account"], done["user"]) == ("keywatch.rotation/1", ACCOUNT, "backup")
    assert done["rotation"]["state"] == "switched" and done["rotation"]["next"]["step"] == "deactivate"
    assert rotating.kept() == {"work": new, "work.old": old}
    entry = next(each for each in rotating.vault.list_entries() if each.name == "work")
    assert (entry.kind, entry.source, entry.consumer) == ("long-lived", "a place", "a consumer")
    # nothing is due yet: the old key was used just now
    told = rotating.moving.run("key", "retire").stdout.decode()
    assert "last used just now by iam" in told and "if nobody uses it until then" in told
    assert endpoint.keys(user)[old] == "Active"
    (pending,) = rotating.moving.json("key", "list")["rotations"]
    assert (pending["entry"], pending["state"], pending["next"]["step"]) == ("work", "switched", "deactivate")
    # a day without a use later
    rotating.edit_job(switched=ago(1.1))
    backdate(old, 1.2, "s3", "eu-west-1")
    told = rotating.moving.run("key", "retire", "work").stdout.decode()
    assert "is deactivated" in told and "last used 28 hours ago by s3 in eu-west-1" in told
    assert endpoint.keys(user) == {old: "Inactive", new: "Active"}
    assert rotating.moving.credential("work")["AccessKeyId"] == new
    rotating.moving.run("key", "retire")
    assert endpoint.keys(user)[old] == "Inactive", "not deleted before its time"
    rotating.edit_job(inactive=ago(14.1))
    told = rotating.moving.run("key", "retire").stdout.decode()
    assert "is deleted" in told and "'work.old' is taken out" in told
    assert endpoint.keys(user) == {new: "Active"} and rotating.kept() == {"work": new}
    assert b"no rotated key waits" in rotating.moving.run("key", "retire").stdout
    events = [
        line.split()[3] for line in rotating.moving.run("log", "--event", "key-rotate").stdout.decode().splitlines()
    ]
    assert events == ["create", "switch", "deactivate", "delete"]


def test_a_late_use_puts_it_off_and_is_told(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    rotating.moving.run("key", "rotate", "work", "--yes")
    rotating.edit_job(switched=ago(9))
    backdate(old, 0.5, "dynamodb", "eu-north-1")
    (told,) = rotating.moving.json("key", "retire")["retired"]
    assert told["last_use"]["service"] == "dynamodb" and told["last_use"]["region"] == "eu-north-1"
    assert told["next"]["step"] == "deactivate" and told["next"]["from"] > timestamp()
    assert endpoint.keys(user)[old] == "Active"
    (told,) = rotating.moving.json("key", "retire", "work", "--after", "6h", "--delete-after", "30d")["retired"]
    assert told["state"] == "inactive" and endpoint.keys(user)[old] == "Inactive"
    # the times that were given are kept
    (told,) = rotating.moving.json("key", "retire")["retired"]
    assert told["next"]["from"][:10] == timestamp(datetime.now(UTC) + timedelta(days=30))[:10]


def test_the_plan_says_what_holds_the_key_and_changes_nothing(rotating: Rotating, endpoint: Endpoint) -> None:
    key = endpoint.make_user("backup")
    text = "aws_access_key_id = {AccessKeyId}\naws_secret_access_key = {SecretAccessKey}\n".format(**key)
    moving = rotating.moving
    path = moving.write(".aws/credentials", f"[default]\n{text}")
    shell = "export AWS_ACCESS_KEY_ID={AccessKeyId}\nexport AWS_SECRET_ACCESS_KEY={SecretAccessKey}\n".format(**key)
    profile = moving.write(".bashrc", shell)
    moving.run("move", str(path), "--entry", "work", "--yes")
    moving.run("move", str(profile), "--as", "env", "--yes")
    left = moving.write(".env", shell)
    rotating.vault.put(Deposit("twin", payload_of(key), "long-lived"))
    before = endpoint.keys("backup")
    told = moving.json("key", "rotate", "work", "--dry-run")
    assert told["plaintext"] == [str(left)] and told["also"] == ["twin"]
    assert {each["path"]: each["follows"] for each in told["moved"]} == {
        str(path): "within the hour", str(profile): "when it is started next",
    }  # fmt: skip
    shown = moving.run("key", "rotate", "work", "--dry-run")
    assert f"keywatch move {left} first" in shown.stdout.decode()
    assert key["AccessKeyId"].encode() not in shown.stdout + shown.stderr
    assert endpoint.keys("backup") == before and rotating.jobs() == []
    assert b"--yes" in moving.run("key", "rotate", "work", status=2).stderr
    assert endpoint.keys("backup") == before
    # the twin is switched with it
    moving.run("key", "rotate", "work", "--yes")
    assert rotating.id_in("twin") == rotating.id_in("work") != key["AccessKeyId"]


def test_back_while_the_old_key_is_there(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    rotating.moving.run("key", "rotate", "work", "--yes")
    new = rotating.id_in("work")
    rotating.moving.run("key", "retire", "work", "--now", "--yes")
    assert endpoint.keys(user) == {old: "Inactive", new: "Active"}
    rotating.moving.run("key", "retire", "work", "--back", "--yes")
    assert endpoint.keys(user) == {old: "Active", new: "Active"}
    assert rotating.kept() == {"work": old, "work.next": new}
    # now the other one is on its way out
    rotating.moving.run("key", "retire", "work", "--now", "--delete-after", "0", "--yes")
    assert endpoint.keys(user) == {old: "Active"} and rotating.kept() == {"work": old}
    assert "no rotation of 'work'" in fails(rotating, "retire", "work", "--back", "--yes")
    rotating.moving.run("key", "rotate", "work", "--yes")


def test_two_keys_already(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    other = endpoint.admin().create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    said = fails(rotating, "rotate", "work", "--yes")
    assert "has 2 keys already" in said and "is in use, or was not long ago" in said and "never used" in said
    assert "--drop" in fails(rotating, "rotate", "work", "--yes", "--drop", other, status=2)
    assert set(endpoint.keys(user)) == {old, other}, "an active key of today is not dropped"
    backdate(other, 100, "ec2", "us-west-2", made=400)
    said = fails(rotating, "rotate", "work", "--yes")
    assert "last used 100 days ago by ec2 in us-west-2" in said
    assert f"nobody seems to use {other[:4]}…{other[-4:]}: keywatch key rotate work --drop {other[-4:]}" in said
    assert "is no other key" in fails(rotating, "rotate", "work", "--yes", "--drop", old, status=2)
    rotating.moving.run("key", "rotate", "work", "--drop", other[-4:], "--yes")
    assert set(endpoint.keys(user)) == {old, rotating.id_in("work")}
    assert "no second key" not in fails(rotating, "rotate", "work", "--yes")


def test_an_inactive_key_may_be_dropped(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    other = endpoint.admin().create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    endpoint.admin().update_access_key(UserName=user, AccessKeyId=other, Status="Inactive")
    assert "--drop" in fails(rotating, "rotate", "work", "--yes")
    rotating.moving.run("key", "rotate", "work", "--drop", other, "--yes")
    assert set(endpoint.keys(user)) == {old, rotating.id_in("work")}


@pytest.mark.parametrize("how", ["--profile", "--as"])
def test_somebody_else_signs_where_the_key_may_not(rotating: Rotating, endpoint: Endpoint, how: str) -> None:
    user, old = rotating.user("backup", "work")
    for operation in (
        "CreateAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "DeleteAccessKey",
        "GetAccessKeyLastUsed",
    ):
        endpoint.denied.add((old, f"iam:{operation}"))
    said = fails(rotating, "rotate", "work", "--yes")
    assert "AccessDenied" in said and "${aws:username}" in said and "--profile NAME" in said
    endpoint.denied.discard((old, "iam:ListAccessKeys"))
    said = fails(rotating, "rotate", "work", "--yes")
    assert "iam:CreateAccessKey: AWS says AccessDenied" in said and "--profile NAME" in said
    assert endpoint.keys(user) == {old: "Active"} and rotating.jobs() == [] and rotating.kept() == {"work": old}
    if how == "--profile":
        rotating.moving.write(
            ".aws/credentials", f"[admin]\naws_access_key_id = {ADMIN[0]}\naws_secret_access_key = {ADMIN[1]}\n"
        )
    else:
        fields = {"access_key_id": Secret(ADMIN[0].encode()), "secret_access_key": Secret(ADMIN[1].encode())}
        rotating.vault.put(Deposit("admin", Payload(fields), "long-lived"))
    rotating.moving.run("key", "rotate", "work", how, "admin", "--yes")
    new = rotating.id_in("work")
    endpoint.denied |= {(new, f"iam:{name}") for name in ("ListAccessKeys", "UpdateAccessKey", "GetAccessKeyLastUsed")}
    rotating.moving.run("key", "retire", "work", "--now", "--yes")  # who signed is remembered
    assert endpoint.keys(user) == {old: "Inactive", new: "Active"}
    made = [each.key_id for each in endpoint.log if each.operation == "iam:CreateAccessKey"]
    assert made[-1] == ADMIN[0]


def test_who_uses_the_old_key_can_not_be_seen(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    endpoint.denied.add("iam:GetAccessKeyLastUsed")
    rotating.moving.run("key", "rotate", "work", "--yes")
    rotating.edit_job(switched=ago(9))
    assert "can't be seen" in rotating.moving.run("key", "retire").stdout.decode()
    assert endpoint.keys(user)[old] == "Active"
    rotating.moving.run("key", "retire", "work", "--now", "--yes")
    assert endpoint.keys(user)[old] == "Inactive"


def test_another_account_can_not_sign(rotating: Rotating, endpoint: Endpoint) -> None:
    rotating.user("backup", "work")
    rotating.user("stranger", "other")
    endpoint.accounts[rotating.id_in("other")] = "999999999999"
    said = fails(rotating, "rotate", "work", "--as", "other", "--yes", status=2)
    assert "999999999999" in said and rotating.jobs() == []


def test_what_can_not_be_rotated(rotating: Rotating, endpoint: Endpoint) -> None:
    secret = Secret(fakes.secret().encode())

    def put(name: str, **fields: Secret) -> None:
        rotating.vault.put(Deposit(name, Payload(fields)))

    put("token", token=secret)
    put("session", access_key_id=Secret(fakes.key_id("ASIA").encode()), secret_access_key=secret)
    canary = Secret(b"AKIA" + b"SP2TPHJS" + b"QH3FJRUX")
    put("canary", access_key_id=canary, secret_access_key=secret)
    put("dead", access_key_id=Secret(fakes.key_id().encode()), secret_access_key=secret)
    _, root = rotating.user("root", "root")
    endpoint.roots.add(root)
    long = "x" * 60
    rotating.user("long", long)
    before = len(endpoint.log)
    assert "no AWS access key" in fails(rotating, "rotate", "token", "--yes", status=2)
    assert "temporary key" in fails(rotating, "rotate", "session", "--yes", status=2)
    assert "canary" in fails(rotating, "rotate", "canary", "--yes", status=2)
    assert "too long" in fails(rotating, "rotate", long, "--yes", status=2)
    assert len(endpoint.log) == before, "none of these was ever used"
    assert "AWS refuses the key" in fails(rotating, "rotate", "dead", "--yes")
    said = fails(rotating, "rotate", "root", "--yes", status=2)
    assert "root user" in said and "Make an IAM user or a role" in said
    assert "has no entry of that name" in fails(rotating, "rotate", "nothing", "--yes")
    rotating.user("taken", "taken")
    rotating.user("taken2", "taken.old")
    assert "'taken.old'" in fails(rotating, "rotate", "taken", "--yes")
    assert rotating.jobs() == []


def test_entries_of_a_rotation_are_not_taken_out_unasked(rotating: Rotating, endpoint: Endpoint) -> None:
    rotating.user("backup", "work")
    rotating.moving.run("key", "rotate", "work", "--yes")
    for words in (("rm", "work.old", "--yes"), ("rename", "work", "new")):
        assert b"belongs to a rotation" in rotating.moving.run("vault", *words, status=2).stderr
    rotating.moving.run("vault", "rm", "work.old", "--yes", "--force")
    assert "does not hold the old key any more" in fails(rotating, "retire", "work", "--back", "--yes")


def test_no_secret_is_anywhere(rotating: Rotating, endpoint: Endpoint) -> None:
    rotating.user("backup", "work")
    done = rotating.moving.run("key", "rotate", "work", "--yes")
    secrets = [rotating.vault.get(name).fields["secret_access_key"].expose().decode() for name in ("work", "work.old")]
    for each in secrets:
        assert each.encode() not in done.stdout + done.stderr
    assert rotating.moving.leaks(*secrets) == []


def test_undo_puts_the_new_key_into_its_place(rotating: Rotating, endpoint: Endpoint) -> None:
    key = endpoint.make_user("backup")
    moving = rotating.moving
    text = "[default]\r\naws_access_key_id = {}\r\naws_secret_access_key = {}\r\nregion = eu-west-1\r\n"
    path = moving.write(".aws/credentials", text.format(key["AccessKeyId"], key["SecretAccessKey"]))
    history = moving.write(
        ".bash_history", f"ls\nexport AWS_ACCESS_KEY_ID={key['AccessKeyId']}\n"
        f"export AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}\n",
    )  # fmt: skip
    moved = moving.json("move", str(path), "--entry", "work", "--yes")[0]["move"]["id"]
    redacted = moving.json("redact", str(history), "--yes")[0]["move"]["id"]
    moving.run("key", "rotate", "work", "--yes")
    history.write_bytes(history.read_bytes() + b"ls -l\n")
    before = history.read_bytes()
    told = moving.json("undo", moved, "--yes")
    assert any("rotated since" in word for word in told["words"])
    fields = {name: secret.expose().decode() for name, secret in rotating.vault.get("work").fields.items()}
    assert path.read_bytes().decode() == text.format(fields["access_key_id"], fields["secret_access_key"])
    told = moving.json("undo", redacted, "--yes")
    assert any("stays redacted" in word for word in told["words"])
    assert history.read_bytes() == before, "a record of the old key does not get the new one"


def test_an_entry_with_its_places_moves_after_its_rotation(rotating: Rotating, endpoint: Endpoint) -> None:
    key = endpoint.make_user("backup")
    moving = rotating.moving
    text = f"[default]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
    path = moving.write(".aws/credentials", text)
    moving.run("move", str(path), "--entry", "work", "--yes")
    moving.run("key", "rotate", "work", "--yes")
    moving.run("vault", "init", "--vault", "other.json", "--key-file", "other.key", "--no-recovery")
    other = str(moving.home / "other.json")
    assert b"is in a rotation" in moving.run("move", "work", "--to", other, "--yes", status=3).stderr
    moving.run("key", "retire", "work", "--now", "--delete-after", "0", "--yes")
    new = rotating.id_in("work")
    moving.run("move", "work", "--to", other, "--yes")
    assert "credential_process" in path.read_text() and new not in path.read_text()
    assert [each["name"] for each in moving.json("vault", "list", "--vault", other)["entries"]] == ["work"]


def test_a_person_at_a_terminal_decides(rotating: Rotating, endpoint: Endpoint) -> None:
    user, old = rotating.user("backup", "work")
    moving = rotating.moving

    def at_terminal(*argv: str) -> ScreenTerminal:
        # the leader of a session that opens a terminal has it as its own: /dev/tty is there then
        words = ["sh", "-c", 'exec "$@" < "$(tty)"', "sh", f"{PROGRAMS}/keywatch", *argv]
        return ScreenTerminal(words, moving.env, str(moving.home), 110, 30)

    with at_terminal("key", "rotate", "work") as screen:
        screen.wait_for("Rotate the key of 'work'? [y/N]")
        screen.press("n\n")
        screen.wait_for("nothing was changed")
        assert screen.wait() == 1
    assert endpoint.keys(user) == {old: "Active"} and rotating.jobs() == []
    with at_terminal("key", "rotate", "work") as screen:
        screen.wait_for("Rotate the key of 'work'? [y/N]")
        screen.press("y\n")
        shown = screen.wait_for("keywatch key retire work --back")
        assert "making the second key" in shown and old not in shown
        assert screen.wait() == 0
    for answer, state in (("n", "Active"), ("y", "Inactive")):
        with at_terminal("key", "retire", "work", "--now") as screen:
            screen.wait_for("Deactivate it now? [y/N]")
            assert "last used just now by" in screen.text()
            screen.press(f"{answer}\n")
            assert screen.wait() == (0 if answer == "y" else 1)
        assert endpoint.keys(user)[old] == state


def test_a_passphrase_is_asked_once(rotating: Rotating, endpoint: Endpoint) -> None:
    """The vault is opened many times in one rotation; two rotations of one vault are retired in one call."""
    moving = rotating.moving
    path = moving.home / "sealed.json"

    def with_passphrase(*argv: str) -> None:
        read, write = os.pipe()
        os.write(write, b"four words are enough\n")
        os.close(write)
        done = subprocess.run(
            [f"{PROGRAMS}/keywatch", *argv, "--passphrase-fd", str(read)], env=moving.env, cwd=moving.home,
            capture_output=True, check=False, pass_fds=(read,), timeout=120,
        )  # fmt: skip
        os.close(read)
        assert done.returncode == 0, done.stderr.decode()

    with_passphrase("vault", "init", "--vault", str(path), "--passphrase", "--no-recovery")
    keys = {}
    for name in ("one", "two"):
        keys[name] = endpoint.make_user(name)
        text = f"access_key_id={keys[name]['AccessKeyId']}\nsecret_access_key={keys[name]['SecretAccessKey']}\n"
        moving.run("vault", "add", name, "--vault", str(path), stdin=text.encode())
        with_passphrase("key", "rotate", name, "--vault", str(path), "--yes")
    with_passphrase("key", "retire", "--after", "0", "--delete-after", "0")
    for name, key in keys.items():
        assert key["AccessKeyId"] not in endpoint.keys(name) and len(endpoint.keys(name)) == 1
