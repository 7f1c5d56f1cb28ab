"""Sweeps as a person runs them: the program in a process of its own, with a home folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass
class Swept:
    """What a sweep said: its exit status, its JSON report, its error channel."""

    status: int
    report: dict[str, Any]
    err: str
    raw: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        return list(self.report["findings"])

    @property
    def where(self) -> set[tuple[str, ...]]:
        """Of each finding the file's name and the way inside it."""
        return {(Path(f["place"]["path"]).name, *f["place"]["via"]) for f in self.findings}

    def lines(self, name: str) -> dict[str, list[int]]:
        """Of the findings in the file of that name: each part's lines by its role."""
        found: dict[str, list[int]] = {}
        for finding in self.findings:
            if Path(finding["place"]["path"]).name == name:
                for part in finding["parts"]:
                    found.setdefault(part["role"], []).append(part["line"])
        return found


@dataclass
class Station:
    """A machine with one person: a home folder, and where the program keeps its own things."""

    base: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        path = self.base / "home"
        path.mkdir(exist_ok=True)
        return path

    def run(
        self, *words: str | Path, stdin: bytes = b"", timeout: float = 120, **more: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `keywatch` with these words."""
        return self.python("-m", "keywatch", *words, stdin=stdin, timeout=timeout, **more)

    def python(
        self, *words: str | Path, stdin: bytes = b"", timeout: float = 120, **more: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run Python with these words, as this person."""
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "KEYWATCH_DEBUG": "1",
            "LC_ALL": "C.UTF-8",
            **{key: os.environ[key] for key in ("COVERAGE_PROCESS_START",) if key in os.environ},
            **self.env,
            **more,
        }
        command = [sys.executable, *map(os.fspath, words)]
        return subprocess.run(
            command, input=stdin, capture_output=True, check=False, timeout=timeout, env=env, cwd=self.base
        )

    def sweep(self, *words: str | Path, stdin: bytes = b"", **more: str) -> Swept:
        """`keywatch sweep --json` with these words."""
        done = self.run("sweep", "--json", *words, stdin=stdin, **more)
        err = done.stderr.decode("utf-8", "backslashreplace")
        assert "Traceback" not in err, err
        raw = done.stdout.decode()
        return Swept(done.returncode, json.loads(raw) if raw else {}, err, raw)
