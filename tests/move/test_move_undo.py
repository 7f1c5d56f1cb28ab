"""Moving a key and undoing it by the real program: what stands in the files, in the vault and in the journal."""

from __future__ import annotations

import os
import stat

import pytest

from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(31)
ID, SECRET, ID2, SECRET2 = fakes.key_id(), fakes.secret(), fakes.key_id(), fakes.secret()
CREDENTIALS = (
    f"# mine\r\n[default]\r\naws_access_key_id = {ID}\r\naws_secret_access_key = {SECRET}\r\nregion=eu-west-1\r\n"
    f"# old: {SECRET}\r\n[dev]\r\naws_access_key_id={ID2}\r\naws_secret_access_key={SECRET2}"
)


@pytest.fixture
def moving(tmp_path):
    made = Moving(tmp_path, warmed=True)
    made.init_vault()
    return made


def test_move_and_undo_of_one_profile(moving):
    moving.warmed = False
    path = moving.write(".aws/credentials", CREDENTIALS, mode=0o640)
    os.utime(path, ns=(10**18, 10**18 + 7))
    (told,) = moving.json("move", f"{path}:3", "--yes")
    assert told["entry"] == "aws-default"
    assert told["move"]["state"] == "done"
    after = path.read_bytes().decode()
    helper = [line for line in after.splitlines() if line.startswith("credential_process = ")]
    assert len(helper) == 1
    assert helper[0].endswith("keywatch-credential aws-default")
    assert after.endswith(f"[dev]\r\naws_access_key_id={ID2}\r\naws_secret_access_key={SECRET2}")
    assert SECRET not in after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    answer = moving.credential("aws-default")
    assert (answer["AccessKeyId"], answer["SecretAccessKey"]) == (ID, SECRET)
    assert moving.leaks(SECRET) == []
    # the journal keeps nothing of the other profile either
    assert moving.leaks(SECRET2) == [str(path)]

    moving.run("undo", "--yes")
    assert path.read_bytes().decode() == CREDENTIALS
    assert path.stat().st_mtime_ns == 10**18 + 7
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(path.parent)) == ["credentials"]


def test_all_and_a_sweep_afterwards_finds_nothing(moving):
    moving.write(".aws/credentials", CREDENTIALS)
    moves = moving.json("move", str(moving.home / ".aws"), "--yes")
    assert sorted(each["entry"] for each in moves) == ["aws-default", "aws-dev"]
    assert moving.findings() == []
    assert moving.leaks(SECRET, SECRET2) == []
    listed = moving.json("undo", "--list")
    assert [move["state"] for move in listed] == ["done", "done"]
    for _ in listed:
        moving.run("undo", "--yes")
    assert (moving.home / ".aws/credentials").read_bytes().decode() == CREDENTIALS


def test_dry_run_and_no_terminal_change_nothing(moving):
    path = moving.write(".aws/credentials", CREDENTIALS)
    shown = moving.run("move", str(path), "--dry-run").stdout.decode()
    assert "credential_process" in shown
    assert SECRET not in shown
    assert ID not in shown
    asked = moving.run("move", str(path), status=2)
    assert b"--yes" in asked.stderr
    assert path.read_bytes().decode() == CREDENTIALS
    assert b"aws-default" not in moving.run("vault", "list").stdout


def test_an_edit_after_the_move_is_kept_by_the_undo(moving):
    path = moving.write(
        ".aws/credentials", f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n[x]\nregion=a\n"
    )
    moving.run("move", str(path), "--yes")
    path.write_text("# new\n" + path.read_text() + "[y]\nregion=b\n")
    moving.run("undo", "--yes")
    assert path.read_text() == (
        f"# new\n[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n[x]\nregion=a\n[y]\nregion=b\n"
    )


def test_an_edit_of_the_moved_lines_is_a_conflict_and_changes_nothing(moving):
    path = moving.write(".aws/credentials", f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n")
    moving.run("move", str(path), "--yes")
    now = "[default]\ncredential_process = /bin/other thing\n"
    path.write_text(now)
    done = moving.run("undo", "--yes", status=3)
    assert b"edited since" in done.stderr
    assert path.read_text() == now
    assert moving.json("undo", "--list")[0]["state"] == "done"


def test_a_locked_vault_takes_everything_back(moving):
    path = moving.write(".aws/credentials", CREDENTIALS)
    moving.env["KEYWATCH_HIDDEN"] = "1"
    os.rename(moving.root / "vault.key", moving.root / "away.key")
    done = moving.run("move", f"{path}:3", "--yes", status=3)
    assert SECRET not in done.stderr.decode()
    assert path.read_bytes().decode() == CREDENTIALS
    assert sorted(os.listdir(path.parent)) == ["credentials"]
    os.rename(moving.root / "away.key", moving.root / "vault.key")
    assert moving.run("vault", "list").stdout.count(b"aws-default") == 0
    assert moving.json("undo", "--list") == []


def test_a_link_to_the_file_stays_a_link(moving):
    real = moving.write("dotfiles/aws", CREDENTIALS)
    (moving.home / ".aws").mkdir(mode=0o700)
    (moving.home / ".aws/credentials").symlink_to("../dotfiles/aws")
    moving.run("move", str(moving.home / ".aws/credentials"), "--yes")
    assert (moving.home / ".aws/credentials").is_symlink()
    assert SECRET not in real.read_text()
    for _ in range(2):
        moving.run("undo", "--yes")
    assert real.read_bytes().decode() == CREDENTIALS


def test_hard_links_stay_links(moving):
    path = moving.write(".aws/credentials", CREDENTIALS)
    os.link(path, moving.home / "other-name")
    moving.run("move", f"{path}:3", "--yes")
    assert SECRET not in (moving.home / "other-name").read_text()
    assert path.stat().st_ino == (moving.home / "other-name").stat().st_ino
    moving.run("undo", "--yes")
    assert (moving.home / "other-name").read_bytes().decode() == CREDENTIALS


def test_a_second_place_of_a_moved_key_uses_the_same_entry(moving):
    text = f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n"
    first = moving.write(".aws/credentials", text)
    moving.run("move", str(first), "--yes")
    second = moving.write("old/.aws/credentials", text)
    (told,) = moving.json("move", str(second), "--yes")
    assert (told["entry"], told["known"]) == ("aws-default", True)
    moving.run("undo", "--yes", "--remove-entry")
    assert moving.credential("aws-default")["AccessKeyId"] == ID  # the first place still needs it


def test_the_report_says_what_was_moved(moving):
    path = moving.write(".aws/credentials", CREDENTIALS)
    moving.run("move", f"{path}:3", "--yes")
    (machine,) = moving.json("report")["machines"]
    (row,) = machine["moved"]
    assert (row["entry"], row["state"], row["path"]) == ("aws-default", "moved", str(path))
    assert SECRET not in moving.run("report", "--html", "-").stdout.decode()
