"""The report for a person: by credential, most urgent first, with its places, the reasons, and what to do next.

Written through rich; imported only when a person is to read. Texts from files are escaped before they come here to
be styled, so a file name can neither colour nor move anything.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator, Sequence
from typing import TextIO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from keywatch.model import Finding, Skipped, SweepResult
from keywatch.report.base import Look, first_line, main_part, masked, plural
from keywatch.report.escape import file_uri, show, show_path, show_place
from keywatch.report.grouping import DROPPED, SUPPRESSED, by_credential, common_reasons, next_steps
from keywatch.severity import Severity

#: width of the left column: the longest badge, ` CRITICAL `
_LEFT = 10
_COLORS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold cyan",
    Severity.INFO: "bold",
}
#: places, reasons by place and skipped files that are shown without --verbose
_MAX_PLACES = 8
_MAX_WHYS = 5


def write(result: SweepResult, out: TextIO, look: Look) -> None:
    """The whole report: one block a credential, then the summary."""
    page = _Page(out, look)
    groups = by_credential(result.findings)
    said = common_reasons(result.findings) if len(groups) > 1 else ()
    for group in groups:
        _write_credential(page, group, look, said)
        page.blank()
    _write_summary(page, result, groups, look, said)


class _Page:
    """Lines with a left column and a hanging indent, wrapped to the width where there is one."""

    def __init__(self, out: TextIO, look: Look) -> None:
        self._console = Console(
            file=out,
            force_terminal=look.terminal,
            color_system="standard" if look.terminal else None,
            no_color=not look.color,
            width=look.width or 1000,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        self._width = look.width
        # below this a left column leaves too little for the right one
        self._left = _LEFT if not look.width or look.width >= 50 else 2

    def row(self, label: str, body: Text | str, style: str = "") -> None:
        """One line: `label` in the left column, `body` in the right one."""
        text = body if isinstance(body, Text) else Text(body)
        if self._left == _LEFT:
            lead = Text.assemble((label.rjust(_LEFT), style), " ")
        else:
            lead = Text(" " * (self._left + 1))
            if label:
                self.line(Text(label.strip(), style=style))
        self.line(lead, text)

    def line(self, lead: Text, body: Text | None = None) -> None:
        """`lead`, then `body` wrapped with its later lines under its first."""
        pieces = [body or Text()]
        if self._width and body is not None:
            pieces = list(body.wrap(self._console, max(self._width - lead.cell_len, 10), overflow="fold"))
        for number, piece in enumerate(pieces):
            head = lead if number == 0 else Text(" " * lead.cell_len)
            whole = Text.assemble(head, piece)
            whole.rstrip()
            self._console.print(whole, soft_wrap=True)

    def blank(self) -> None:
        """An empty line."""
        self._console.print()


def _write_credential(page: _Page, group: list[Finding], look: Look, said: Collection[str]) -> None:
    first = group[0]
    severity = max(f.severity for f in group)
    title = Text(show(first.title or first.rule), style="bold")
    if key := masked(first):
        title.append(f"  {show(key)}", style="bold")
    page.row(f" {severity.label.upper()} ", title, _COLORS[severity])
    page.row("", Text(" · ".join(_traits(first)), style="dim"))

    shown = len(group) if look.verbose else _MAX_PLACES
    for number, finding in enumerate(group[:shown]):
        label = "" if number else "place" if len(group) == 1 else "places"
        page.row(label, _place(finding, look, severity), "dim")
        if look.verbose:
            for part in finding.parts:
                role = part.role.value.replace("_", " ")
                page.row("", Text(f"  {role} at line {part.line}, column {part.column}", style="dim"))
    if len(group) > shown:
        page.row("", Text(f"and {len(group) - shown:,} more (--verbose names them)", style="dim"))

    for number, reason in enumerate(_reasons(group, look, said)):
        page.row("" if number else "why", reason, "dim")
    for number, step in enumerate(next_steps(group, look.home)):
        page.row("" if number else "next", Text(step), "dim")


def _traits(finding: Finding) -> Iterator[str]:
    if finding.kind != "unknown":
        yield finding.kind
    if finding.account:
        yield f"account {show(finding.account)}"
    if (part := main_part(finding)) is not None:
        # enough for an ignore file; JSON has all of it
        yield f"fingerprint {show(part.fingerprint[:16])}"


def _place(finding: Finding, look: Look, worst: Severity) -> Text:
    """`~/.bashrc:3`, a link where the terminal takes links; with its severity where that is not its group's."""
    line = first_line(finding)
    name = f"{show_place(finding.place.path, finding.place.via, look.home)}:{line}"
    style = Style()
    if look.terminal and finding.place.path.startswith("/"):
        # terminals want the host's name, so that a link does not open another machine's file over ssh
        uri = file_uri(finding.place.path).replace("file://", f"file://{socket.gethostname()}", 1)
        style = Style(link=uri)
    text = Text(name, style=style)
    if finding.severity < worst:
        text.append(f"  {finding.severity.label}", style="dim")
    return text


def _reasons(group: list[Finding], look: Look, said: Collection[str]) -> Iterator[Text]:
    """Each reason once, in the order of the most urgent finding; with its places where it does not hold for all.

    Reasons in `said` are left to the summary.
    """
    ordered: dict[str, list[Finding]] = {}
    for finding in sorted(group, key=lambda f: -f.severity):
        for reason in finding.reasons:
            if reason not in said:
                ordered.setdefault(reason, []).append(finding)
    shared = [reason for reason, holders in ordered.items() if len(holders) == len(group)]
    for reason in shared:
        yield Text(show(reason))
    for reason, holders in ordered.items():
        if len(holders) < len(group):
            text = Text(show(reason))
            where = f"{len(holders)} of the places"
            if len(holders) <= 2:
                where = ", ".join(dict.fromkeys(show_path(f.place.path, look.home) for f in holders))
            text.append(f"  [{where}]", style="dim")
            yield text


def _write_summary(
    page: _Page, result: SweepResult, groups: list[list[Finding]], look: Look, said: Collection[str]
) -> None:
    if groups:
        counts: dict[Severity, int] = {}
        for group in groups:
            worst = max(f.severity for f in group)
            counts[worst] = counts.get(worst, 0) + 1
        text = Text(f"{plural(len(groups), 'key')} in {plural(len(result.findings), 'place')}: ", style="bold")
        for number, severity in enumerate(sorted(counts, reverse=True)):
            text.append(", " if number else "")
            text.append(f"{counts[severity]:,} {severity.label}", style=_COLORS[severity] if look.color else "")
        page.line(Text(), text)
    else:
        page.line(Text(), Text("No keys found", style="bold"))
    for sentence in (*(f"All of them: {show(reason)}" for reason in said), *_summary(result, look)):
        page.line(Text(), Text(sentence))
    for skip in result.skipped if look.verbose else ():
        page.line(Text("  "), Text(f"{show_path(skip.path, look.home)}: {show(skip.why)}"))


def _summary(result: SweepResult, look: Look) -> Iterator[str]:
    summary = result.summary
    cached = f", {summary.cached:,} of them known clean and unchanged" if summary.cached else ""
    where = f" in {_places(result.places[:6], look)}" if result.places else ""
    more = f" and {len(result.places) - 6:,} more" if len(result.places) > 6 else ""
    swept = f"Swept {plural(summary.files, 'file')}{cached}, {_size(summary.bytes)}"
    yield f"{swept} in {summary.seconds:.2f} s{where}{more}"
    if result.dropped:
        yield "Left out, no keys: " + _counts(result.dropped, DROPPED)
    if result.suppressed:
        yield "Left out, as you said: " + ", ".join(
            f"{count:,} {SUPPRESSED.get(name, show(name))}"
            for name, count in sorted(result.suppressed.items())
            if count
        )
    for note in result.notes:
        yield f"Note: {show(note)}"
    if result.skipped:
        yield "Not read: " + _whys(result.skipped) + ("" if look.verbose else " (--verbose names them)")
    if result.findings:
        yield (
            "Next: keywatch review moves them to safety, each plan shown first; keywatch advise says what is best done"
        )
    if exposed := len({finding.identity for finding in result.findings if "rotate" in finding.advice}):
        which = "the key" if exposed == 1 else f"the {exposed:,} keys"
        yield (
            f"Then rotate {which} that others may have, for moving alone does not help there: keywatch key rotate ENTRY"
        )


def _places(places: Sequence[str], look: Look) -> str:
    """Where was looked. What several places begin with (`well-known places of`) is said once."""
    named = [show_path(place, look.home) for place in places]
    lead = named[0].rpartition(" ")[0]
    return ", ".join(name.removeprefix(f"{lead} ") if lead and number else name for number, name in enumerate(named))


def _counts(counts: dict[str, int], names: dict[str, str]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(plural(count, names.get(name, show(name).replace("-", " "))) for name, count in ordered if count)


def _whys(skipped: Sequence[Skipped]) -> str:
    counts: dict[str, int] = {}
    for skip in skipped:
        counts[skip.why] = counts.get(skip.why, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{count:,} × {show(why)}" for why, count in ordered[:_MAX_WHYS])
    rest = sum(count for _, count in ordered[_MAX_WHYS:])
    return told + (f", {rest:,} × other reasons" if rest else "")


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
