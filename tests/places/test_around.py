"""Accounts, the walk for .env files, and environments of processes: where a sweep looks beside the catalogue."""

from __future__ import annotations

import os
import pwd
import subprocess

import pytest
from fakes import Fakes

from keywatch.places.accounts import accounts
from keywatch.places.envwalk import walk_env_files
from keywatch.places.processes import environments


def entry(name: str, uid: int, home: str) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid, "", home, "/bin/sh"))


def test_accounts_are_those_with_a_home_of_their_own(tmp_path, monkeypatch):
    for name in ("alice", "shared"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "alice")
    listed = [
        entry("root", 0, "/nonexistent"), entry("alice", 1000, f"{tmp_path}/alice"), entry("bin", 2, "/bin"),
        entry("one", 1001, f"{tmp_path}/shared"), entry("two", 1002, f"{tmp_path}/shared"), entry("o", 9, "relative"),
        entry("again", 1003, f"{tmp_path}/link"), entry("gone", 1004, f"{tmp_path}/gone"),
        entry("www", 33, "/usr/sbin"),
    ]  # fmt: skip
    monkeypatch.setattr(pwd, "getpwall", lambda: listed)
    assert [(account.name, account.uid) for account in accounts()] == [("alice", 1000), ("one", 1001)]


@pytest.fixture
def home(tmp_path):
    for path in (
        "work/.env", "work/a/.env.local", "work/a/b/.envrc", "work/a/b/c/d/.env", "node_modules/x/.env",
        "venv/lib/.env", "work/compose.yaml", "work/main.tfvars", "work/README.md", "work/.git/.env", ".cache/x/.env",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("A=b\n")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "work" / "loop").symlink_to(tmp_path)
    return tmp_path


def walked(home, **more):
    options = {"depth": 4, "expired": lambda: False, **more}
    found = walk_env_files(str(home), **options)
    return {os.path.relpath(target.path, home) for target in found.targets}, found.notes


def test_env_files_are_found_and_other_peoples_trees_left(home):
    found, notes = walked(home, depth=5)
    assert found == {
        "work/.env", "work/a/.env.local", "work/a/b/.envrc", "work/a/b/c/d/.env", "work/compose.yaml",
        "work/main.tfvars",
    }  # fmt: skip
    assert "4 folders of caches" in notes[0]


def test_the_walk_has_a_depth_a_size_and_a_time_and_says_so(home):
    found, notes = walked(home, depth=3)
    assert "work/a/b/c/d/.env" not in found
    assert "1 deeper than 3" in notes[-1]
    found, notes = walked(home, most=5)
    assert "stopped at its bound (5 entries)" in notes[-1]
    found, notes = walked(home, expired=lambda: True)
    assert found == set()
    assert "stopped at its bound (time)" in notes[-1]


def test_a_home_that_is_not_there_is_empty(tmp_path):
    assert walked(tmp_path / "gone") == (set(), [])


def test_environments_of_own_processes_are_read_and_the_own_left():
    value = Fakes(1).secret()
    env = {"PATH": os.environ["PATH"], "KEY": value, "LINES": "two\nlines"}
    with subprocess.Popen(["sleep", "60"], env=env) as child:
        found = {each.pid: each for each in environments()}
        child.kill()
    assert f"KEY={value}\n".encode() in found[child.pid].content
    assert b"LINES=two lines\n" in found[child.pid].content
    assert found[child.pid].name == "sleep"
    assert value not in repr(found[child.pid])
    assert os.getpid() not in found
