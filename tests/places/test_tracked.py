"""What git knows of a file, asked of real repositories and of hostile ones."""

from __future__ import annotations

import os
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.places.exposure import Exposures
from keywatch.places.git import tracked_names
from tests.places.exposing import exposures, put


def git(folder: Path, *words: str) -> None:
    env = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip
    subprocess.run(["git", "-C", str(folder), *words], env=env, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    put(top / ".gitignore", "*.ignored\n")
    put(top / "sub/pushed é")
    git(top, "add", ".")
    git(top, "commit", "-qm", "one")
    git(tmp_path, "init", "-q", "--bare", "remote")
    git(top, "remote", "add", "origin", str(tmp_path / "remote"))
    git(top, "push", "-q", "origin", "main")
    put(top / "tracked")
    git(top, "add", "tracked")
    put(top / "untracked")
    put(top / "x.ignored")
    return top


def git_of(path: Path, tmp_path: Path, program: str = "git") -> str:
    return exposures(tmp_path, git=program).of(str(path), path.stat()).git


@pytest.mark.e2e
@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_git_in_every_version_of_its_index(repository: Path, tmp_path: Path, version: str) -> None:
    git(repository, "update-index", "--index-version", version)
    if version == "3":
        put(repository / "later")
        git(repository, "add", "--intent-to-add", "later")  # needs the extended flags
    found = exposures(tmp_path, git="git")
    names = {"sub/pushed é": "pushed", "tracked": "tracked", "untracked": "untracked", "x.ignored": "ignored"}
    for name, expected in names.items():
        path = repository / name
        assert found.of(str(path), path.stat()).git == expected, name
    config = repository / ".git" / "config"
    assert found.of(str(config), config.stat()).git == ""


@pytest.mark.e2e
def test_git_in_worktrees_and_through_links(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    assert git_of(tmp_path / "tree" / "sub/pushed é", tmp_path) == "pushed"
    (tmp_path / "link").symlink_to(repository)
    assert git_of(tmp_path / "link" / "tracked", tmp_path) == "tracked"


@pytest.mark.e2e
def test_without_git_the_index_still_tells(repository: Path, tmp_path: Path) -> None:
    assert git_of(repository / "sub/pushed é", tmp_path, "") == "tracked"
    assert git_of(repository / "untracked", tmp_path, "") == ""
    assert git_of(repository / "tracked", tmp_path, "/no/such/program") == "tracked"


@pytest.mark.e2e
def test_a_hostile_repository_runs_nothing(repository: Path, tmp_path: Path) -> None:
    trap = put(tmp_path / "trap.sh", f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "gpg.program", "core.pager", "diff.external", "core.editor"):
        git(repository, "config", name, str(trap))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "extensions.partialClone", "origin")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "remote.origin.url", f"ext::{trap}")
    git(repository, "config", "remote.origin.uploadpack", str(trap))
    git(repository, "config", "protocol.allow", "always")
    for hook in ("post-index-change", "pre-commit", "post-checkout"):
        put(repository / ".git/hooks" / hook, trap.read_text()).chmod(0o755)
    for name in ("sub/pushed é", "tracked", "untracked", "x.ignored"):
        git_of(repository / name, tmp_path)
    # objects gone: a partial clone would fetch them
    for pack in (repository / ".git/objects").rglob("*"):
        if pack.is_file():
            pack.unlink()
    for name in ("sub/pushed é", "untracked"):
        git_of(repository / name, tmp_path)
    assert not (tmp_path / "sprung").exists()
    # the trap is a real one: whoever asks git without care falls into it
    subprocess.run(["git", "-C", str(repository), "status"], check=False, capture_output=True)
    assert (tmp_path / "sprung").exists()


@pytest.mark.e2e
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_git_is_not_asked_about_another_account_s_repository(repository: Path, tmp_path: Path) -> None:
    os.chown(repository / ".git", 54321, 54321)
    assert git_of(repository / "sub/pushed é", tmp_path) == "tracked"
    assert git_of(repository / "untracked", tmp_path) == ""


def index(version: int, *entries: bytes) -> bytes:
    return b"DIRC" + struct.pack(">II", version, len(entries)) + b"".join(entries)


def test_a_malformed_index_is_no_answer() -> None:
    assert tracked_names(b"") is None
    assert tracked_names(index(5)) is None
    assert tracked_names(index(2, b"x" * 30)) is None
    assert tracked_names(b"DIRC\0\0\0\2\xff\xff\xff\xff") is None
    assert tracked_names(index(2) + b"link") is None
    assert tracked_names(index(2)) == frozenset()


@given(st.sampled_from([2, 3, 4]), st.integers(1, 200), st.binary(max_size=400))
def test_any_index_is_read(version: int, count: int, content: bytes) -> None:
    tracked_names(b"DIRC" + struct.pack(">II", version, count) + content)


def test_names_that_grow_from_each_other_are_bounded() -> None:
    # version 4 stores each name as a change of the last: 60,000 entries could stand for gigabytes
    entry = b"\0" * 60 + b"\0\0" + b"\0" + b"a" * 100 + b"\0"
    begun = time.perf_counter()
    assert tracked_names(b"DIRC" + struct.pack(">II", 4, 60_000) + entry * 60_000) is None
    assert time.perf_counter() - begun < 3


@pytest.mark.e2e
def test_a_hundred_findings_in_one_tree_cost_little(tmp_path: Path) -> None:
    top = tmp_path / "repo"
    for number in range(100):
        put(top / f"d{number % 10}" / f"f{number}")
    git(top, "init", "-q")
    git(top, "add", ".")
    found = Exposures()
    begun = time.perf_counter()
    for path in top.glob("d*/f*"):
        assert found.of(str(path), path.stat()).git == "tracked"
    assert time.perf_counter() - begun < 0.1
