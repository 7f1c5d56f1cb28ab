"""One row for each part of each finding, for spreadsheets and scripts. Never holds a secret.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula (OWASP, "CSV
Injection"); such a cell gets an apostrophe before it, which spreadsheets read as "this is text".
"""

from __future__ import annotations

import csv
from typing import TextIO

from keywatch.model import SweepResult
from keywatch.report.base import Look
from keywatch.report.escape import show

COLUMNS = (
    "severity", "rule", "title", "kind", "account", "path", "via", "format", "owner", "role", "line", "column",
    "masked", "fingerprint", "identity", "id", "reasons",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write(result: SweepResult, out: TextIO, look: Look) -> None:
    """RFC 4180, with a header; a finding without parts has one row."""
    del look
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for finding in result.findings:
        place = finding.place
        for part in finding.parts or (None,):
            row = (
                finding.severity.label, finding.rule, finding.title, finding.kind, finding.account or "",
                place.path, "!".join(place.via), place.format, place.owner,
                part.role.value if part else "", part.line if part else "", part.column if part else "",
                part.masked if part else "", part.fingerprint if part else "",
                finding.identity, finding.id, "; ".join(finding.reasons),
            )  # fmt: skip
            rows.writerow([cell(str(value)) for value in row])


def cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula, with controls shown as escapes."""
    text = show(text)
    return "'" + text if text.lstrip().startswith(_FORMULA) and text != "-" else text
