"""A program whose children are killed or failed at chosen system calls: the tracer's side and the program's side.

The program (`serve_victims`) reads a line an operation, forks a child that stops itself, and prints its pid; once the
child was continued and has ended, it prints the child's exit status (-9 for killed). A fork spares the time to start.
"""

from __future__ import annotations

import collections
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import pytest

from keywatch.errors import KeywatchError
from tests.warm import unmeasured

#: every call that touches a file; the others (memory, signals, time) can only be killed at
FILES = {
    *("openat", "write", "pwrite64", "read", "pread64", "close", "fsync", "fdatasync", "rename", "renameat"),
    *("renameat2", "linkat", "unlink", "unlinkat", "fchmod", "fchown", "flock", "mkdir", "mkdirat", "getdents64"),
    *("ftruncate", "fsetxattr", "utimensat"),
}
HARMLESS = {"exit_group", "rt_sigreturn", "restart_syscall"}
ERRORS = ("EIO", "ENOSPC", "EROFS")
#: calls that can't run out of space
READING = ("read", "pread64", "close", "flock", "getdents64")
_PR_SET_PTRACER = 0x59616D61

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None and os.environ.get("KEYWATCH_E2E") != "required", reason="strace is not installed"
)


class Victim:
    """One victim program and the tracer that hurts its children."""

    def __init__(self, program: Path, arguments: Sequence[str], folder: Path) -> None:
        self.log = folder / "log"
        self._errors = (folder / "errors").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, program, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=unmeasured(),
        )  # fmt: skip

    def run(self, operation: str, inject: str | None = None) -> tuple[int, str]:
        """Exit status and error text of one child, with that injection."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        start = self._errors.seek(0, os.SEEK_END)
        stdin.write(f"{operation}\n")
        stdin.flush()
        pid = int(stdout.readline())
        command = ["strace", "-o", str(self.log), "-p", str(pid), "-e", f"inject={inject}" if inject else "trace=all"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            _wait_for("attached", tracer.stderr)
            os.kill(pid, signal.SIGCONT)
            status = int(stdout.readline())
            tracer.stderr.read()
        self._errors.seek(start)
        return status, self._errors.read()

    def injections(self, operation: str) -> Iterator[str]:
        """Each call of an undisturbed run, killed at; each that touches a file, failing in each way."""
        status, said = self.run(operation)
        assert status == 0, said
        calls = collections.Counter(re.findall(r"^(\w+)\(", self.log.read_text(), re.MULTILINE))
        assert {"openat", "write", "fsync"} <= set(calls)
        for call, count in sorted(calls.items()):
            if call in HARMLESS:
                continue
            for number in range(1, count + 1):
                yield f"{call}:signal=KILL:when={number}"
                if call in FILES:
                    for error in ERRORS if call not in READING else ERRORS[:1]:
                        yield f"{call}:error={error}:when={number}"

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def _wait_for(word: str, stream: IO[str]) -> None:
    line = ""
    while word not in line:
        line = stream.readline()
        assert line, "the tracer ended before it was attached"


def serve_victims(operate: Callable[[Sequence[str]], None]) -> None:
    """The program's side: `operate` gets the words of a line, in a child of its own.

    Errors of keywatch are one line and status 3, as on the command line; anything else a traceback and status 1.
    """
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # Yama lets only parents trace, unless the tracee says otherwise (man 2 PR_SET_PTRACER).
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            status = _operate(operate, line.split())
            sys.stderr.flush()
            os._exit(status)
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _operate(operate: Callable[[Sequence[str]], None], words: Sequence[str]) -> int:
    try:
        operate(words)
    except KeywatchError as error:
        print(f"keywatch: error: {error}", file=sys.stderr)
        return 3
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
