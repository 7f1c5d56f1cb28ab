"""A mount namespace of one's own, so that a test's mounts are seen by its daemon and by nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

REQUIRED = os.environ.get("KEYWATCH_E2E") == "required"


class Mounts:
    """Holds the namespace; `before` stands before a command that is to run in it."""

    def __init__(self) -> None:
        options = ["--mount", "--propagation", "private"]
        if os.geteuid() != 0:
            options += ["--user", "--map-root-user"]
        self._holder = subprocess.Popen(
            ["unshare", *options, "sh", "-c", "echo ready; read end"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            self.close()
            assert not REQUIRED, "unshare --mount is not allowed here"
            pytest.skip("unshare --mount is not allowed here")
        pid = str(self._holder.pid)
        users = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
        self.before = ("nsenter", "--target", pid, "--mount", *users, "--")

    def run(self, *command: str | Path) -> None:
        """Run in the namespace; it must work."""
        done = subprocess.run([*self.before, *map(str, command)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def try_run(self, what: str, command: Sequence[str | Path]) -> None:
        """The same, and a skip where this machine can't: CI's containers may have no FUSE or overlay."""
        done = subprocess.run([*self.before, *map(str, command)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{what} can't be mounted here: {done.stderr.strip()}")

    def close(self) -> None:
        assert self._holder.stdin is not None and self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait(20)


def need(*programs: str) -> None:
    """Skip, or fail in CI, where one of these is missing."""
    for program in programs:
        if shutil.which(program) is None:
            assert not REQUIRED, f"{program} is not installed"
            pytest.skip(f"{program} is not installed")
