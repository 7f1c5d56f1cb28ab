"""keywatch without its start: a process that has imported it and boto3 forks a child for each run of a program.

A child is a process of its own that can really be killed: its arguments, environment, folder and standard streams are
those of a program that was started afresh, and nothing that it does outlives it. Only the imports are spared, a second
for what asks AWS, and that botocore reads its own data files again and the rules are compiled again. What starting
itself does is for the tests that start the installed program.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

PROGRAMS = os.path.dirname(sys.executable)
#: the modules whose `run` is a program
_ENTRY = {"keywatch": "keywatch.cli.main", "keywatch-credential": "keywatch.serve.credential"}


class Pidfd(int):
    """A descriptor that is closed once nobody can use it any more: who kills may be another thread than who waits."""

    def __del__(self) -> None:
        os.close(self)


def unmeasured() -> dict[str, str]:
    """The environment without coverage: what a process that is killed or ends by `os._exit` measured is lost anyhow."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}


@dataclass
class Running:
    """A program that was started."""

    argv: tuple[str, ...]
    pid: int
    _pidfd: Pidfd
    _told: socket.socket
    _out: int
    _err: int

    def kill(self) -> None:
        """Kill it by SIGKILL, and wait until it is dead."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        assert select.select([self._pidfd], [], [], 20)[0]

    def wait(self) -> subprocess.CompletedProcess[bytes]:
        """What `subprocess.run` would give; it may take two minutes."""
        with self._told, open(self._out, "rb") as out, open(self._err, "rb") as err:
            ended = select.select([self._told], [], [], 120)[0]
            if not ended:
                self.kill()
                raise subprocess.TimeoutExpired(self.argv, 120)
            status = int(self._told.recv(64))
            said = []
            for stream in (out, err):
                stream.seek(0)
                said.append(stream.read())
        return subprocess.CompletedProcess(self.argv, status, *said)


class Warm:
    """The process that forks, which ends with the one that made it. Several programs may run at once."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        env = {name: value for name, value in unmeasured().items() if not name.startswith("AWS_")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())], env=env | {"LC_ALL": "C.UTF-8"},
                cwd=Path(__file__).parents[1], pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        atexit.register(self.close)

    def close(self) -> None:
        """End it."""
        self._channel.close()
        self._process.wait(20)

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, stdin: bytes = b"", **prepare: Any
    ) -> Running:
        """Start a program. `module` is one of the tests, whose `prepare` is called with the rest before the program."""
        out, err = os.memfd_create("out"), os.memfd_create("err")
        given, giver = os.pipe()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {"argv": argv, "env": dict(env), "cwd": str(cwd), "prepare": prepare}
        with theirs:
            fds = [theirs.fileno(), given, out, err]
            socket.send_fds(self._channel, [json.dumps(request).encode()], fds)
        os.close(given)
        with contextlib.suppress(BrokenPipeError), os.fdopen(giver, "wb") as giving:
            giving.write(stdin)
        pid, (pidfd,), _, _ = socket.recv_fds(ours, 64, 1)
        return Running(tuple(argv), int(pid), Pidfd(pidfd), ours, out, err)


@functools.cache
def warm() -> Warm:
    """The one of this process."""
    return Warm()


def remember_models() -> None:
    """Have botocore read its data files once in a process, instead of once for each session."""
    from botocore import loaders

    def once(owner: type, name: str) -> None:
        original = getattr(owner, name)
        known: dict[tuple[Any, ...], Any] = {}

        @functools.wraps(original)
        def wrapped(self: Any, *words: Any, **named: Any) -> Any:
            key = (*words, *named.values())
            if key not in known:
                known[key] = original(self, *words, **named)
            return known[key]

        if not hasattr(original, "__wrapped__"):
            setattr(owner, name, wrapped)

    once(loaders.JSONFileLoader, "load_file")
    once(loaders.JSONFileLoader, "exists")


def _import_all() -> None:
    import boto3

    import keywatch
    from keywatch.detect import engine
    from keywatch.sweep.ruleset import RuleSet

    for module in pkgutil.walk_packages(keywatch.__path__, "keywatch."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    remember_models()
    for service in ("sts", "iam"):
        boto3.Session("a", "b", region_name="us-east-1").client(service)
    engine._compile = functools.cache(engine._compile)  # half a second for each home that has no cache yet
    RuleSet().engine(None, b"")
    # which keyring there is depends on a run's environment: it is for each run to find
    assert "keyring" not in sys.modules
    assert len(os.listdir("/proc/self/task")) == 1, "a thread would not be in the children"


def _program(request: dict[str, Any]) -> NoReturn:
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    name, *words = request["argv"]
    sys.argv = [os.path.join(PROGRAMS, name), *words]
    status: Any = 1
    try:
        if prepare := request["prepare"]:
            importlib.import_module(prepare.pop("module")).prepare(**prepare)
        importlib.import_module(_ENTRY[name]).run()
    except SystemExit as done:
        status = done.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(status)


def _keep(request: dict[str, Any], fds: list[int]) -> None:
    """Run one program in a child, and tell its pid and how it ended."""
    told, *streams = fds
    pid = os.fork()
    if pid == 0:
        for number, fd in enumerate(streams):
            os.dup2(fd, number)
        os.closerange(3, max(fds) + 1)
        _program(request)
    with socket.socket(fileno=told) as teller:
        socket.send_fds(teller, [b"%d" % pid], [os.pidfd_open(pid)])
        for fd in streams:
            os.close(fd)
        teller.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _serve(channel: socket.socket) -> None:
    while True:
        data, fds, _, _ = socket.recv_fds(channel, 1 << 20, 4)
        if not data:
            return
        if os.fork() == 0:
            try:
                _keep(json.loads(data), fds)
            finally:
                os._exit(0)
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as ear:
        _import_all()
        gc.freeze()
        _serve(ear)
