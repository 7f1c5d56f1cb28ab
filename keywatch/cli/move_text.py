"""A plan, its outcome and the list of moves as a person reads them, and as JSON."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from keywatch.model import Finding
from keywatch.move.apply import Outcome
from keywatch.move.base import Change, How, Plan, Topic
from keywatch.move.diff import diff_of
from keywatch.move.journal import Move
from keywatch.report.escape import show, show_path

_LEFT = 12
_COLORS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
#: a line of indented JSON that begins with a name
_NAME = re.compile(r'( *)("[^"\\]*")(: .*)')
_BOLD, _DIM, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_TOPICS = {
    Topic.AFTER: "afterwards", Topic.TODO: "to do", Topic.WARNING: "mind", Topic.ELSEWHERE: "elsewhere",
}  # fmt: skip


class Page:
    """Where a plan is written; `color` only on a terminal."""

    def __init__(self, out: TextIO, *, color: bool) -> None:
        self._out = out
        self._color = color
        self._home = os.path.expanduser("~")

    def plan(self, plan: Plan, vault: str) -> None:
        """Everything that a person decides by."""
        lead = plan.findings[0]
        whose = f"{lead.title} {lead.parts[0].masked}"
        if plan.changes:
            state = "which holds it already" if plan.known else "new"
            self._line(self._bold(whose), f"→ entry '{plan.entry}' ({state}) in {self._path(vault)}")
        else:
            self._line(self._bold(whose), "→ can't be moved")
        for change in plan.changes:
            self._line()
            self._line(f"  {self._bold(self._path(change.path))}", self._dim(_what(change)))
            for line in diff_of(change)[2:]:
                self._line("    " + self._diff(show(line)))
        self._line()
        for topic, label in _TOPICS.items():
            for note in plan.notes:
                if note.topic is topic:
                    where = f"{self._path(note.path)}: " if note.path else ""
                    self._row(label, where + show(note.text))
        for unmoved in plan.unmoved:
            self._row("can't", f"{self._where(unmoved.finding)}: {show(unmoved.why)}")
            self._row("", f"do: {show(unmoved.instead)}")
        self._out.flush()

    def outcome(self, outcome: Outcome) -> None:
        """What was done, and how to undo it."""
        for word in outcome.words:
            self._row("mind", show(word))
        self._row("moved", f"{', '.join(self._path(path) for path in outcome.move.places)}")
        self._row("undo", f"keywatch undo {outcome.move.id}")
        self._out.flush()

    def moves(self, moves: Sequence[Move]) -> None:
        """The list of moves, the newest first."""
        if not moves:
            self._line("no key has been moved yet")
        for move in reversed(moves):
            self._line(
                self._bold(move.id), move.made.replace("T", " ").rstrip("Z"), f"{move.state!s:12}", f"{move.masked:11}",
                f"{move.entry or '-':20}", ", ".join(self._path(path) for path in move.places),
            )  # fmt: skip
            if move.said:
                self._row("", show(move.said.splitlines()[0]))
        self._out.flush()

    def heading(self, title: str, rest: str = "") -> None:
        """A line that begins in bold."""
        self._line(self._bold(show(title)), show(rest))

    def json(self, text: str) -> None:
        """Indented JSON; the names in it stand out."""
        self._line()
        for line in text.splitlines():
            found = _NAME.fullmatch(line) if self._color else None
            self._line("    " + (f"{found[1]}{_COLORS['@']}{found[2]}{_OFF}{found[3]}" if found else line))
        self._line()

    def rows(self, label: str, words: Iterable[str]) -> None:
        """Sentences under one label."""
        for word in words:
            self._row(label, show(word))
        self._out.flush()

    def paths(self, label: str, paths: Iterable[str]) -> None:
        """Places under one label."""
        for path in paths:
            self._row(label, self._path(path))
        self._out.flush()

    def _where(self, finding: Finding) -> str:
        return f"{self._path(finding.place.path)}:{finding.parts[0].line}"

    def _path(self, path: str) -> str:
        return show_path(path, self._home)

    def _line(self, *words: str) -> None:
        self._out.write(" ".join(words).rstrip() + "\n")

    def _row(self, label: str, text: str) -> None:
        self._out.write(f"  {self._dim(label.ljust(_LEFT)) if label else ' ' * _LEFT}{text}\n")

    def _diff(self, line: str) -> str:
        color = _COLORS.get(line[:1], "") if self._color else ""
        return f"{color}{line}{_OFF}" if color else line

    def _bold(self, text: str) -> str:
        return f"{_BOLD}{text}{_OFF}" if self._color else text

    def _dim(self, text: str) -> str:
        return f"{_DIM}{text}{_OFF}" if self._color else text


def colored(out: TextIO) -> bool:
    """Whether `out` is a terminal that shows colors, of a person who wants them."""
    return out.isatty() and os.environ.get("TERM", "") not in ("", "dumb") and not os.environ.get("NO_COLOR")


def _what(change: Change) -> str:
    if change.how is How.CREATE:
        return f"new file, mode {change.mode:04o}"
    return f"crontab of {show(change.owner)}" if change.how is How.CRONTAB else ""


def plan_json(plan: Plan, vault: str) -> dict[str, Any]:
    """A plan for machines: the same facts, the diff included."""
    return {
        "entry": plan.entry if plan.changes else None,
        "known": plan.known,
        "vault": vault,
        "findings": [finding.id for finding in plan.findings] if plan.changes else [],
        "changes": [
            {"path": change.path, "how": str(change.how), "diff": [show(line) for line in diff_of(change)]}
            for change in plan.changes
        ],
        "notes": [{"topic": str(note.topic), "text": note.text, "path": note.path} for note in plan.notes],
        "unmoved": [
            {"finding": each.finding.id, "path": each.finding.place.path, "why": each.why, "instead": each.instead}
            for each in plan.unmoved
        ],
    }


def move_json(move: Move) -> dict[str, Any]:
    """A move for machines."""
    return {
        "id": move.id, "made": move.made, "state": str(move.state), "entry": move.entry or None, "vault": move.vault,
        "title": move.title, "masked": move.masked, "places": list(move.places), "findings": list(move.findings),
        "said": move.said,
    }  # fmt: skip
