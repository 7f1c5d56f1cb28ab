"""What a move does not reach is said in its plan: editors' copies that hold the key, git's history, old blocks."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from keywatch.model import Secret
from keywatch.move import leftovers
from keywatch.move.leftovers import find_remains
from keywatch.places.disk import Mount
from keywatch.places.git import Git
from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(91)
ID, SECRET = fakes.key_id(), fakes.secret()
TEXT = f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\n"


def remains(path, home):
    return find_remains(str(path), str(home), [Secret(SECRET.encode())], Git())


@pytest.mark.parametrize(
    "name", [".env~", ".env.bak", "..env.swp", "#.env#", ".env.~3~", ".env.2024-01-01", ".env.dpkg-old", "..env.un~"]
)
def test_copies_beside_the_file(name, tmp_path):
    path = tmp_path / ".env"
    for each in (path, tmp_path / name, tmp_path / "other~"):
        each.write_text(TEXT)
    assert remains(path, tmp_path).copies == (str(tmp_path / name),)
    (tmp_path / name).write_text("nothing")
    assert remains(path, tmp_path).copies == ()


def test_copies_in_the_editors_own_folders_and_nothing_else(tmp_path):
    folder = tmp_path / ".local/state/nvim/undo"
    folder.mkdir(parents=True)
    path = tmp_path / ".env"
    path.write_text(TEXT)
    mine = folder / str(path).replace("/", "%")
    mine.write_bytes(b"\0undo\0" + SECRET.encode())
    (folder / "%other").write_text(SECRET)
    (tmp_path / ".env~").symlink_to(mine)  # a link is somebody else's file
    (tmp_path / ".env.bak").mkdir()
    assert remains(path, tmp_path).copies == (str(mine),)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_tracked_file_and_a_plan_that_says_so(tmp_path):
    moving = Moving(tmp_path)
    moving.init_vault()
    path = moving.write("work/.env", TEXT)
    moving.write("work/.env~", TEXT)
    for words in (["init", "-q"], ["add", "-f", ".env"]):
        subprocess.run(["git", *words], cwd=path.parent, env=moving.env, check=True)
    (plan,) = moving.json("move", str(path), "--dry-run")
    said = {(note["topic"], note["path"]): note["text"] for note in plan["notes"]}
    assert "git tracks this file" in said["mind", str(path)]
    assert "keywatch redact" in said["elsewhere", f"{path}~"]
    assert SECRET not in str(plan)


def test_file_systems_that_keep_old_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "read_mounts", lambda: (Mount("0:0", "/", "btrfs", "/dev/sda"),))
    monkeypatch.setattr(leftovers, "_is_flash", lambda device: False)
    assert "btrfs" in remains(tmp_path / "a", tmp_path).words[0]
    monkeypatch.setattr(leftovers, "read_mounts", lambda: (Mount("0:0", "/", "ext4", "/dev/sda"),))
    assert remains(tmp_path / "a", tmp_path).words == ()
