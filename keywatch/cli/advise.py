"""`keywatch advise`: for each key the best next step, in words and commands. Changes nothing, asks no network."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from keywatch.advise.judge import Facts, Step, judge
from keywatch.advise.machine import Machine, find_machine
from keywatch.cli.rehouse import moves_using
from keywatch.cli.workbench import find_all, in_order
from keywatch.errors import KeywatchError
from keywatch.model import Finding
from keywatch.move.select import select
from keywatch.paths import Homes, own_homes
from keywatch.report.base import masked
from keywatch.report.escape import show, show_path
from keywatch.serve.reads import last_reads
from keywatch.vault.base import Entry, is_own
from keywatch.vault.opening import open_vault

SCHEMA = "keywatch.advice/1"


def run_advise(options: argparse.Namespace) -> int:
    """Print the steps for the keys that were asked for, or for all; 0 also where there is none."""
    homes = own_homes()
    entries = _entries(homes)
    words = [word for word in options.words if word.casefold() not in entries]
    named = {word.casefold() for word in options.words} - {word.casefold() for word in words}
    findings = find_all(words, homes)
    chosen = in_order(select(words, findings) if words else [] if named else findings)
    machine, what = find_machine(os.environ)
    home = "" if options.json else os.path.expanduser("~").rstrip("/")
    found = _facts(homes, chosen, findings, entries, named, everything=not options.words, machine=machine)
    told = [replace(facts, home=home) for facts in found]
    if options.json:
        keys = [{**_plain(facts), "steps": [_step(step) for step in judge(facts)]} for facts in told]
        facts_of = {"kind": machine.value, "is": what}
        json.dump({"schema": SCHEMA, "machine": facts_of, "keys": keys}, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 0
    width = min(os.get_terminal_size().columns, 100) if sys.stdout.isatty() else 100
    if what and told:
        sys.stdout.write(_wrapped(f"This machine is {what}.", "", width) + "\n")
    for facts in told:
        _say(facts, width)
    if not told:
        sys.stdout.write("no key is known that would need a step\n")
    return 0


def _entries(homes: Homes) -> dict[str, Entry]:
    """The entries of the usual vault by name; none where it can't be reached: keys in files can be judged without."""
    try:
        listed = open_vault("", homes).list_entries()
    except KeywatchError:
        return {}
    return {entry.name.casefold(): entry for entry in listed if not is_own(entry.name)}


def _facts(
    homes: Homes, chosen: Sequence[Finding], findings: Sequence[Finding], entries: dict[str, Entry],
    named: set[str], *, everything: bool, machine: Machine,
) -> Iterator[Facts]:  # fmt: skip
    """One key after the other: those in files, then those in the vault alone."""
    reads = last_reads(homes.data if homes.system else homes.state)
    now = time.time()
    seen: set[str] = set()
    for _, group in groupby(chosen, key=lambda finding: finding.identity):
        some = list(group)
        first = some[0]
        everywhere = [each for each in findings if each.identity == first.identity] or some
        entry = next((e for e in entries.values() if e.masked and e.masked == masked(first)), None)
        if entry is not None:
            seen.add(entry.name.casefold())
        yield Facts(
            title=first.title, masked=masked(first), aws=first.rule == "aws-access-key",
            long_lived=first.kind == "long-lived", machine=machine, now=now,
            places=tuple(dict.fromkeys(each.place.path for each in everywhere)),
            consumers=tuple(dict.fromkeys(each.place.consumer for each in everywhere if each.place.consumer)),
            advice=tuple(dict.fromkeys(name for each in everywhere for name in each.advice)),
            entry=entry.name if entry else "", since=_oldest(everywhere, entry),
            used=_moment(reads.get(entry.name.casefold(), "")) if entry else 0.0,
        )  # fmt: skip
    for name, entry in entries.items():
        if name in seen or not (everything or name in named):
            continue
        moves = moves_using(homes, entry.name)
        consumers = {entry.consumer} if entry.consumer else set()
        yield Facts(
            title="AWS access key" if entry.masked else "entry", masked=entry.masked, aws=bool(entry.masked),
            long_lived=entry.kind == "long-lived", machine=machine, now=now, entry=entry.name,
            consumers=tuple(sorted(consumers | {place for move in moves for place in move.places})),
            since=_moment(entry.created), used=_moment(reads.get(name, entry.last_used)),
        )  # fmt: skip


def _oldest(findings: Sequence[Finding], entry: Entry | None) -> float:
    """Since when the key is known at least: its oldest file's last change, or its entry's making."""
    times = [_moment(entry.created)] if entry is not None else []
    for each in findings:
        try:
            times.append(os.stat(each.place.path).st_mtime)
        except OSError:
            continue
    return min(filter(None, times), default=0.0)


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp() if text else 0.0
    except ValueError:
        return 0.0


def _plain(facts: Facts) -> dict[str, Any]:
    return {
        "title": facts.title, "masked": facts.masked, "entry": facts.entry, "places": [show(p) for p in facts.places],
        "consumers": list(facts.consumers), "age_days": int(facts.age), "idle_days": int(facts.idle),
    }  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    return {"name": step.name, "text": step.text, "commands": list(step.commands), "more": step.more}


def _say(facts: Facts, width: int) -> None:
    where = [f"entry {show(facts.entry)}"] if facts.entry else []
    where += [show_path(path, facts.home) for path in facts.places[:4]]
    if len(facts.places) > 4:
        where.append(f"and {len(facts.places) - 4} more places")
    head = " ".join(word for word in (show(facts.title), show(facts.masked)) if word)
    sys.stdout.write("\n" + _wrapped(f"{head}  {', '.join(where)}", "", width) + "\n")
    for number, step in enumerate(judge(facts), 1):
        sys.stdout.write(_wrapped(f"{number}. {step.text}.", "  ", width) + "\n")
        for command in step.commands if number == 1 or step.name in ("replace", "move") else ():
            sys.stdout.write(f"       {show(command)}\n")
        if step.more:
            sys.stdout.write(f"     more: docs/advice.md#{step.more}\n")


def _wrapped(text: str, indent: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
