"""A real daemon over a home of its own, and what a test asks of it. Deadlines are generous: speed is the bench's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fakes import Fakes

from keywatch.memory import Memory, Remembered

#: seconds that anything may take before a test fails
DEADLINE = 30.0
#: for tests: nothing of the machine, what the kernel does not tell is looked for often, and no sweep hides a miss
QUICK = {
    "system": "false",
    "poll": "0.3",
    "recheck": "0.4",
    "sweep": '"never"',
    "home_sweep": '"never"',
    "notify": "false",
}
T = TypeVar("T")
_FAKES = Fakes(int.from_bytes(os.urandom(4), "little"))


@dataclass(frozen=True)
class Key:
    """A fake key, and how files and memory show it."""

    id: str = field(default_factory=_FAKES.key_id)
    secret: str = field(default_factory=_FAKES.secret)

    @property
    def text(self) -> str:
        return f"AWS_ACCESS_KEY_ID={self.id}\nAWS_SECRET_ACCESS_KEY={self.secret}\n"

    @property
    def ini(self) -> str:
        return f"[default]\naws_access_key_id = {self.id}\naws_secret_access_key = {self.secret}\n"

    @property
    def masked(self) -> str:
        return f"{self.id[:4]}…{self.id[-4:]}"


def wait_for(what: Callable[[], T], why: str = "", deadline: float = DEADLINE) -> T:
    """The first true value of `what`; an AssertionError with `why` when none comes."""
    end = time.monotonic() + deadline
    while not (value := what()):
        assert time.monotonic() < end, f"not within {deadline:.0f} s: {why or what}"
        time.sleep(0.02)
    return value


@dataclass
class Daemon:
    """A home with a daemon. `before` stands before the command: `nsenter …`, `prlimit …`."""

    root: Path
    watch: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    env_more: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.configure(**self.watch)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def state(self) -> Path:
        return self.home / ".local/state/keywatch"

    @property
    def socket(self) -> str:
        return f"{self.root}/run/keywatch/agent.sock"

    @property
    def env(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "LC_ALL": "C.UTF-8",
            "KEYWATCH_DEBUG": "1",
            **{name: value for name, value in os.environ.items() if name.startswith(("COVERAGE", "COV_"))},
            **self.env_more,
        }

    def configure(self, **watch: str) -> None:
        """Write the configuration: `QUICK` and what is given."""
        folder = self.home / ".config/keywatch"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{key} = {value}\n" for key, value in (QUICK | watch).items()]
        (folder / "keywatch.toml").write_text("[watch]\n" + "".join(lines))

    def command(self, *words: str) -> list[str]:
        return [*self.before, sys.executable, "-m", "keywatch", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.env, cwd=self.root, capture_output=True, text=True, check=False,
            timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, *, wait: bool = True) -> Daemon:
        assert self.process is None
        with open(self.root / "log", "ab") as log:
            begun = log.tell()
            self.process = subprocess.Popen(
                self.command("watch", "--log", "json"),
                env=self.env,
                cwd=self.root,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        if wait:
            self.wait_for_log("sweep-done", begun)
        return self

    @property
    def pid(self) -> int:
        """The daemon's own process, whatever stands before it."""
        for line in reversed(self.log()):
            if line["event"] == "started":
                return int(line["pid"])
        raise AssertionError("it never started")

    def log(self, begun: int = 0) -> list[dict[str, Any]]:
        path = self.root / "log"
        lines = path.read_bytes()[begun:].splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]

    def wait_for_log(self, event: str, begun: int = 0, **fields: object) -> dict[str, Any]:
        def seen() -> dict[str, Any] | None:
            if self.process is not None and self.process.poll() is not None and event != "stopped":
                raise AssertionError((self.root / "log").read_text())
            for line in self.log(begun):
                if line["event"] == event and fields.items() <= line.items():
                    return line
            return None

        return wait_for(seen, f"log event {event} {fields}")  # type: ignore[return-value]

    def mark(self) -> int:
        """Where the log ends now."""
        return (self.root / "log").stat().st_size

    def remembered(self, paths: Iterable[str | Path] = ()) -> list[Remembered]:
        with Memory(str(self.state), read_only=True) as memory:
            return memory.at([str(path) for path in paths]) if paths else memory.all()

    def holds(self, path: str | Path | bytes, key: Key) -> bool:
        """Whether the memory has this key at this path."""
        path = os.fsdecode(path)
        return any(part.masked == key.masked for each in self.remembered([path]) for part in each.finding.parts)

    def wait_for_key(self, path: str | Path | bytes, key: Key) -> None:
        wait_for(lambda: self.holds(path, key), f"{key.masked} at {os.fsdecode(path)}")

    def wait_until_gone(self, path: str | Path, key: Key) -> None:
        wait_for(lambda: not self.holds(path, key), f"{key.masked} gone from {path}")

    def status(self) -> dict[str, Any]:
        done = self.run("status", "--json")
        assert done.returncode == 0, done.stderr
        facts: dict[str, Any] = json.loads(done.stdout)["daemon"]
        return facts

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit status."""
        process, self.process = self.process, None
        if process is None:
            return 0
        if process.poll() is None:
            os.kill(self.pid if self.before else process.pid, number)
        return process.wait(DEADLINE)
