"""`keywatch ignore` and `ignores`: a key that may stay where it is, with the reason and the day until which it may."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys

from keywatch.cli.inputs import read_ignores
from keywatch.cli.workbench import find_wanted
from keywatch.errors import UsageError
from keywatch.ignores import add_ignore, drop_ignore
from keywatch.paths import own_homes
from keywatch.report.escape import show, show_path
from keywatch.request import IgnoreEntry

DONE, NONE = 0, 1


def run_ignore(options: argparse.Namespace) -> int:
    """Leave findings out of reports; the exit status."""
    homes = own_homes()
    if options.undo:
        if not drop_ignore(homes.config, options.words[0]) or len(options.words) > 1:
            raise UsageError(f"{show(options.words[0])}: no such entry: keywatch ignores lists them")
        sys.stdout.write(f"{show(options.words[0])} is reported again\n")
        return DONE
    if not options.reason:
        raise UsageError("say why it may stay: --reason TEXT")
    until = _day(options.until)
    home = os.path.expanduser("~")
    for finding in find_wanted(options.words, homes):
        entry = f"fingerprint:{finding.identity}" if options.everywhere else f"finding:{finding.id}"
        add_ignore(homes.config, entry, options.reason, until)
        where = "wherever it lies" if options.everywhere else f"{show_path(finding.place.path, home)}"
        sys.stdout.write(f"{finding.title} {finding.parts[0].masked}: ignored {where}{_until(until)}\n")
        sys.stdout.write(f"  to have it reported again: keywatch ignore --undo {entry}\n")
    return DONE


def run_ignores(options: argparse.Namespace) -> int:
    """List what is left out of reports, and why; the exit status."""
    homes = own_homes()
    entries, notes = read_ignores([], [os.path.expanduser("~"), os.getcwd()], homes.config)
    if options.json:
        json.dump([_as_json(entry) for entry in entries], sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        today = datetime.datetime.now().astimezone().date()
        home = os.path.expanduser("~")
        width = max((len(_what(entry)) for entry in entries), default=0)
        for entry in entries:
            over = "  (ran out)" if entry.until is not None and today > entry.until else _until(entry.until)
            place = f"{show_path(entry.source, home)}:{entry.line}"
            sys.stdout.write(f"{show(_what(entry)):{min(width, 46)}}  {show(entry.reason)}{over}  [{place}]\n")
        if not entries:
            sys.stdout.write("nothing is ignored\n")
    for note in notes:
        sys.stderr.write(f"keywatch: {show(note)}\n")
    return DONE if entries else NONE


def _day(text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {show(text)}: write a day as YYYY-MM-DD") from None
    if day < datetime.datetime.now().astimezone().date():
        raise UsageError(f"--until {text}: that day is past")
    return day


def _until(day: datetime.date | None) -> str:
    return f", until {day}" if day is not None else ""


def _what(entry: IgnoreEntry) -> str:
    if entry.what == "path":
        return ("!" if entry.negated else "") + entry.value + ("/" if entry.folders_only else "")
    return f"{entry.what}:{entry.value}"


def _as_json(entry: IgnoreEntry) -> dict[str, object]:
    return {
        "what": entry.what, "value": entry.value, "negated": entry.negated, "folders_only": entry.folders_only,
        "until": entry.until.isoformat() if entry.until else None, "reason": entry.reason,
        "source": entry.source, "line": entry.line,
    }  # fmt: skip
