"""The quiet report: one line a finding, as compilers write them, and nothing else. Editors and `cut` read it."""

from __future__ import annotations

from typing import TextIO

from keywatch.model import SweepResult
from keywatch.report.base import Look, first_line, masked
from keywatch.report.escape import show, show_place


def write(result: SweepResult, out: TextIO, look: Look) -> None:
    """`PATH:LINE: SEVERITY: TITLE MASKED`, most urgent first."""
    del look  # nothing of it matters to a program
    for finding in sorted(result.findings, key=lambda f: (-f.severity, f.place.path, first_line(f))):
        where = f"{show_place(finding.place.path, finding.place.via)}:{first_line(finding)}"
        what = " ".join(filter(None, (show(finding.title), show(masked(finding)))))
        out.write(f"{where}: {finding.severity.label}: {what}\n")
