"""`keywatch log`: who read which entry when, what was moved, undone and changed; and whether that record is whole."""

from __future__ import annotations

import argparse
import heapq
import json
import os
import sys
from collections.abc import Iterator

from keywatch import audit
from keywatch.errors import StateError, UsageError
from keywatch.paths import own_homes
from keywatch.report.base import plural
from keywatch.report.escape import show, show_path

#: fields that say who it was: shown last
_WHO = ("pid", "uid", "executable", "parent")


def run_log(options: argparse.Namespace) -> int:
    """Print the events, the latest last; or check them."""
    folders = log_folders()
    if options.verify or options.expect:
        return _verify(folders, options)
    for event in _in_order(folders):
        if options.entry and str(event.fields.get("entry", "")).casefold() != options.entry.casefold():
            continue
        if options.event and event.event != options.event:
            continue
        if options.json:
            sys.stdout.write(json.dumps(as_record(event)) + "\n")
        else:
            sys.stdout.write(_line(event) + "\n")
    return 0


def log_folders() -> list[str]:
    """Where this account's events are; root's commands and the mover, and the agent, have each their own."""
    homes = own_homes()
    return [homes.state, homes.data] if homes.system else [homes.state]


def as_record(event: audit.Event) -> dict[str, object]:
    """An event as `--json` prints it."""
    return {"n": event.n, "time": event.time, "event": event.event, **event.fields, "hash": event.hash}


def _in_order(folders: list[str]) -> Iterator[audit.Event]:
    return heapq.merge(*(audit.each_event(folder) for folder in folders), key=lambda each: each.time)


def _line(event: audit.Event) -> str:
    told = dict(event.fields)
    told.pop("torn", None)
    entry, what = str(told.pop("entry", "")), str(told.pop("what", ""))
    who = {name: told.pop(name) for name in _WHO if name in told}
    words = [show(event.time[:19] + "Z"), f"{show(event.event):<8}"]
    words += [show(word) for word in (entry, what) if word]
    words += [f"{show(name)} {_text(value)}" for name, value in told.items() if value not in ("", [], None)]
    if "pid" in who:
        words.append(f"pid {who['pid']}")
    if "uid" in who:
        words.append(f"uid {who['uid']}")
    programs = [show(str(who[name])) for name in ("executable", "parent") if who.get(name)]
    if programs:
        words.append(" < ".join(programs))
    return "  ".join(words)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(show(str(each)) for each in value)
    return show(str(value))


def _verify(folders: list[str], options: argparse.Namespace) -> int:
    expect = _expected(options.expect) if options.expect else None
    verdicts = {folder: audit.verify(folder, expect) for folder in folders}
    whole = not any(verdict.flaws for verdict in verdicts.values())
    if options.json:
        logs = [
            {
                "folder": folder, "events": told.events, "first": told.first, "last": told.last, "head": told.head,
                "flaws": list(told.flaws), "torn": told.torn,
            }
            for folder, told in verdicts.items()
        ]  # fmt: skip
        sys.stdout.write(json.dumps({"schema": "keywatch.audit/1", "whole": whole, "logs": logs}) + "\n")
    else:
        for folder, told in verdicts.items():
            _say(folder, told)
    return 0 if whole else StateError.exit_code


def _say(folder: str, told: audit.Verdict) -> None:
    place = show_path(folder, os.path.expanduser("~"))
    if not told.events and not told.flaws:
        sys.stdout.write(f"{place}: no events yet\n")
        return
    says = "is whole" if not told.flaws else "IS NOT WHOLE"
    sys.stdout.write(f"{place}: {plural(told.events, 'event')}, {told.first:,} to {told.last:,}: the chain {says}\n")
    for flaw in told.flaws:
        sys.stdout.write(f"  {show(flaw)}\n")
    if told.torn:
        sys.stdout.write(f"  {plural(told.torn, 'line')} cut short by a crash, each named by the event after it\n")
    if not told.flaws:
        sys.stdout.write(f"  noted elsewhere, this proves it later: --expect {told.last}:{told.head}\n")


def _expected(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 16 and len(digest) == 64):
        raise UsageError(f"{text[:100]!a}: expected NUMBER:HASH as keywatch log --verify says it")
    return int(number), digest.lower()
