"""The Debian package, built once, and machines without keywatch to put it on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from booted import REQUIRED, Booted, boot

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """keywatch_VERSION_ARCHITECTURE.deb of this source tree."""
    missing = [name for name in ("dpkg-deb", "dpkg-shlibdeps", "/usr/bin/python3") if shutil.which(name) is None]
    if missing:
        assert not REQUIRED, f"missing: {', '.join(missing)}"
        pytest.skip(f"missing: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("package")
    return build(folder)


def build(folder: Path, *more: str) -> Path:
    """What scripts/debian/build.py makes in `folder`."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    }
    done = subprocess.run(
        [ROOT / "scripts/debian/build.py", "--fast", *more, folder], capture_output=True, text=True, check=False,
        env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture
def machine() -> Iterator[Booted]:
    """A machine on which keywatch is not there yet."""
    booted = boot(bare=True)
    try:
        # containers forbid packages to start services; this is a machine
        booted.run("rm -f /usr/sbin/policy-rc.d; ! command -v keywatch && ! dpkg -s keywatch 2>/dev/null")
        yield booted
    finally:
        booted.close()
