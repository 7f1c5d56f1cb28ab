"""What makes a keywatch of tests/warm.py kill itself at a chosen step: tests/aws/rotating.py has the other side.

It counts each call to AWS, each write of the journal and each change of the vault, before and after it, from the
journal's first write on; at the number that it was told it kills itself by SIGKILL. Only waits are shortened, and the
sweep for places is left out.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keywatch.aws import rotation, rotation_recover
from keywatch.aws.client import Aws
from keywatch.aws.jobs import Jobs
from keywatch.cli import key_rotate
from keywatch.cli.key_uses import Uses
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


def prepare(stop: int, told: str, patience: float) -> None:
    """Shorten the waits, and die at step number `stop`, if any."""
    rotation.PAUSE, rotation.PATIENCE, rotation_recover.SETTLED = 0.02, patience, 2.0
    key_rotate.find_uses = lambda *_: Uses((), ())
    if stop:
        count_and_die(stop, told)
