"""`keywatch status`: what the daemon does and remembers. Asks the daemon; where none watches, reads its memory.

A new part of the status is one function in `PARTS`: facts for JSON, and rows of a label and a text for people.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from keywatch.cli.watch import try_daemon
from keywatch.errors import ReportError
from keywatch.memory import Memory, Remembered, finding_as, finding_of
from keywatch.paths import Homes, has_state, own_homes
from keywatch.report.base import first_line, masked, plural
from keywatch.report.escape import show, show_path, show_place
from keywatch.severity import Severity
from keywatch.wire.protocol import SYSTEM_WATCHER

SCHEMA = "keywatch.status/1"
NOBODY_WATCHES = 3
#: findings and polled folders that are shown to a person
_MOST = 8
_LEFT = 11


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part of the status is made of. `daemon`: its own answer, empty where none watches.

    `system`: what the system's watcher answers to this user, empty where none is installed.
    """

    homes: Homes
    home: str
    now: float
    daemon: dict[str, Any]
    findings: list[Remembered]
    system: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what goes into the JSON, and what a person reads."""

    facts: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[str, str]] = field(default_factory=list)


def run_status(options: argparse.Namespace) -> int:
    """Print the status; 0 where a daemon watches, 3 where none does."""
    if options.brief:
        from keywatch.cli.brief import run_brief

        return run_brief()
    homes = own_homes()
    daemon = try_daemon(b"watch status") or {}
    with Memory(homes.state, read_only=True) as memory:
        asked = Asked(homes, os.path.expanduser("~"), time.time(), daemon, memory.all(), ask_system())
    parts = [make(asked) for make in PARTS]
    facts: dict[str, Any] = {"schema": SCHEMA}
    for part in parts:
        facts |= part.facts
    if options.textfile:
        _write_textfile(options.textfile, facts)
    elif options.json:
        json.dump(facts, sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        width = os.get_terminal_size().columns if sys.stdout.isatty() else 1000
        for part in parts:
            for label, text in part.rows:
                _write_row(label, text, width)
    return 0 if daemon or asked.system else NOBODY_WATCHES


def _write_textfile(path: str, facts: dict[str, Any]) -> None:
    """The counts for Prometheus, whole or not at all; its exporter, another user, reads them."""
    from keywatch.report.prometheus import render

    if path == "-":
        sys.stdout.write(render(facts))
        return
    temp = f"{path}.{os.getpid()}"
    try:
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(render(facts))
            os.fchmod(file.fileno(), 0o644)
        os.replace(temp, path)
    except OSError as error:
        raise ReportError(f"{path}: can't be written: {error.strerror}") from None


def ask_system() -> dict[str, Any]:
    """What the system's watcher says of itself and of this user's files; empty where there is none."""
    if not os.path.exists(SYSTEM_WATCHER):
        return {}
    told: dict[str, Any] = {}
    for request in (b"watch status", b"watch findings"):
        told |= try_daemon(request, socket=SYSTEM_WATCHER) or {}
    return told if "findings" in told else {}


def _write_row(label: str, text: str, width: int) -> None:
    lines = textwrap.wrap(text, max(width - _LEFT - 2, 20), break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        sys.stdout.write(f"{label if not number else '':>{_LEFT}}  {line}".rstrip() + "\n")


def _watching(asked: Asked) -> Part:
    daemon = asked.daemon
    if not daemon and asked.system:
        since = _when(asked.system, "started", asked.now)
        return Part({"watching": False, "daemon": None}, [("watching", f"the system's watcher does, since {since}")])
    if not daemon:
        known = has_state(asked.homes.state)
        remembered = ": what follows is what was remembered" if known else ""
        return Part(
            {"watching": False, "daemon": None},
            [
                ("watching", f"no, no daemon answers{remembered}"),
                ("next", "keywatch install --user (a service, from each login on), or keywatch watch (here and now)"),
            ],
        )
    rows = [
        (
            "watching",
            f"{plural(_int(daemon, 'folders'), 'folder')}, {plural(_int(daemon, 'files'), 'file')}, "
            f"since {_when(daemon, 'started', asked.now)} (pid {_int(daemon, 'pid')})",
        )
    ]
    paused = _float(daemon, "paused_until")
    if paused > asked.now:
        rows.append(("paused", f"for another {_length(paused - asked.now)}: keywatch pause --resume ends it"))
    if proven := _float(daemon, "proven"):
        rows.append(("proven", f"a file written as a test was noticed {_length(asked.now - proven)} ago"))
    polled = daemon.get("polled")
    for why, folders in sorted(polled.items()) if isinstance(polled, dict) else ():
        shown = ", ".join(show_path(str(path), asked.home) for path in folders["some"][:_MOST])
        rows.append(("polled", f"{plural(int(folders['count']), 'folder')}: {show(str(why))}: {shown}"))
    return Part({"watching": True, "daemon": daemon}, rows)


def _found(asked: Asked) -> Part:
    counts, rows = _listed(asked, asked.findings, "findings")
    if asked.findings:
        rows.append(("next", "keywatch --sweep says why each matters; keywatch move PATH moves its keys to safety"))
    facts = {
        "findings": {"by_severity": counts, "all": [_finding_facts(each) for each in asked.findings]},
    }
    return Part(facts, rows if asked.daemon or asked.findings or not asked.system else [])


def _system(asked: Asked) -> Part:
    """What the system's watcher found in this user's files; to root and the group keywatch it tells all."""
    if not asked.system:
        return Part({"system": None})
    known = {(each.finding.place.path, first_line(each.finding)) for each in asked.findings}
    found = []
    for record in asked.system["findings"]:
        try:
            each = Remembered(
                finding_of(record["finding"]), float(record["first_seen"]), float(record["last_seen"]),
                str(record["writer"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError):
            continue
        if (each.finding.place.path, first_line(each.finding)) not in known:
            found.append(each)
    everything = asked.system.get("all") is True
    counts, rows = _listed(asked, found, "system" if everything else "your files")
    if found:
        how = "keywatch move PATH moves a key to safety"
        if everything:
            how = "keywatch move PATH --system moves a key of the system; a person's keys are that person's to move"
        rows.append(("next", how))
    facts = {
        "all": everything, "started": asked.system.get("started"), "last_sweep": asked.system.get("last_sweep"),
        "findings": {"by_severity": counts, "all": [_finding_facts(each) for each in found]},
    }  # fmt: skip
    return Part({"system": facts}, rows)


def _listed(asked: Asked, found: list[Remembered], label: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """How many of each severity, and the worst of them in words."""
    counts = {severity.label: 0 for severity in sorted(Severity, reverse=True)}
    for each in found:
        counts[each.finding.severity.label] += 1
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    rows = [(label, told or "no key in plaintext" if label != "findings" else told or "none")]
    for each in found[:_MOST]:
        finding = each.finding
        place = show_place(finding.place.path, finding.place.via, asked.home)
        key = f" {show(masked(finding))}" if masked(finding) else ""
        writer = f", probably by {show(each.writer)}" if each.writer else ""
        rows.append(
            (
                finding.severity.label,
                f"{place}:{first_line(finding)}  {show(finding.title)}{key}, "
                f"seen {_length(asked.now - each.first_seen)} ago{writer}",
            )
        )
    if len(found) > _MOST:
        rows.append(("", f"and {len(found) - _MOST:,} more"))
    return counts, rows


def _finding_facts(each: Remembered) -> dict[str, Any]:
    """As in a sweep's JSON, where names are shared (docs/json.md)."""
    finding = each.finding
    record = finding_as(finding)
    place = finding.place
    return {
        **{name: record[name] for name in ("id", "rule", "title", "kind", "reasons", "account")},
        "severity": finding.severity.label,
        "place": {
            "path": show(place.path),
            "via": list(map(show, place.via)),
            "format": place.format,
            "owner": place.owner,
        },
        "line": first_line(finding),
        "masked": masked(finding),
        "first_seen": each.first_seen,
        "last_seen": each.last_seen,
        "writer": each.writer,
    }


def _offers(asked: Asked) -> Part:
    """Keys that were offered to be moved, and wait for the person."""
    from keywatch.offers.aging import days_of, entry_of, step_of
    from keywatch.offers.store import Offers, OfferState

    with Offers(asked.homes.state, read_only=True) as offers:
        pending = offers.open()
    rows = []
    if found := [offer for offer in pending if not entry_of(offer.identity)]:
        rows.append(("offers", f"{plural(len(found), 'key')} to decide on: keywatch review"))
    for offer in pending:
        if (entry := entry_of(offer.identity)) and not step_of(offer.identity):  # else it is among the rotations
            days = days_of(offer.identity, asked.now)
            rows.append(("old", f"{show(entry)} {show(offer.masked)}: {days} days: keywatch key rotate {show(entry)}"))
    rows += [
        ("not moved", f"{show(offer.title)} {show(offer.masked)}: {show(offer.said)}")
        for offer in pending[:_MOST]
        if offer.state is OfferState.FAILED
    ]
    facts = [
        {
            "state": offer.state.value,
            "title": offer.title,
            "masked": offer.masked,
            "made": offer.made,
            "said": offer.said,
            "entry": entry_of(offer.identity),
        }
        for offer in pending
    ]
    return Part({"offers": facts}, rows)


def _sweeps(asked: Asked) -> Part:
    daemon = asked.daemon
    if not daemon:
        return Part()
    said = _when(daemon, "last_sweep", asked.now) if _float(daemon, "last_sweep") else "not yet"
    if why := str(daemon.get("sweeping") or ""):
        said += f"; sweeping now ({show(why)}), {plural(_int(daemon, 'waiting'), 'file')} to go"
    rows = [("last sweep", said)]
    if _float(daemon, "last_home_sweep"):
        rows.append(("home swept", _when(daemon, "last_home_sweep", asked.now)))
    return Part({}, rows)


def _moves(asked: Asked) -> Part:
    """Moves that were cut short."""
    if not has_state(asked.homes.state):
        return Part({"moves": {"unfinished": []}})
    from keywatch.move.journal import Journal

    with Journal(asked.homes.state) as journal:
        unfinished = journal.unfinished()
    rows = [
        ("cut short", f"the move of {show(move.title)} {show(move.masked)} ({show(move.id)}): keywatch recover ends it")
        for move in unfinished
    ]
    facts = [{"id": move.id, "state": move.state.value, "made": move.made, "entry": move.entry} for move in unfinished]
    return Part({"moves": {"unfinished": facts}}, rows)


def _rotations(asked: Asked) -> Part:
    """Rotations of keys that are not at their end."""
    from keywatch.cli.rotation_text import describe, job_json, pending_rotations

    jobs = pending_rotations(asked.homes)
    rows = [("rotation", f"{show(job.entry)}: {show(describe(job))}") for job in jobs]
    return Part({"rotations": [job_json(job) for job in jobs]}, rows)


def _problems(asked: Asked) -> Part:
    problems = asked.daemon.get("problems")
    texts = [str(text) for _name, text in sorted(problems.items())] if isinstance(problems, dict) else []
    return Part({"problems": texts}, [("problem", show(text)) for text in texts])


def _resources(asked: Asked) -> Part:
    if not asked.daemon:
        return Part()
    memory = f"{_int(asked.daemon, 'memory') / (1 << 20):.0f} MiB"
    vault = "open: keywatch lock closes it" if asked.daemon.get("unlocked") else "closed"
    return Part({}, [("memory", memory), ("vault", vault)])


PARTS: tuple[Callable[[Asked], Part], ...] = (
    _watching,
    _found,
    _system,
    _offers,
    _moves,
    _rotations,
    _sweeps,
    _problems,
    _resources,
)


def _int(facts: dict[str, Any], name: str) -> int:
    return int(_float(facts, name))


def _float(facts: dict[str, Any], name: str) -> float:
    value = facts.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _when(facts: dict[str, Any], name: str, now: float) -> str:
    moment = _float(facts, name)
    return f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(moment))} ({_length(now - moment)} ago)"


def _length(seconds: float) -> str:
    """`12 seconds`, `3 minutes`, `2 hours`, `5 days`."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return plural(int(seconds // size), name)
    return plural(max(0, int(seconds)), "second")
