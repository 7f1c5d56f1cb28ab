"""A home with a vault for tests that move keys by the real program, and what they look at afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.warm import warm

PROGRAMS = os.path.dirname(sys.executable)


@dataclass
class Moving:
    """One person's machine: a home below `root`, a vault file opened by a key file, and the program."""

    root: Path
    #: whether `run` and `credential` fork a program that has been imported (tests/warm.py), or start an installed one
    warmed: bool = False
    home: Path = field(init=False)
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.root / "home"
        run = self.root / "run"
        for folder in (self.home, run):
            folder.mkdir(mode=0o700)
        self.env = {
            "HOME": str(self.home), "XDG_RUNTIME_DIR": str(run), "LANG": "C.UTF-8",
            "PATH": f"{PROGRAMS}:/usr/bin:/bin:/usr/sbin:/sbin",
            "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    @property
    def state(self) -> Path:
        """The folder of the journal."""
        return self.home / ".local/state/keywatch"

    def init_vault(self) -> None:
        """Make a vault that opens without asking."""
        self.run("vault", "init", "--key-file", str(self.root / "vault.key"), "--no-recovery")

    def run(self, *argv: str, status: int | None = 0, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """The program, as a person runs it without a terminal."""
        if self.warmed:
            done = warm().start(["keywatch", *argv], self.env, self.home, stdin).wait()
        else:
            done = subprocess.run(
                [os.path.join(PROGRAMS, "keywatch"), *argv],
                env=self.env, cwd=self.home, input=stdin, capture_output=True, check=False, timeout=120,
            )  # fmt: skip
        if status is not None:
            assert done.returncode == status, (argv, done.returncode, done.stdout.decode(), done.stderr.decode())
        return done

    def json(self, *argv: str, status: int | None = 0) -> Any:
        """The program's JSON."""
        return json.loads(self.run(*argv, "--json", status=status).stdout)

    def write(self, name: str, text: str | bytes, mode: int = 0o600) -> Path:
        """A file of the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    def findings(self, *paths: str) -> list[dict[str, Any]]:
        """What a sweep of these files, or of the home, finds."""
        where = [str(self.home / path) for path in paths] or ["--home"]
        findings: list[dict[str, Any]] = json.loads(
            self.run("sweep", *where, "--json", "--no-cache", status=None).stdout
        )["findings"]
        return findings

    def credential(self, entry: str) -> dict[str, Any]:
        """What the helper gives for an entry."""
        if self.warmed:
            done = warm().start(["keywatch-credential", entry], self.env, self.home).wait()
            done.check_returncode()
        else:
            done = subprocess.run(
                [os.path.join(PROGRAMS, "keywatch-credential"), entry],
                env=self.env, capture_output=True, check=True, timeout=30,
            )  # fmt: skip
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def leaks(self, *secrets: str) -> list[str]:
        """The files of the home, other than what a test wrote itself, that hold one of the secrets."""
        found = []
        for path in self.root.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                found += [str(path) for secret in secrets if secret.encode() in content]
        return found
