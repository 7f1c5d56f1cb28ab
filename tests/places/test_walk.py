"""places/walk.py and read.py on real trees: everything readable is read, nothing is followed, nothing hangs."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from keywatch.places.read import OVERLAP, WINDOW, windows
from keywatch.places.walk import MAX_DEPTH, Walk, kernel_devices

NEEDLE = b"NEEDLE"


class _Visitor:
    def __init__(self) -> None:
        self.hits: list[str] = []
        self.skipped: dict[str, str] = {}

    def examine(self, path: str, fd: int, info: os.stat_result, mask: int) -> bool:
        self.hits.append(path)
        return False

    def skip(self, path: str, why: str) -> None:
        self.skipped[path] = why


def walk(root: Path, *, fresh: int | None = None, **options: object) -> tuple[_Visitor, Walk]:
    """A walk; `fresh` is the time in ns from which on a file counts as just changed."""
    visitor = _Visitor()
    made = Walk(lambda data: int(NEEDLE in bytes(data)), visitor, lambda _: False, **options)  # type: ignore[arg-type]
    if fresh is not None:
        made._fresh = fresh
    made.tree(str(root))
    return visitor, made


def aged(path: Path) -> None:
    """Nothing can set ctime back; the walk's clock is set forward instead where that matters."""
    os.utime(path, (1, 1))


def test_finds_in_every_folder_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    for folder in (outside, root / "a" / "b"):
        folder.mkdir(parents=True)
        (folder / "f").write_bytes(NEEDLE)
    (root / "link").symlink_to(outside)
    (root / "file-link").symlink_to(outside / "f")
    (root / "loop").symlink_to(root)
    visitor, made = walk(root)
    assert visitor.hits == [f"{root}/a/b/f"]
    assert made.files == 1


def test_odd_names_and_odd_files(tmp_path: Path) -> None:
    name = os.fsdecode(b"new\nline\x1b[31m\xff")
    (tmp_path / name).write_bytes(NEEDLE)
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
    (tmp_path / "empty").touch()
    visitor, _ = walk(tmp_path)
    assert visitor.hits == [f"{tmp_path}/{name}"]
    assert visitor.skipped == {f"{tmp_path}/fifo": "fifo", f"{tmp_path}/s": "socket"}


def test_very_deep_trees_are_reported_not_entered(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    for _ in range(MAX_DEPTH + 20):
        os.mkdir("d", dir_fd=fd)
        inner = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    visitor, _ = walk(tmp_path)
    assert list(visitor.skipped.values()) == [f"nested deeper than {MAX_DEPTH} folders"]
    os.system(f"rm -rf {tmp_path}/d")


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc/self/uid_map").exists(), reason="needs to drop rights")
def test_unreadable_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "file").write_bytes(NEEDLE)
    (tmp_path / "file").chmod(0)
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(0o755)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:  # permission bits mean nothing to root: look as somebody else
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        visitor, _ = walk(tmp_path)
        os.write(writer, "|".join(sorted(visitor.skipped.values())).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    assert os.read(reader, 1000) == b"permission denied|permission denied"
    os.close(reader)


def test_a_needle_across_the_windows_border_is_found_and_holes_are_jumped(tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.write(b"x" * (WINDOW - 3) + NEEDLE)
        file.seek(8 << 30)
        file.write(NEEDLE)
    visitor, made = walk(tmp_path)
    assert visitor.hits == [str(path)]
    assert made.size < 64 << 20
    fd = os.open(path, os.O_RDONLY)
    seen = [(offset, bytes(data[:1])) for offset, data in windows(fd, bytearray(WINDOW))]
    os.close(fd)
    assert seen[1][0] == WINDOW - OVERLAP
    assert any(offset >= (8 << 30) - (1 << 20) for offset, _ in seen)


def test_windows_give_back_the_file(tmp_path: Path) -> None:
    data = os.urandom(3 * WINDOW + 12345)
    (tmp_path / "f").write_bytes(data)
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    rebuilt = bytearray()
    for offset, view in windows(fd, bytearray(WINDOW)):
        rebuilt[offset:] = view
    os.close(fd)
    assert bytes(rebuilt) == data


def test_too_large_is_skipped_with_its_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 2000)
    visitor, _ = walk(tmp_path, max_size=1000)
    assert visitor.skipped == {f"{tmp_path}/f": "larger than 1000 bytes"}


def test_clean_files_are_not_opened_again_and_changed_ones_are(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"clean")
    _, first = walk(tmp_path, fresh=1 << 62)
    _, second = walk(tmp_path, known=first.clean, fresh=1 << 62)
    assert (second.files, second.cached, second.size) == (3, 3, 0)
    assert not second.clean
    info = (tmp_path / "b").stat()
    (tmp_path / "b").write_bytes(NEEDLE[:5])  # same size, and the old times put back: ctime still tells
    (tmp_path / "b").write_bytes(b"clea" + b"N")
    os.utime(tmp_path / "b", ns=(info.st_atime_ns, info.st_mtime_ns))
    _, third = walk(tmp_path, known=first.clean, fresh=1 << 62)
    assert (third.files, third.cached) == (3, 2)
    (tmp_path / "a").unlink()
    (tmp_path / "link").symlink_to("b")
    _, fourth = walk(tmp_path, known=third.clean, fresh=1 << 62)
    assert (fourth.files, fourth.cached) == (2, 2)
    _, fifth = walk(tmp_path, known=third.clean | fourth.clean, fresh=1 << 62)
    assert not fifth.clean and fifth.cached == 2


def test_files_changed_just_now_are_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"clean")
    _, made = walk(tmp_path)
    assert not made.clean


def test_kernel_file_systems_are_told_by_mountinfo() -> None:
    text = b"22 28 0:21 / /sys rw - sysfs sysfs rw\n28 1 254:0 / / rw - ext4 /dev/vda rw\n"
    text += b"23 28 0:5 / /proc rw - proc proc rw\n"
    assert kernel_devices(text) == {os.makedev(0, 21), os.makedev(0, 5)}


def test_a_walk_of_proc_is_refused() -> None:
    visitor = _Visitor()
    Walk(lambda _: 0, visitor, lambda _: False, no_entry=frozenset((os.stat("/proc").st_dev,))).tree("/proc")
    assert visitor.skipped == {"/proc": "a kernel file system, not files"}
