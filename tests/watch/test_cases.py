"""Every way in which a file can change, through a real daemon: each ends with the key in the memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cases_of_folders  # noqa: F401 - registers its cases
import cases_of_mounts  # noqa: F401
import pytest
from cases import FILES, HOMES, MOUNTED, OLD, Case
from daemonlab import Daemon, Key, wait_for
from mounting import Mounts

pytestmark = pytest.mark.e2e


def folder_of(root: Path, number: int) -> Path:
    return root / "home/work" / f"p{number}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon, and a project folder for each case."""
    daemon = Daemon(tmp_path_factory.mktemp("shared"))
    for number in range(len(FILES) + 1):
        folder = folder_of(daemon.root, number)
        folder.mkdir(parents=True)
        (folder / ".env").write_text(OLD.ljust(400, "#") + "\n")
    yield daemon.start()
    daemon.stop()


def expect(case: Case, do: Callable[[Case], Path | bytes], record: Callable[[str, object], None]) -> None:
    begun = time.monotonic()
    with case.open:
        path = do(case)
        done = time.monotonic()
        case.daemon.wait_for_key(path, case.key)
    record("seconds", round(time.monotonic() - done, 3))
    print(f"seen {time.monotonic() - done:.3f} s after, {time.monotonic() - begun:.3f} s in all")


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_seen(
    name: str, shared: Daemon, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    folder = folder_of(shared.root, list(FILES).index(name))
    expect(Case(shared, folder, tmp_path, Key()), FILES[name], record_property)


def test_a_file_cut_short_is_forgotten(shared: Daemon) -> None:
    """truncate(2) by path"""
    file, key = folder_of(shared.root, len(FILES)) / ".env", Key()
    file.write_text(OLD + key.text)
    shared.wait_for_key(file, key)
    os.truncate(file, len(OLD))
    shared.wait_until_gone(file, key)


def test_a_mode_alone_changes_the_judgement(make: Callable[..., Daemon]) -> None:
    """chmod 644 only"""
    with tempfile.TemporaryDirectory() as root:  # pytest's own folders are closed to others
        os.chmod(root, 0o755)
        daemon = make(Path(root))
        file, key = daemon.home / ".bashrc", Key()
        file.write_text(key.text)
        file.chmod(0o600)
        daemon.start()
        told = "Everyone on this machine can read it"

        def reasons() -> str:
            return " ".join(reason for each in daemon.remembered([file]) for reason in each.finding.reasons)

        assert daemon.holds(file, key)
        assert told not in reasons()
        file.chmod(0o644)
        wait_for(lambda: told in reasons())
        daemon.stop()


@pytest.mark.parametrize("name", HOMES)
def test_a_changed_folder_is_seen(
    name: str, make: Callable[..., Daemon], tmp_path: Path, record_property: Callable[..., None]
) -> None:
    daemon = make(tmp_path / "lab")
    (tmp_path / "other").mkdir()
    case = Case(daemon, daemon.home, tmp_path / "other", Key())
    prepare, do = HOMES[name]
    prepare(case)
    daemon.start()
    expect(case, do, record_property)


@pytest.fixture
def mounts() -> Iterator[Mounts]:
    mounts = Mounts()
    yield mounts
    mounts.close()


@pytest.mark.parametrize("name", MOUNTED)
def test_what_is_mounted_is_seen(
    name: str, mounts: Mounts, make: Callable[..., Daemon], tmp_path: Path, record_property: Callable[..., None]
) -> None:
    daemon = make(tmp_path / "lab", before=mounts.before)
    (tmp_path / "other").mkdir()
    case = Case(daemon, daemon.home, tmp_path / "other", Key(), mounts)
    prepare, do = MOUNTED[name]
    prepare(case)
    daemon.start()
    try:
        expect(case, do, record_property)
    finally:
        daemon.stop()
        subprocess.run([*mounts.before, "umount", "-l", str(daemon.home / ".aws")], capture_output=True, check=False)


def test_all_cases_are_here() -> None:
    """48 by the table: two of them, of a size and of a mode, are tests of their own."""
    assert len(FILES) + len(HOMES) + len(MOUNTED) + 2 == 48
