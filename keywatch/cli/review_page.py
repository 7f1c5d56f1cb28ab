"""What `keywatch review` shows: credentials, one of them with its plan, a question. Draws, and decides nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.text import Text

from keywatch.model import Finding
from keywatch.report.escape import show, show_path
from keywatch.severity import Severity

_COLORS = {
    Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan",
    Severity.INFO: "dim",
}  # fmt: skip
LIST_KEYS = (
    ("↑↓", "choose"), ("Enter", "look"), ("m", "move"), ("r", "redact"), ("i", "ignore"), ("s", "skip"), ("u", "undo"),
    ("q", "end"),
)  # fmt: skip
#: where the sentences of a plan begin (move_text.py)
_SENTENCE = 14
_CONSOLE = Console()
ASK_KEYS = (("Enter", "as typed"), ("Esc", "no"))
LOOK_KEYS = (
    ("↑↓", "scroll"), ("Esc", "back"), ("m", "move"), ("r", "redact"), ("i", "ignore"), ("s", "skip"), ("u", "undo"),
    ("q", "end"),
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """One credential: its findings, what was done with it (`state`), and the move that did it."""

    findings: Sequence[Finding]
    state: str = ""
    move: str = ""
    lines: list[str] | None = None  # what is known of it, drawn once: places, reasons, the plan

    @property
    def lead(self) -> Finding:
        """The worst of its findings."""
        return max(self.findings, key=lambda finding: finding.severity)


@dataclass(slots=True)
class View:
    """What is on the screen."""

    rows: list[Row]
    at: int = 0
    looking: bool = False
    scroll: int = 0
    message: str = ""
    question: str = ""
    typed: str = ""
    home: str = field(default_factory=lambda: os.path.expanduser("~"))


def draw(view: View, width: int, height: int) -> RenderableType:
    """The whole screen, `height` lines of at most `width` columns."""
    body = max(1, height - 4)
    lines = _look(view, width, body) if view.looking else _list(view, width, body)
    lines += [Text("")] * (body - len(lines))
    return Group(_head(view, width), Text(""), *lines[:body], _foot(view, width), _keys(view, width))


def _head(view: View, width: int) -> Text:
    left = sum(not row.state for row in view.rows)
    done = len(view.rows) - left
    text = Text("keywatch review", style="bold")
    counts = (
        f"  {len(view.rows)} key{'s' * (len(view.rows) != 1)}"
        + (f", {done} done" if done else "")
        + (f", {left} to look at" if left else "")
    )
    text.append(counts, style="dim")
    return _fit(text, width)


def _list(view: View, width: int, height: int) -> list[Text]:
    if not view.rows:
        return [Text("  No key was found in plaintext.")]
    first = max(0, min(view.at - height // 2, len(view.rows) - height))
    titles = min(34, max(len(row.lead.title) for row in view.rows))
    lines = []
    for number, row in enumerate(view.rows[first : first + height], first):
        lead = row.lead
        text = Text("▸ " if number == view.at else "  ", style="bold")
        text.append(f"{lead.severity.label:8} ", style="dim" if row.state else _COLORS[lead.severity])
        text.append(f"{lead.title[:titles]:{titles}} {lead.parts[0].masked:10} ")
        more = f" and {len(row.findings) - 1} more" if len(row.findings) > 1 else ""
        text.append(f"{row.state:9}" if row.state else "", style="green")
        text.append(f"{show_path(lead.place.path, view.home)}:{lead.parts[0].line}{more}", style="dim")
        if number == view.at:
            text.stylize("bold")
        lines.append(_fit(text, width))
    return lines


def _look(view: View, width: int, height: int) -> list[Text]:
    lines = [each for line in view.rows[view.at].lines or () for each in _wrap(Text.from_ansi(line), width)]
    view.scroll = max(0, min(view.scroll, len(lines) - height))
    return lines[view.scroll : view.scroll + height]


def _foot(view: View, width: int) -> Text:
    if view.question:
        return _fit(Text(f"{view.question} {view.typed}█", style="bold"), width)
    more = ""
    if view.looking and (lines := view.rows[view.at].lines or []):
        more = "" if not view.scroll else f"line {view.scroll + 1} of {len(lines)}  "
    return _fit(Text(more, style="dim").append(show(view.message), style="yellow"), width)


def _keys(view: View, width: int) -> Text:
    text = Text()
    for key, what in ASK_KEYS if view.question else LOOK_KEYS if view.looking else LIST_KEYS:
        text.append(" " if text else "").append(f" {key} ", style="reverse").append(f" {what}")
    return _fit(text, width)


def about(row: Row, home: str) -> list[str]:
    """A credential in words: where it lies, how bad that is and why."""
    lead = row.lead
    account = f"  account {lead.account}" if lead.account else ""
    lines = [f"\x1b[1m{lead.title} {lead.parts[0].masked}\x1b[0m  {lead.severity.label}{account}", ""]
    for finding in row.findings:
        used = f"  (used by {finding.place.consumer})" if finding.place.consumer else ""
        via = "".join(f" ▸ {show(step)}" for step in finding.place.via)
        lines.append(f"  {show_path(finding.place.path, home)}:{finding.parts[0].line}{via}{used}")
    lines.append("")
    lines += [f"  • {show(reason)}" for reason in dict.fromkeys(r for each in row.findings for r in each.reasons)]
    return [*lines, ""]


def _wrap(text: Text, width: int) -> list[Text]:
    """A sentence on as many lines as it takes, hanging below its first word; a line of a file is cut."""
    plain = text.plain
    if len(plain) <= width or (plain.startswith("    ") and not plain.startswith(" " * _SENTENCE)):
        return [_fit(text, width)]
    hang = 4 if plain.startswith("  • ") else _SENTENCE if width > 3 * _SENTENCE and plain.startswith("  ") else 0
    pieces = text[hang:].wrap(_CONSOLE, width - hang)
    lines = [
        text[:hang].append_text(piece) if not number else Text(" " * hang).append_text(piece)
        for number, piece in enumerate(pieces)
    ]
    return [_fit(line, width) for line in lines]


def _fit(text: Text, width: int) -> Text:
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text
