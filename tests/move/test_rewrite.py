"""Rewriting a file while others write it, with everything that belongs to a file kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from keywatch.errors import ConcurrentEditError, PlaceRefusedError
from keywatch.move import rewrite
from keywatch.move.locate import check_writable, open_spot, read_place
from keywatch.move.rewrite import Mode, Rewrite, choose_mode

OLD, NEW = b"key=secret\nrest\n", b"key=gone\nrest\n"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def planned(path: Path, old: bytes = OLD, new: bytes = NEW) -> Rewrite:
    return Rewrite(str(path), f".{path.name}.keywatch-t", digest(old), digest(new))


def swapped(path: Path) -> Rewrite:
    target = planned(path)
    rewrite.write_beside(target, NEW)
    rewrite.swap(target, digest)
    return target


def test_the_old_inode_is_overwritten_before_it_goes(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    held = path.open("rb")
    target = swapped(path)
    assert path.read_bytes() == NEW
    assert (tmp_path / target.temp).read_bytes() == OLD
    assert rewrite.wipe(target, scrub=True)
    assert held.read() == b"\0" * len(OLD)
    assert os.listdir(tmp_path) == ["f"]
    held.close()


def test_swapping_back_restores_the_very_file(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    inode = path.stat().st_ino
    rewrite.swap_back(swapped(path), digest)
    assert (path.read_bytes(), path.stat().st_ino, os.listdir(tmp_path)) == (OLD, inode, ["f"])


def test_owner_mode_attributes_and_folder_times_stay(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    path.chmod(0o640)
    with contextlib.suppress(OSError):
        os.setxattr(path, "user.colour", b"blue")
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    before = path.stat()
    names = os.listxattr(path)
    os.utime(tmp_path, ns=(5, 7))
    rewrite.wipe(swapped(path), scrub=True)
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert os.listxattr(path) == names
    assert stat.S_IMODE(after.st_mode) == 0o640


@pytest.mark.e2e
def test_an_access_list_stays(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    # version 2; user::rw-, user:1:r--, group::r--, mask::r--, other::---  (acl(5), <linux/posix_acl_xattr.h>)
    entries = [(1, 6, 0xFFFFFFFF), (2, 4, 1), (4, 4, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    value = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little") + perm.to_bytes(2, "little") + who.to_bytes(4, "little") for tag, perm, who in entries
    )
    try:
        os.setxattr(path, "system.posix_acl_access", value)
    except OSError:
        pytest.skip("this file system has no access lists")
    swapped(path)
    assert os.getxattr(path, "system.posix_acl_access") == value


def test_what_was_changed_before_is_left_alone(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"somebody else's\n")
    with pytest.raises(ConcurrentEditError, match="changed by another program"):
        swapped(path)
    assert path.read_bytes() == b"somebody else's\n"


def test_a_program_that_keeps_it_open_for_writing_gets_it_back(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    with path.open("ab") as writer:
        with pytest.raises(ConcurrentEditError, match="open for writing"):
            swapped(path)
        writer.write(b"late\n")
    assert path.read_bytes() == OLD + b"late\n"
    assert sorted(os.listdir(tmp_path)) == ["f"]


def test_every_text_that_somebody_else_wrote_is_kept(tmp_path):
    """Twice in a row another program replaces our text in the moment in which it is taken back."""
    path = tmp_path / "f"
    for number in range(2):
        path.write_bytes(OLD)
        target = planned(path)
        rewrite.write_beside(target, NEW)
        rewrite.swap(target, digest)
        (tmp_path / "save").write_bytes(b"edit %d\n" % number)
        (tmp_path / "save").replace(path)
        with pytest.raises(ConcurrentEditError, match="keywatch-saved"):
            rewrite.swap_back(target, digest)
        assert path.read_bytes() == OLD
    assert {each.read_bytes() for each in tmp_path.glob("f.keywatch-saved*")} == {b"edit 0\n", b"edit 1\n"}


def test_a_program_that_is_slow_to_write_into_our_text_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(rewrite, "LONG_PATIENCE", 0.05)
    path = tmp_path / "f"
    path.write_bytes(OLD)
    target = planned(path)
    rewrite.write_beside(target, NEW)
    rewrite.swap(target, digest)
    with path.open("ab") as writer:
        with pytest.raises(ConcurrentEditError, match="keywatch-saved"):
            rewrite.swap_back(target, digest)
        writer.write(b"late\n")
    assert path.read_bytes() == OLD
    assert (tmp_path / "f.keywatch-saved").read_bytes() == NEW + b"late\n"


#: a program that reads, and saves what it read, makes sure that it read its own last edit: nothing can save another one
_EDITOR = """
import os, sys, time
path, stop = sys.argv[1:]
number = -1
while not os.path.exists(stop):
    time.sleep(0.002)
    number += 1
    line = b"edit %d\\n" % number
    text = open(path, "rb").read()
    if number % 3 or b"edit %d\\n" % (number - 1) not in text:
        with open(path, "ab") as file:
            file.write(line)
    else:  # as vim and most editors save: a new file, renamed over the old one
        temp = path + ".save"
        with open(temp, "wb") as file:
            file.write(text + line)
        os.rename(temp, path)
print(number)
"""


def test_no_edit_is_lost_in_a_thousand_tries(tmp_path):
    """An editor saves all the time while the file is rewritten and put back all the time."""
    path = tmp_path / "f"
    path.write_bytes(OLD)
    stop = tmp_path / "stop"
    moves = refused = 0
    command = [sys.executable, "-c", _EDITOR, str(path), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as editor:
        for _ in range(1000):
            current = path.read_bytes()
            new = current.replace(b"secret", b"gone") if b"secret" in current else current.replace(b"gone", b"secret")
            target = planned(path, current, new)
            try:
                rewrite.write_beside(target, new)
                rewrite.swap(target, digest)
                rewrite.wipe(target, scrub=True)
                moves += 1
            except ConcurrentEditError:
                refused += 1
                with contextlib.suppress(OSError):
                    rewrite.wipe(target, scrub=False)
        stop.touch()
        assert editor.stdout is not None
        edits = int(editor.stdout.read()) + 1
    text = path.read_bytes() + b"".join(p.read_bytes() for p in tmp_path.glob("*.keywatch-saved*"))
    lines = set(text.splitlines())
    missing = [number for number in range(edits) if b"edit %d" % number not in lines]
    assert editor.returncode == 0
    assert not missing
    assert moves > 100
    assert edits > 100
    print(f"{moves} rewritten, {refused} given up, {edits} edits")


def test_hard_links_and_mode_choice(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    assert choose_mode(str(path)) is Mode.EXCHANGE
    os.link(path, tmp_path / "g")
    assert choose_mode(str(path)) is Mode.IN_PLACE
    rewrite.overwrite(planned(path), digest, NEW)
    assert (tmp_path / "g").read_bytes() == NEW


def test_links_of_third_parties_and_what_is_no_file_are_refused(tmp_path):
    with pytest.raises(PlaceRefusedError, match="not a regular file"):
        read_place(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PlaceRefusedError, match="not a regular file"):
        read_place(str(tmp_path / "pipe"))
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(PlaceRefusedError, match="too many links"):
        read_place(str(tmp_path / "a"))
    assert read_place(str(tmp_path / "nothing/there")) is None
    if os.geteuid() == 0:
        (tmp_path / "mine").write_bytes(OLD)
        (tmp_path / "theirs").symlink_to("mine")
        os.chown(tmp_path / "theirs", 4321, 4321, follow_symlinks=False)
        with pytest.raises(PlaceRefusedError, match="somebody else made"):
            read_place(str(tmp_path / "theirs"))
        with open_spot(str(tmp_path / "theirs"), owner=4321) as spot:
            assert spot.name == "mine"


@pytest.mark.e2e
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file immutable")
def test_an_immutable_file_is_refused(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(OLD)
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        with pytest.raises(PlaceRefusedError, match="immutable"):
            check_writable(str(path))
    finally:
        subprocess.run(["chattr", "-i", path], check=True)
