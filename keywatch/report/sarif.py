"""SARIF 2.1.0 (OASIS), for code hosts and editors that collect findings. Never holds a secret.

A path below the working folder is given relative to it, as GitHub's code scanning wants, others as file:// addresses.
A finding inside an archive has no region, since its line is not one of the file's; a logical location names the steps.
"""

from __future__ import annotations

import json
from typing import TextIO

from keywatch import __version__
from keywatch.model import Finding, JsonValue, Part, SweepResult
from keywatch.report.base import Look, masked
from keywatch.report.escape import decodable, file_uri, relative_uri, show
from keywatch.severity import Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "SRCROOT"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
#: GitHub's scale: over 9.0 is critical, 7.0 high, 4.0 medium, 0.1 low
_SCORES = {Severity.CRITICAL: 9.5, Severity.HIGH: 8.0, Severity.MEDIUM: 5.5, Severity.LOW: 2.0, Severity.INFO: 0.0}

_Object = dict[str, JsonValue]


def write(result: SweepResult, out: TextIO, look: Look) -> None:
    """One run with one result a finding."""
    rules = _rules(result.findings)
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    run: _Object = {
        "tool": {
            "driver": {"name": "keywatch", "version": __version__, "semanticVersion": __version__, "rules": [*rules]}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(result)],
        "results": [_result(finding, numbers[finding.rule], look) for finding in result.findings],
        "properties": {"dropped": {**result.dropped}, "suppressed": {**result.suppressed}},
    }
    if look.folder:
        run["originalUriBaseIds"] = {_ROOT: {"uri": file_uri(look.folder.rstrip("/") + "/")}}
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, out, indent=1)
    out.write("\n")


def _rules(findings: list[Finding]) -> list[_Object]:
    """The rules that found something; each scored by its worst finding, since GitHub reads the score there."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        if finding.rule not in worst or worst[finding.rule].severity < finding.severity:
            worst[finding.rule] = finding
    return [
        {
            "id": rule,
            "name": "".join(step.capitalize() for step in rule.split("-")),
            "shortDescription": {"text": decodable(finding.title) or rule},
            "help": {
                "text": "A key lies here in plaintext. Rotate it if others may have it"
                + (" (keywatch key rotate)" if rule == "aws-access-key" else "")
                + ", and keep its successor in a store that its program asks."
            },
            "defaultConfiguration": {"level": _LEVELS[finding.severity]},
            "properties": {"tags": ["security", "secret"], "security-severity": f"{_SCORES[finding.severity]:.1f}"},
        }
        for rule, finding in sorted(worst.items())
    ]


def _result(finding: Finding, rule_index: int, look: Look) -> _Object:
    # SARIF's one message has the most telling reasons; Markdown and placeholders have no meaning in plain text
    sentences = [" ".join(filter(None, (finding.title, masked(finding)))), *finding.reasons]
    result: _Object = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(". ".join(sentences) + ".")},
        "locations": [_location(finding, finding.parts[0] if finding.parts else None, look)],
        "partialFingerprints": {
            "keywatchIdentity/v1": finding.identity,
            "keywatchFinding/v1": finding.id,
        },
        "properties": {
            "severity": finding.severity.label,
            "kind": finding.kind,
            "account": finding.account,
            "ambiguous": finding.ambiguous,
            "fingerprints": [part.fingerprint for part in finding.parts],
            "security-severity": f"{_SCORES[finding.severity]:.1f}",
        },
    }
    if len(finding.parts) > 1:
        result["relatedLocations"] = [
            {**_location(finding, part, look), "id": number, "message": {"text": part.role.value.replace("_", " ")}}
            for number, part in enumerate(finding.parts)
        ]
    return result


def _location(finding: Finding, part: Part | None, look: Look) -> _Object:
    place = finding.place
    relative = relative_uri(place.path, look.folder)
    artifact: _Object = {"uri": file_uri(place.path) if relative is None else relative}
    if relative is not None:
        artifact["uriBaseId"] = _ROOT
    physical: _Object = {"artifactLocation": artifact}
    location: _Object = {"physicalLocation": physical}
    if place.via:
        steps = "!".join(map(show, place.via))
        location["logicalLocations"] = [{"name": show(place.via[-1]), "fullyQualifiedName": steps, "kind": "member"}]
        location["properties"] = {"line": part.line if part else 1}
    elif part is not None:
        physical["region"] = {"startLine": part.line, "startColumn": part.column}
    return location


def _invocation(result: SweepResult) -> _Object:
    """Successful unless something that was asked for could not be swept; each skip is a notification."""
    return {
        "executionSuccessful": not any(skip.asked for skip in result.skipped),
        "toolExecutionNotifications": [
            {
                "level": "error" if skip.asked else "note",
                "message": {"text": _plain(f"{show(skip.path)}: {skip.why}")},
            }
            for skip in result.skipped
        ],
    }


def _plain(text: str) -> str:
    """Braces begin placeholders in SARIF messages, brackets links: both doubled or escaped (§3.11.5, §3.11.6)."""
    text = decodable(text).replace("{", "{{").replace("}", "}}")
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
