"""What a report is: one way of writing a sweep's result. One file each; a new one adds its line to REPORTS.

A report gets findings, which hold no secret, and writes them to a text stream. It reads no file and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, TextIO, cast

from keywatch.model import Finding, Part, Role, SweepResult

#: name of the report → module in keywatch.report that holds its `write`; imported when it is asked for
REPORTS: dict[str, str] = {"text": "text", "lines": "lines", "json": "json", "sarif": "sarif", "csv": "csv"}


@dataclass(frozen=True, slots=True)
class Look:
    """How a report may look. `terminal`: escape sequences (bold, links) are welcome; `color`: colours too.

    `width` in columns, None where lines may be of any length. `home` is shown as `~`; `folder` is the working folder.
    """

    terminal: bool = False
    color: bool = False
    width: int | None = None
    verbose: bool = False
    home: str = ""
    folder: str = ""


class Write(Protocol):
    """Writes a result to `out`; the caller flushes and closes."""

    def __call__(self, result: SweepResult, out: TextIO, look: Look) -> None: ...


def find(name: str) -> Write:
    """The report of that name. `KeyError` for one that is not registered."""
    return cast(Write, import_module(f"keywatch.report.{REPORTS[name]}").write)


#: the part by which a credential is told apart, most secret first
_TELLING = (
    Role.SECRET_ACCESS_KEY,
    Role.TOKEN,
    Role.PASSWORD,
    Role.PRIVATE_KEY,
    Role.ACCESS_KEY_ID,
    Role.SESSION_TOKEN,
)


def main_part(finding: Finding) -> Part | None:
    """The part whose fingerprint stands for the finding."""
    return min(finding.parts, key=lambda part: _TELLING.index(part.role), default=None)


def masked(finding: Finding) -> str:
    """The masked form that tells a person which key it is: the id's, or nothing where there is no id."""
    return next((p.masked for p in finding.parts if p.role is Role.ACCESS_KEY_ID), "")


def first_line(finding: Finding) -> int:
    """The line at which the finding begins; 1 where it has no parts."""
    return min((part.line for part in finding.parts), default=1)


def plural(count: int, one: str, many: str = "") -> str:
    """`1 key`, `3 keys`, `1,234 files`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
