"""Replacing keywatch's own files: what stands afterwards, who may write when, and what each failure says."""

from __future__ import annotations

import errno
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from keywatch import atomic
from keywatch.errors import FileBusyError, FileReadError, FileWriteError


def write(folder: Path, content: bytes, *, keep_previous: bool = True) -> None:
    with atomic.open_folder(str(folder)) as opened, atomic.locked(opened, "own.json"):
        atomic.replace(opened, "own.json", content, keep_previous=keep_previous)


def read(folder: Path, *, limit: int = 1 << 20) -> bytes | None:
    with atomic.open_folder(str(folder)) as opened:
        return atomic.read(opened, "own.json", limit=limit)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()} - {".own.json.lock"}


def test_one_previous_generation_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    write(tmp_path, b"first")
    assert names(tmp_path) == {"own.json"}
    write(tmp_path, b"second")
    write(tmp_path, b"third" * 100_000)
    assert read(tmp_path) == b"third" * 100_000
    assert (tmp_path / "own.json.previous").read_bytes() == b"second"
    assert names(tmp_path) == {"own.json", "own.json.previous"}
    write(tmp_path, b"fourth", keep_previous=False)
    assert (tmp_path / "own.json.previous").read_bytes() == b"second"


def test_modes_whatever_the_umask(tmp_path: Path) -> None:
    for mask in (0, 0o777):
        before = os.umask(mask)
        try:
            (tmp_path / ".own.json.lock").unlink(missing_ok=True)
            write(tmp_path, b"x")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "own.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / ".own.json.lock").stat().st_mode) & 0o077 == 0


def test_leftovers_of_a_killed_writer_go_and_nothing_else_does(tmp_path: Path) -> None:
    stays = {
        ".own.json.0123456789abcdef.tmp.bak",
        ".own2json.0123456789abcdef.tmp",
        "own.json.tmp",
        ".other.0123456789abcdef.tmp",
    }
    for name in {*stays, ".own.json.0123456789abcdef.tmp"}:
        (tmp_path / name).write_bytes(b"")
    write(tmp_path, b"x")
    assert names(tmp_path) == {*stays, "own.json"}


def test_a_writer_killed_between_its_two_renames_leaves_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, b"first")
    os.link(tmp_path / "own.json", tmp_path / "own.json.previous")
    write(tmp_path, b"second")
    assert names(tmp_path) == {"own.json", "own.json.previous"}
    assert (tmp_path / "own.json.previous").read_bytes() == b"first"


def test_a_symlink_is_neither_read_nor_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "own.json").symlink_to(victim)
    with pytest.raises(FileReadError, match="symlink"):
        read(tmp_path)
    write(tmp_path, b"x")
    assert victim.read_bytes() == b"precious"
    assert read(tmp_path) == b"x"
    (tmp_path / ".own.json.lock").unlink()
    (tmp_path / ".own.json.lock").symlink_to(victim)
    with pytest.raises(FileWriteError, match="can't be locked"):
        write(tmp_path, b"y")


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "own.json")
    with pytest.raises(FileReadError, match="not a regular file"):
        read(tmp_path)
    (tmp_path / "own.json").unlink()
    (tmp_path / "own.json").mkdir()
    with pytest.raises(FileReadError, match="not a regular file"):
        read(tmp_path)
    with pytest.raises(FileWriteError, match="unchanged"):
        write(tmp_path, b"x")


def test_size_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, b"x" * 1000)
    assert read(tmp_path, limit=1000) == b"x" * 1000
    with pytest.raises(FileReadError, match="over 999 bytes"):
        read(tmp_path, limit=999)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileReadError, match="No such file"):
        read(tmp_path / "absent")


def test_the_lock_excludes_and_times_out(tmp_path: Path) -> None:
    with atomic.open_folder(str(tmp_path)) as opened:
        with atomic.locked(opened, "own.json"):
            with (
                pytest.raises(FileBusyError, match="another keywatch"),
                atomic.locked(opened, "own.json", timeout=0.05),
            ):
                raise AssertionError("two hold the lock")
            with atomic.locked(opened, "other.json", timeout=0.05):
                pass
        with atomic.locked(opened, "own.json", timeout=0.05):
            pass


def test_a_waiting_writer_gets_its_turn(tmp_path: Path) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with atomic.open_folder(str(tmp_path)) as opened, atomic.locked(opened, "own.json"):
            held.set()
            done.wait(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    write(tmp_path, b"x")
    thread.join()
    assert read(tmp_path) == b"x"


def count_up(folder: str, times: int) -> None:
    for _ in range(times):
        with atomic.open_folder(folder) as opened, atomic.locked(opened, "own.json"):
            number = int(atomic.read(opened, "own.json", limit=100) or b"0")
            atomic.replace(opened, "own.json", str(number + 1).encode())


def test_writers_of_many_processes_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=count_up, args=(str(tmp_path), 25)) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert (content := read(tmp_path)) is None or content.isdigit()
    for writer in writers:
        writer.join()
    assert read(tmp_path) == b"100"


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename", "link", "close"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_failing_call_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    write(tmp_path, b"old")
    with atomic.open_folder(str(tmp_path)) as opened, atomic.locked(opened, "own.json"):
        real = getattr(os, call)

        def fail(*arguments: object, **keywords: object) -> None:
            if call == "close":
                real(*arguments)
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, call, fail)
            with pytest.raises(FileWriteError, match=os.strerror(number)) as caught:
                atomic.replace(opened, "own.json", b"new")
        assert not caught.value.replaced
    assert read(tmp_path) == b"old"
    assert names(tmp_path) <= {"own.json", "own.json.previous"}


def test_a_folder_that_can_not_be_synced_is_said_to_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, b"old")
    real = os.fsync

    def fail(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EIO, "I/O error")
        real(fd)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileWriteError, match="power cut") as caught:
        write(tmp_path, b"new")
    assert caught.value.replaced
    assert read(tmp_path) == b"new"


def test_without_hard_links_the_previous_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    write(tmp_path, b"old")
    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path, b"new")
    assert (tmp_path / "own.json.previous").read_bytes() == b"old"
    assert names(tmp_path) == {"own.json", "own.json.previous"}
