"""A keywatch that is killed at the Nth durable write: `creationvictim.py N before|after ARGUMENT…`.

Writes are those of the journal of jobs, of the vault and its record, of conf.d, and of the audit log.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from keywatch import atomic, audit
from keywatch.aws.jobs import Jobs
from keywatch.cli.main import main

number, when = int(sys.argv[1]), sys.argv[2]
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


atomic.replace = dying(atomic.replace)
audit.append = dying(audit.append)
Jobs._write = dying(Jobs._write)  # type: ignore[method-assign]
status = main(sys.argv[3:])
sys.stderr.write(f"writes={len(writes)}\n")
sys.exit(status)
