"""What makes a keywatch that tests/warm.py forks kill itself, by SIGKILL, before or after its Nth durable write.

Writes are those of the journal of jobs, of the vault and its record, of conf.d, and of the audit log.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from keywatch import atomic, audit
from keywatch.aws.jobs import Jobs
from keywatch.cli import main as program


def prepare(number: int, when: str) -> None:
    """Count the writes of this process, die at that one, and tell at a regular end how many there were."""
    writes: list[str] = []

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            writes.append(function.__name__)
            mine = len(writes)
            if mine == number and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = function(*args, **words)
            if mine == number and when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    def main(argv: Sequence[str]) -> int:
        status = whole(argv)
        sys.stderr.write(f"writes={len(writes)}\n")
        return status

    atomic.replace = dying(atomic.replace)
    audit.append = dying(audit.append)
    Jobs._write = dying(Jobs._write)  # type: ignore[method-assign]
    whole, program.main = program.main, main
