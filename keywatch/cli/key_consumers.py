"""`keywatch key consumers`: which programs have used which entry; and has one be new again."""

from __future__ import annotations

import argparse
import json
import os
import sys
from base64 import b64encode
from dataclasses import asdict
from typing import Any

from keywatch.errors import UsageError
from keywatch.paths import Homes, own_homes
from keywatch.report.base import plural
from keywatch.report.escape import show, show_path
from keywatch.serve.consumers import Use, forget, read_store
from keywatch.serve.reads import each_read

SCHEMA = "keywatch.consumers/1"


def run_consumers(options: argparse.Namespace) -> int:
    """Show them, or forget one; the exit status."""
    homes = own_homes()
    if options.forget is not None:
        return _forget(options, homes)
    known = known_consumers(homes)
    if options.entry is not None:
        known = {name: uses for name, uses in known.items() if name == options.entry.casefold()}
    if options.json:
        entries = [
            {"entry": name, "programs": [{"program": program, **asdict(use)} for program, use in uses.items()]}
            for name, uses in known.items()
        ]
        sys.stdout.write(json.dumps({"schema": SCHEMA, "entries": entries}, indent=1) + "\n")
        return 0
    if not known:
        sys.stdout.write("no program has been given " + (show(options.entry) if options.entry else "an entry") + "\n")
    home = os.path.expanduser("~")
    for name, uses in known.items():
        sys.stdout.write(f"{show(name)}  {plural(len(uses), 'program')}\n")
        rows = [(use.last, f"{use.count:,} ×" if use.count else "", show_path(each, home), use.first)
                for each, use in uses.items()]  # fmt: skip
        width = max(len(count) for _, count, _, _ in rows)
        for last, count, program, first in rows:
            sys.stdout.write(f"  {show(last)}  {count.rjust(width)}  {program}  (since {show(first)})\n")
    return 0


def known_consumers(homes: Homes) -> dict[str, dict[str, Use]]:
    """Programs by entry in lower case, who used it last first: as agents noted them, and from the record of reads.

    An entry of which no agent noted a program has what the record tells: who asked, and of a script its interpreter.
    """
    state = homes.data if homes.system else homes.state
    found = {name: dict(used.programs) for name, used in read_store(state).items() if used.programs}
    recorded: dict[str, dict[str, Use]] = {}
    for read in each_read(state):
        entry, program = read.entry.casefold(), read.parent or read.executable
        if entry in found or read.own or read.what not in ("credential", "exec", "env", "variables") or not program:
            continue
        known = recorded.setdefault(entry, {})
        before = known.get(program)
        moment = read.time[:19] + "Z"
        known[program] = Use(before.first if before else moment, moment, (before.count if before else 0) + 1)
    every = {**found, **recorded}
    return {
        name: dict(sorted(every[name].items(), key=lambda item: item[1].last, reverse=True)) for name in sorted(every)
    }


def _forget(options: argparse.Namespace, homes: Homes) -> int:
    if options.entry is None:
        raise UsageError("--forget PROGRAM: say of which ENTRY")
    if homes.system:
        forgotten = _ask_system(options.entry, options.forget)
    else:
        forgotten = forget(homes.state, options.entry, options.forget)
    if not forgotten:
        raise UsageError(
            f"entry '{options.entry}' knows no program {options.forget}: keywatch key consumers shows them"
        )
    if options.json:
        sys.stdout.write(json.dumps({"schema": SCHEMA, "entry": options.entry, "forgotten": options.forget}) + "\n")
    else:
        sys.stdout.write(f"{show(options.forget)} is new to {show(options.entry)} again\n")
    return 0


def _ask_system(entry: str, program: str) -> bool:
    """The system's store belongs to its agent, which does it for root."""
    from keywatch.wire.client import ask_agent
    from keywatch.wire.protocol import GIVEN, SYSTEM_AGENT

    encoded = b64encode(program.encode("utf-8", "surrogateescape"))
    answer = ask_agent(SYSTEM_AGENT, b" ".join((b"forget", entry.encode(), encoded)), 5.0)
    if answer is None or answer[0] != GIVEN:
        raise UsageError(
            "the system agent does not do it" + (f": {answer[1].decode()}" if answer else ": it is not there")
        )
    reply: dict[str, Any] = json.loads(answer[1])
    return bool(reply.get("forgotten"))
