"""Fixtures of the daemon's tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemonlab import Daemon

ROOT = Path(__file__).parents[2]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Makes daemons, not started yet, and ends them."""
    made: list[Daemon] = []

    def build(root: Path | None = None, **more: object) -> Daemon:
        daemon = Daemon(root or tmp_path, **more)  # type: ignore[arg-type]
        made.append(daemon)
        return daemon

    yield build
    for daemon in made:
        daemon.stop()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The package, and the same with a higher version."""
    folder = tmp_path_factory.mktemp("deb")
    done = subprocess.run([ROOT / "scripts/debian/build", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (package,) = folder.glob("*.deb")
    newer = folder / "newer.deb"
    subprocess.run(["dpkg-deb", "-R", package, folder / "tree"], check=True)
    control = folder / "tree/DEBIAN/control"
    control.write_text(control.read_text().replace("Version: ", "Version: 9."))
    subprocess.run(["dpkg-deb", "-Znone", "--build", "--root-owner-group", folder / "tree", newer], check=True)
    return package, newer
