"""Where a move can't be made: full, read-only and inode-less file systems, files of others. All is refused unchanged.

And where a secret must never be seen: arguments and environments of our processes, temporary folders, core patterns.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import Fakes
from tests.move.moving import Moving

fakes = Fakes(32)
ID, SECRET = fakes.key_id(), fakes.secret()
TEXT = f"[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


@pytest.fixture
def moving(tmp_path):
    made = Moving(tmp_path)
    made.init_vault()
    return made


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True, mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path) -> None:
    """Use up every byte."""
    with contextlib.suppress(OSError), (folder / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@root_only
@pytest.mark.e2e
@pytest.mark.parametrize("trouble", ["full", "no inodes", "read-only"])
def test_a_file_system_that_takes_nothing_is_told_and_nothing_changes(moving: Moving, trouble: str) -> None:
    folder = moving.home / ".aws"
    with mounted(folder, "size=64k,nr_inodes=3" if trouble == "no inodes" else "size=64k"):
        path = moving.write(".aws/credentials", TEXT)
        if trouble == "full":
            fill(folder)
        elif trouble == "no inodes":
            (folder / "last").touch()
        else:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        names = sorted(os.listdir(folder))
        done = moving.run("move", str(path), "--yes", status=None)
        assert done.returncode == 3
        assert str(path).encode() in done.stderr or b"No space left" in done.stderr
        assert path.read_text() == TEXT
        assert sorted(os.listdir(folder)) == names
    assert moving.run("vault", "list").stdout.count(b"aws-default") == 0


@root_only
@pytest.mark.e2e
def test_a_full_disk_under_the_journal_changes_nothing(moving: Moving) -> None:
    path = moving.write(".aws/credentials", TEXT)
    kept = moving.root / "kept"
    shutil.copytree(moving.state, kept)
    with mounted(moving.state, "size=64k"):
        shutil.copytree(kept, moving.state, dirs_exist_ok=True)
        fill(moving.state)
        done = moving.run("move", str(path), "--yes", status=3)
        assert b"Traceback" not in done.stderr
        assert path.read_text() == TEXT


@root_only
@pytest.mark.e2e
def test_a_file_of_somebody_else_is_refused(moving: Moving) -> None:
    path = moving.write(".aws/credentials", TEXT)
    os.chown(path, 65534, 65534)
    done = moving.run("move", str(path), "--yes", status=1)
    assert b"belongs to" in done.stdout
    assert path.read_text() == TEXT


@pytest.mark.e2e
def test_no_process_shows_the_secret(moving: Moving) -> None:
    """While moves and undos run: no command line, no environment of ours; afterwards no file but the vault's."""
    path = moving.write(".aws/credentials", TEXT)
    seen: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            for entry in os.listdir("/proc"):
                if not entry.isdigit() or int(entry) == os.getpid():
                    continue
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        if SECRET.encode() in Path(f"/proc/{entry}/{name}").read_bytes():
                            seen.append(f"{entry}/{name}")

    watcher = threading.Thread(target=look)
    watcher.start()
    moving.env["TMPDIR"] = str(moving.root / "run")
    for _ in range(3):
        moving.run("move", str(path), "--yes")
        assert moving.leaks(SECRET) == []
        moving.run("undo", "--yes")
        assert moving.leaks(SECRET) == [str(path)]
    stop.set()
    watcher.join()
    assert seen == []
