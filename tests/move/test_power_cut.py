"""The power fails in the middle of a move or an undo: what was not synced is lost, and no key with it.

A real ext4 on a loop device, shut down without flushing its log (EXT4_IOC_SHUTDOWN), unmounted and mounted again. Needs
root, loop devices, e2fsprogs and strace. CI takes a sample; `KEYWATCH_FAULTS_EVERY=1` cuts at every call.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from victim import Victim, needs_strace

from tests.move import movelab
from tests.move.movelab import MoveLab
from tests.move.test_move_faults import EVERY, VICTIM

#: _IOR('X', 125, __u32) with EXT4_GOING_FLAGS_NOLOGFLUSH: nothing that was not synced survives
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
#: calls after which something new may have to survive
CALLS = {"write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "linkat", "unlink", "unlinkat", "ftruncate"}


class Disk:
    """An ext4 in a file, mounted at `point`."""

    def __init__(self, root: Path) -> None:
        self.image, self.point = root / "image", root / "disk"
        self.point.mkdir()
        with self.image.open("wb") as file:
            file.truncate(24 << 20)
        _run("mkfs.ext4", "-q", "-J", "size=4", str(self.image))

    def mount(self) -> None:
        _run("mount", "-o", "loop,noauto_da_alloc,commit=300", str(self.image), str(self.point))

    def cut(self) -> None:
        """Switch the power off, and on again."""
        fd = os.open(self.point, os.O_RDONLY)
        fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(fd)
        self.unmount()
        self.mount()

    def unmount(self) -> None:
        """Unmount it everywhere: a mount namespace that another test made meanwhile has it too, until that one ends."""
        self._wait(lambda: subprocess.run(["umount", self.point], capture_output=True, check=False).returncode == 0)
        self._wait(lambda: not subprocess.run(["losetup", "-j", self.image], capture_output=True, check=True).stdout)

    def _wait(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + 120
        while not done():
            assert time.monotonic() < end, "the disk stays busy"
            time.sleep(0.02)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("needs root and e2fsprogs")
    made = Disk(tmp_path)
    try:
        made.mount()
    except subprocess.CalledProcessError:
        pytest.skip("no loop devices here")
    yield made
    made.unmount()


@pytest.fixture
def lab(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> MoveLab:
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("sys.argv", ["keywatch"])
    monkeypatch.setitem(movelab.sys.modules, "botocore", None)
    made = MoveLab(disk.point / "home")
    made.home.mkdir(mode=0o700)
    movelab.be_one_home(made.home)
    made.prepare()
    return made


@needs_strace
@pytest.mark.e2e
@pytest.mark.parametrize("operation", ["move", "undo"])
def test_a_power_cut_anywhere_loses_nothing(operation: str, disk: Disk, lab: MoveLab, tmp_path: Path) -> None:
    (tmp_path / "trace").mkdir()
    if operation == "undo":
        lab.move()
    fresh = tmp_path / "fresh"
    shutil.copytree(lab.home, fresh)
    victim = Victim(VICTIM, [str(tmp_path / "warm")], tmp_path / "trace")
    movelab.be_one_home(lab.home)
    line = f"{operation} {lab.home} {lab.kind} alone"
    kills = [i for i in victim.injections(line) if "KILL" in i and i.split(":")[0] in CALLS]
    count = 0
    try:
        for inject in [*kills[:: max(1, EVERY // 4)], None]:
            shutil.rmtree(lab.home)
            shutil.copytree(fresh, lab.home)
            _run("sync", "-f", str(disk.point))
            status, said = victim.run(line, inject)
            assert status in (0, 3, -signal.SIGKILL), f"{inject}: {said}"
            disk.cut()
            try:
                lab.check_now()
                assert not [each.words for each in lab.recover() if not each.ended]
                lab.check_ended()
                if inject is None:
                    assert lab.is_moved(lab.place.read_bytes()) is (operation == "move"), "promised, and lost"
            except AssertionError as error:
                raise AssertionError(f"{operation} {inject}: {error}") from error
            count += 1
    finally:
        victim.close()
    assert count > 5
    print(f"{operation}: {count} power cuts of {len(kills)}")
