"""Kill the writer, or fail it, at every system call it makes: the old vault or the new one stands, never neither."""

from __future__ import annotations

import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from vaultlab import Lab, fake_deposit

VICTIM = Path(__file__).parent / "vaultvictim.py"
#: Every call that touches a file; the others (memory, signals, time) can only be killed at.
FILES = {
    *("openat", "write", "read", "close", "fsync", "rename", "renameat", "renameat2", "linkat", "unlinkat"),
    *("fchmod", "flock", "mkdir", "getdents64"),
}
HARMLESS = {"exit_group", "rt_sigreturn", "restart_syscall"}
ERRORS = ("EIO", "ENOSPC", "EROFS")

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


class Victim:
    """One victim program and the tracer that hurts its children."""

    def __init__(self, lab: Lab, log: Path) -> None:
        self._lab = lab
        self._log = log
        self._errors = (log.parent / "errors").open("w+")
        key = str(lab.identity.recipient())
        self._process = subprocess.Popen(
            [sys.executable, VICTIM, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )

    def run(self, operation: str, inject: str | None = None) -> tuple[int, str]:
        """Exit status and error text of one child, with that injection."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        start = self._errors.seek(0, os.SEEK_END)
        stdin.write(f"{operation} {self._lab.path} {self._lab.state}\n")
        stdin.flush()
        pid = int(stdout.readline())
        command = ["strace", "-o", str(self._log), "-p", str(pid), "-e", f"inject={inject}" if inject else "trace=all"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            wait_for("attached", tracer.stderr)
            os.kill(pid, signal.SIGCONT)
            status = int(stdout.readline())
            tracer.stderr.read()
        self._errors.seek(start)
        return status, self._errors.read()

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def wait_for(word: str, stream: IO[str]) -> None:
    line = ""
    while word not in line:
        line = stream.readline()
        assert line, "the tracer ended before it was attached"


@pytest.fixture
def victim(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    made = Victim(lab, tmp_path_factory.mktemp("trace") / "log")
    yield made
    made.close()


def injections(victim: Victim, operation: str, log: Path) -> Iterator[str]:
    """Each call of an undisturbed run, killed at; each that touches a file, failing in each way."""
    status, said = victim.run(operation)
    assert status == 0, said
    calls = collections.Counter(re.findall(r"^(\w+)\(", log.read_text(), re.MULTILINE))
    assert {"openat", "write", "fsync", "flock"} <= set(calls)
    for call, count in sorted(calls.items()):
        if call in HARMLESS:
            continue
        for number in range(1, count + 1):
            yield f"{call}:signal=KILL:when={number}"
            if call in FILES:
                for error in ERRORS if call not in ("read", "close", "flock", "getdents64") else ERRORS[:1]:
                    yield f"{call}:error={error}:when={number}"


def names(lab: Lab) -> set[str]:
    return {entry.name for entry in lab.depositor().list_entries()}


def leftovers(lab: Lab) -> list[str]:
    return [str(file) for file in lab.folder.rglob("*") if file.name.endswith(".tmp")]


@needs_strace
@pytest.mark.e2e
@pytest.mark.parametrize(("operation", "after"), [("put", {"old", "new"}), ("remove", set())])
def test_a_write_hurt_anywhere_leaves_the_old_or_the_new_vault(
    lab: Lab, victim: Victim, operation: str, after: set[str]
) -> None:
    lab.depositor().put(fake_deposit("old"))
    shutil.copytree(lab.folder, fresh(lab))
    started, count = time.monotonic(), 0
    for inject in injections(victim, operation, victim._log):
        renew(lab)
        status, said = victim.run(operation, inject)
        assert status in (0, 3, -signal.SIGKILL), f"{inject}: {status}: {said}"
        now = names(lab)
        assert now in ({"old"}, after), inject
        assert status != 0 or now == after, f"{inject}: promised and lost"
        assert status != 3 or re.match(r"keywatch: error: /.*: .+\n$", said), f"{inject}: {said}"
        assert lab.reader().verify() == len(now), inject
        lab.depositor().put(fake_deposit("again"))
        assert names(lab) == {*now, "again"}, inject
        assert leftovers(lab) == [], inject
        count += 1
    assert count > 100
    print(f"{operation}: {count} injections in {time.monotonic() - started:.0f} s")


@needs_strace
@pytest.mark.e2e
def test_making_a_vault_hurt_anywhere_can_be_done_again(lab: Lab, victim: Victim) -> None:
    for file in lab.folder.glob("*vault.json*"):
        file.unlink()
    shutil.copytree(lab.folder, fresh(lab))
    for inject in injections(victim, "create", victim._log):
        renew(lab)
        status, said = victim.run("create", inject)
        assert status in (0, 3, -signal.SIGKILL), f"{inject}: {status}: {said}"
        if not lab.path.exists():
            assert status != 0, inject
            assert victim.run("create")[0] == 0, inject
        lab.depositor().put(fake_deposit("again"))
        assert lab.reader().verify() == 1, inject


def fresh(lab: Lab) -> Path:
    return lab.folder.with_name(lab.folder.name + "-fresh")


def renew(lab: Lab) -> None:
    for file in lab.folder.iterdir():
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    shutil.copytree(fresh(lab), lab.folder, dirs_exist_ok=True)
