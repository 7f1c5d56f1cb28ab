"""What the reports for people share: findings by credential, what holds for all, next steps, names of counts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from keywatch.model import Finding
from keywatch.report.advice import in_order, say
from keywatch.report.base import first_line
from keywatch.severity import Severity

#: what a person calls what was left out, by its name in JSON
DROPPED = {
    "documented-example": "documented example",
    "placeholder": "placeholder",
    "reference": "reference to a store",
    "checksum": "wrong checksum",
    "repeated": "repeated pattern",
    "sequence": "plain sequence",
}
SUPPRESSED = {
    "inline-allow": "by a keywatch:allow comment",
    "ignore-file": "by an ignore file",
    "baseline": "in the baseline already",
}


def by_credential(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of each credential together, places in order; the most urgent credential, then the most spread."""
    ordered = sorted(findings, key=lambda f: (f.identity, f.place.path, f.place.via, first_line(f)))
    groups = [list(group) for _, group in groupby(ordered, key=lambda f: f.identity)]
    return sorted(groups, key=lambda g: (-max(f.severity for f in g), -len(g), g[0].place.path, first_line(g[0])))


def common_reasons(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The reasons that hold for every finding that is more than information, such as an unencrypted disk: said once."""
    urgent = [f for f in findings if f.severity > Severity.INFO]
    # the first reason says what the key is, and stays with it
    return tuple(r for r in (urgent[0].reasons[1:] if urgent else ()) if all(r in f.reasons for f in urgent))


def next_steps(group: Sequence[Finding], home: str) -> Iterator[str]:
    """Each step once; a step that names files names those that it is for."""
    paths: dict[str, dict[str, None]] = {}
    for finding in group:
        for name in finding.advice:
            paths.setdefault(name, {})[finding.place.path] = None
    if len(paths) > 1:
        paths.pop("leave", None)
    for name in in_order(paths):
        yield say(name, list(paths[name]), home)
