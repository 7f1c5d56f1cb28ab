"""The reader: a process of its own that opens what changed, so that no plaintext ever comes into the daemon's memory.

Takes jobs on standard input and gives findings, masked and fingerprinted, on standard output, one JSON line each. A
file that crashes or hangs a parser takes this process with it; the daemon starts another without that file. It ends
with the daemon, or after a while without a job, and gives its memory back.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable
from typing import Any, NoReturn

from keywatch.hardening import harden
from keywatch.places.base import Target

_MOST_LINE = 64 << 20


def run() -> NoReturn:
    """The process's whole life."""
    harden()
    with contextlib.suppress(OSError):  # the system's service may not, and has its unit do so
        os.nice(5)
    try:
        _serve()
    except BrokenPipeError:  # the daemon has gone
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - its text may hold what was being read: only its kind and place are told
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        line = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}" if at is not None else "?"
        _say({"broke": f"{type(error).__name__} at {line}"})
        sys.exit(1)
    sys.exit(0)


def _serve() -> None:
    from keywatch.cli.inputs import read_ignores
    from keywatch.config import FILE_NAME, read_config
    from keywatch.errors import KeywatchError
    from keywatch.paths import user_homes
    from keywatch.request import SweepRequest
    from keywatch.sweep.flow import prepare

    homes = user_homes()
    try:
        config = read_config(os.path.join(homes.config, FILE_NAME))
        ignore, _notes = read_ignores((), [os.path.expanduser("~")], homes.config)
        request = SweepRequest(
            rules_files=config.sweep.rules, ignore=tuple(ignore), max_size=config.sweep.max_file_size, config=config
        )
        kit = prepare(request)
    except KeywatchError as error:
        _say({"failed": str(error)})
        return
    _say({"ready": list(kit.notes)})
    for line in iter(lambda: sys.stdin.buffer.readline(_MOST_LINE), b""):
        job = json.loads(line)
        try:
            _do(job, request, kit)
        except KeywatchError as error:
            _say({"failed": str(error)})


def _do(job: dict[str, Any], request: Any, kit: Any) -> None:
    """One job: examine these files, judge what they hold, tell who wrote what is new."""
    from keywatch.memory import Memory, finding_as
    from keywatch.sweep.flow import sweep_files

    begun = time.monotonic()
    targets = [Target(path, form, consumer) for path, form, consumer in job["targets"]]
    at = ""

    def progress(path: str, _files: int, _found: int) -> None:
        nonlocal at
        if path and path != at:
            at = path
            _say({"on": path})

    with Memory(kit.homes.state, read_only=True) as memory:
        result = sweep_files(request, targets, kit, elsewhere=memory.places_of, progress=progress)
        seconds = time.monotonic() - begun
        writers = _writers(result.findings, memory, wanted=job.get("writers", False))
    unread = {skip.path for skip in result.skipped if os.path.lexists(skip.path)}
    _say(
        {
            "findings": [finding_as(finding) for finding in result.findings],
            "writers": writers,
            "unread": [[skip.path, skip.why] for skip in result.skipped if skip.path in unread],
            "files": result.summary.files,
            "seconds": seconds,
            "notes": list(result.notes),
        }
    )


def _writers(findings: Iterable[Any], memory: Any, *, wanted: bool) -> dict[str, str]:
    """Who wrote each finding that is not remembered yet, as far as it can be told."""
    if not wanted:
        return {}
    found = list(findings)
    known = {each.finding.id for each in memory.at({finding.place.path for finding in found})}
    fresh = [finding for finding in found if finding.id not in known]
    if not fresh:
        return {}
    from keywatch.watch.writer import writers_of

    by_path = writers_of({finding.place.path for finding in fresh})
    return {finding.id: by_path[finding.place.path] for finding in fresh if finding.place.path in by_path}


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    run()
