"""Holds a sweep's report against the labels: recall, places, pairs and false reports. Pure; never shows a value.

A planted part counts as found when a finding at its path carries the fingerprint of exactly its value: near misses
(a value cut short, a quote too many) are misses. A finding is false when any of its parts is nothing that was planted
at that path.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from keywatch.model import Secret
from tests.corpus.labels import Label, Labels
from tests.corpus.registry import GROUPS, KNOWN

ROLES = ("access_key_id", "secret_access_key", "session_token", "token")


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of so many."""

    got: int
    of: int

    @property
    def rate(self) -> float:
        """The share, 1.0 of none."""
        return self.got / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.got:5} / {self.of:<5} {100 * self.rate:6.2f} %"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that the report has wrong, and where."""

    what: str
    style: str
    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.what:9} {self.style:36} {self.path}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one report. Keys of `recall` are (group, role); of `pairs` and `placed`, the group."""

    recall: dict[tuple[str, str], Tally]
    pairs: dict[str, Tally]
    placed: dict[str, Tally]
    false: Tally
    decoys: Tally
    flaws: tuple[Flaw, ...]

    def table(self) -> str:
        """The figures as lines of text."""
        rows = {role: [self.recall[group, role] for group in GROUPS] for role in ROLES}
        rows["rightly paired"] = [self.pairs[group] for group in GROUPS]
        rows["at line and column"] = [self.placed[group] for group in GROUPS]
        lines = [" " * 22 + "".join(f"{group:^24}" for group in GROUPS)]
        lines += [f"{name:22}" + "".join(f"{tally!s:24}" for tally in row) for name, row in rows.items()]
        lines.append(f"{'false reports':22}{self.false!s} of all reports")
        lines.append(f"{'decoy files reported':22}{self.decoys!s} of all decoy files")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Value:
    """A value planted at a path, wherever it stands there."""

    label: Label
    places: frozenset[tuple[int, int]]
    loose: bool


def score(labels: Labels, report: Mapping[str, Any], key: bytes, root: str) -> Score:
    """Judge `report` (the JSON of a sweep over `root`); `key` is the installation's key, for fingerprints."""
    planted = _planted(labels, key)
    seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for finding in report["findings"]:
        seen[os.path.relpath(finding["place"]["path"], root)].append(finding)
    flaws: list[Flaw] = []
    return Score(
        recall=_recall(planted, seen, flaws),
        pairs=_pairs(planted, seen, flaws),
        placed=_placed(planted, seen, flaws),
        false=_false(labels, planted, seen, flaws),
        decoys=Tally(len(labels.decoys & seen.keys()), len(labels.decoys)),
        flaws=tuple(flaws),
    )


def _planted(labels: Labels, key: bytes) -> dict[str, dict[str, _Value]]:
    """For each path, its values by fingerprint."""
    grouped: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for label in labels.labels:
        grouped[label.path, Secret(label.value.encode()).fingerprint(key)].append(label)
    planted: dict[str, dict[str, _Value]] = defaultdict(dict)
    for (path, fingerprint), same in grouped.items():
        places = frozenset((label.line, label.column) for label in same)
        planted[path][fingerprint] = _Value(same[0], places, not all(label.exact for label in same))
    return planted


def _recall(
    planted: Mapping[str, Mapping[str, _Value]], seen: Mapping[str, list[dict[str, Any]]], flaws: list[Flaw]
) -> dict[tuple[str, str], Tally]:
    hits: dict[tuple[str, str], list[bool]] = {(group, role): [] for group in GROUPS for role in ROLES}
    for path, values in planted.items():
        found = {part["fingerprint"] for part in _parts(seen.get(path, []))}
        for fingerprint, value in values.items():
            hit = fingerprint in found
            hits[value.label.group, value.label.role].append(hit)
            if not hit:
                flaws.append(_flaw("missed", value.label, value.label.role))
    return {which: Tally(sum(each), len(each)) for which, each in hits.items()}


def _pairs(
    planted: Mapping[str, Mapping[str, _Value]], seen: Mapping[str, list[dict[str, Any]]], flaws: list[Flaw]
) -> dict[str, Tally]:
    """Ids with a secret of their own: found together, and with no other secret."""
    hits: dict[str, list[bool]] = {group: [] for group in GROUPS}
    for path, values in planted.items():
        secrets = {value.label.key: f for f, value in values.items() if value.label.role == "secret_access_key"}
        for fingerprint, value in values.items():
            if value.label.role != "access_key_id" or value.label.key not in secrets:
                continue
            partners = {
                part["fingerprint"]
                for finding in seen.get(path, [])
                if fingerprint in {part["fingerprint"] for part in finding["parts"]}
                for part in finding["parts"]
                if part["role"] == "secret_access_key"
            }
            hit = partners == {secrets[value.label.key]}
            hits[value.label.group].append(hit)
            if not hit:
                why = "with another secret" if partners else "without its secret"
                flaws.append(_flaw("unpaired", value.label, why))
    return {group: Tally(sum(each), len(each)) for group, each in hits.items()}


def _placed(
    planted: Mapping[str, Mapping[str, _Value]], seen: Mapping[str, list[dict[str, Any]]], flaws: list[Flaw]
) -> dict[str, Tally]:
    """Of the values that were found and have one right position: those that are reported there."""
    hits: dict[str, list[bool]] = {group: [] for group in GROUPS}
    for path, values in planted.items():
        told: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for part in _parts(seen.get(path, [])):
            told[part["fingerprint"]].add((part["line"], part["column"]))
        for fingerprint, value in values.items():
            if value.loose or fingerprint not in told:
                continue
            hit = told[fingerprint] <= value.places
            hits[value.label.group].append(hit)
            if not hit:
                at = f"told {sorted(told[fingerprint])}, is at {sorted(value.places)}"
                flaws.append(_flaw("misplaced", value.label, f"{value.label.role} {at}"))
    return {group: Tally(sum(each), len(each)) for group, each in hits.items()}


def _false(
    labels: Labels,
    planted: Mapping[str, Mapping[str, _Value]],
    seen: Mapping[str, list[dict[str, Any]]],
    flaws: list[Flaw],
) -> Tally:
    wrong = total = 0
    for path, findings in seen.items():
        known = planted.get(path, {})
        for finding in findings:
            total += 1
            stray = [part for part in finding["parts"] if part["fingerprint"] not in known]
            wrong += bool(stray)
            flaws += [Flaw("false", labels.files.get(path, "?"), path, _where(finding["rule"], part)) for part in stray]
    return Tally(wrong, total)


def _where(rule: str, part: Mapping[str, Any]) -> str:
    return f"{rule} {part['role']} at {part['line']}:{part['column']} {part['masked']} name={part['name']!r}"


def _parts(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [part for finding in findings for part in finding["parts"]]


def _flaw(what: str, label: Label, detail: str) -> Flaw:
    style = label.style if label.group == KNOWN else f"{label.style} ({label.group})"
    return Flaw(what, style, "!".join((label.path, *label.via)), f"line {label.line}: {detail}")
