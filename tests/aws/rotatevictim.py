"""A program whose children run keywatch, and are killed at a chosen step: tests/aws/rotating.py has the other side.

A line of JSON is one run. The child counts each call to AWS, each write of the journal and each change of the vault,
before and after it, from the journal's first write on; at the number that it was told it kills itself by SIGKILL. Only
waits are shortened, and the sweep for places is left out.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import boto3

from keywatch.aws import rotation, rotation_recover
from keywatch.aws.client import Aws
from keywatch.aws.jobs import Jobs
from keywatch.cli import key_rotate
from keywatch.cli.key_uses import Uses
from keywatch.cli.main import main
from keywatch.vault.file import FileVault


def count_and_die(stop: int, told: str) -> None:
    """Have this process die at its step number `stop`; the steps are told in the file `told`."""
    steps: list[str] = []

    def tick(what: str) -> None:
        if not steps and not what.startswith("before Jobs."):
            return
        steps.append(what)
        if len(steps) == stop:
            Path(told).write_text(what)
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(owner: type, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(original)
        def wrapped(self: Any, *words: Any, **named: Any) -> Any:
            what = f"{owner.__name__}.{name} {words[1] if name == '_call' else ''}".strip()
            tick(f"before {what}")
            answer = original(self, *words, **named)
            tick(f"after {what}")
            return answer

        setattr(owner, name, wrapped)

    for owner, name in ((Aws, "_call"), (Jobs, "_write"), (FileVault, "put"), (FileVault, "remove")):
        wrap(owner, name)


def child(run: dict[str, Any]) -> int:
    """One run of the program."""
    os.environ.clear()
    os.environ.update(run["env"])
    os.chdir(run["env"]["HOME"])
    out = os.open(run["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    rotation.PAUSE, rotation.PATIENCE, rotation_recover.SETTLED = 0.02, run.get("patience", 20.0), 2.0
    key_rotate.find_uses = lambda *_: Uses((), ())
    if run["stop"]:
        count_and_die(run["stop"], run["told"])
    return main(run["argv"])


if __name__ == "__main__":
    boto3.DEFAULT_SESSION = None
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = child(wanted)
                sys.stdout.flush()
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
