"""From sightings to findings: how bad each is and why, once it is known at how many places the same key lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from keywatch.detect.account import CANARY_ACCOUNTS
from keywatch.detect.aws import LONE_SECRET_RULE, LONE_TOKEN_RULE, RULE
from keywatch.detect.rule import Rule
from keywatch.detect.severity import advise, judge
from keywatch.model import Credential, Finding, Match, Reuse, Role, Secret
from keywatch.places.exposure import Exposures
from keywatch.severity import Severity
from keywatch.sweep.sighting import Places, Sighting

TITLES = {
    RULE: "AWS access key",
    LONE_SECRET_RULE: "AWS secret access key",
    LONE_TOKEN_RULE: "AWS session token",
}
_NOTHING = Secret(b"")


def judge_all(
    seen: Iterable[Sighting],
    rules: Sequence[Rule],
    now: float,
    elsewhere: Places | None = None,
    uses: Mapping[str, Reuse] | None = None,
) -> list[Finding]:
    """The findings of these sightings, most urgent first; each sighting once, however often it was reported.

    `elsewhere`: places at which these credentials are known to lie besides; `uses`: what a vault has of them, by masked
    access key id.
    """
    sightings = list({sighting.id: sighting for sighting in seen}.values())
    copies = _copies(sightings, elsewhere or {})
    by_id = {rule.id: rule for rule in rules}
    exposures = Exposures()
    findings = [
        _finding(sighting, _reuse(sighting, len(copies[sighting.identity]), uses or {}), by_id, exposures, now)
        for sighting in sightings
    ]
    worst: dict[str, Severity] = {}
    for finding in findings:
        worst[finding.identity] = max(finding.severity, worst.get(finding.identity, Severity.INFO))
    findings.sort(
        key=lambda f: (-worst[f.identity], f.identity, -f.severity, f.place.path, f.place.via, f.parts[0].span)
    )
    return findings


def _copies(sightings: Iterable[Sighting], elsewhere: Places) -> Places:
    places: dict[str, set[tuple[str, tuple[str, ...]]]] = defaultdict(set)
    for identity, known in elsewhere.items():
        places[identity] |= known
    for sighting in sightings:
        places[sighting.identity].add((sighting.place.path, sighting.place.via))
    return places


def _reuse(sighting: Sighting, places: int, uses: Mapping[str, Reuse]) -> Reuse:
    masked = next((part.masked for part in sighting.parts if part.role is Role.ACCESS_KEY_ID), "")
    return replace(uses.get(masked, Reuse()), places=places)


def _finding(sighting: Sighting, reuse: Reuse, rules: Mapping[str, Rule], exposures: Exposures, now: float) -> Finding:
    rule = rules.get(sighting.rule)
    facts = sighting.file
    exposure = exposures.of(sighting.place.path, facts) if facts is not None else exposures.machine()
    place = replace(sighting.place, owner=exposure.owner or sighting.place.owner)
    parts = tuple(Match(sighting.rule, part.role, part.span, _NOTHING, part.name) for part in sighting.parts)
    credential = Credential(sighting.rule, sighting.kind, parts, sighting.ambiguous, sighting.notes)
    canary = sighting.account in CANARY_ACCOUNTS
    severity, reasons = judge(
        credential,
        exposure,
        place,
        reuse,
        account=sighting.account,
        canary=canary,
        now=now,
        base=rule.severity if rule is not None else None,
    )
    return Finding(
        id=sighting.id,
        identity=sighting.identity,
        rule=sighting.rule,
        title=TITLES.get(sighting.rule) or (rule.title if rule is not None else sighting.rule),
        kind=sighting.kind,
        severity=severity,
        reasons=reasons,
        advice=advise(credential, exposure, place, reuse.places, canary=canary, now=now),
        place=place,
        parts=sighting.parts,
        account=sighting.account,
        ambiguous=sighting.ambiguous,
    )
