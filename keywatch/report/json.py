"""The JSON of a sweep: the contract of docs/json.md, checked by sweep.schema.json. Never holds a secret.

Pure ASCII, so that no locale and no terminal escape in a file name can spoil it.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TextIO

from keywatch import __version__
from keywatch.model import Finding, JsonValue, SweepResult
from keywatch.report.base import Look
from keywatch.report.escape import decodable, exact_bytes

SCHEMA = "keywatch.sweep/1"


def write(result: SweepResult, out: TextIO, look: Look) -> None:
    """One JSON object, one finding a line, so that a large report needs no more memory than its findings."""
    del look
    head = {"schema": SCHEMA, "version": __version__}
    when = {"machine": decodable(result.machine), "time": as_time(result.swept), "scope": result.scope}
    out.write(f'{json.dumps(head)[:-1]},\n {json.dumps(when)[1:-1]},\n "findings": [')
    for number, finding in enumerate(result.findings):
        out.write((",\n  " if number else "\n  ") + json.dumps(as_json(finding)))
    out.write("],\n")
    rest: dict[str, JsonValue] = {
        "dropped": _counts(result.dropped),
        "suppressed": _counts(result.suppressed),
        "skipped": [_path(skip.path) | {"why": decodable(skip.why), "asked": skip.asked} for skip in result.skipped],
        "places": [decodable(place) for place in result.places],
        "notes": [decodable(note) for note in result.notes],
        "summary": {
            "files": result.summary.files,
            "bytes": result.summary.bytes,
            "seconds": round(result.summary.seconds, 3),
            "cached": result.summary.cached,
        },
    }
    out.write(",\n".join(f" {_text(key)}: {json.dumps(value)}" for key, value in rest.items()) + "}\n")


def as_time(seconds: float) -> str:
    """`2026-11-24T04:26:16Z`, or nothing for a time that is not known."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)) if seconds > 0 else ""


def as_json(finding: Finding) -> dict[str, JsonValue]:
    """One finding as the contract has it. A path that is no UTF-8 also stands, exactly, in `path_base64`."""
    return {
        "id": finding.id,
        "identity": finding.identity,
        "rule": finding.rule,
        "title": decodable(finding.title),
        "kind": finding.kind,
        "severity": finding.severity.label,
        "reasons": [decodable(reason) for reason in finding.reasons],
        "advice": list(finding.advice),
        "place": _path(finding.place.path)
        | {
            "via": [decodable(step) for step in finding.place.via],
            "format": finding.place.format,
            "owner": decodable(finding.place.owner),
            "consumer": decodable(finding.place.consumer),
        },
        "parts": [
            {
                "role": part.role.value,
                "line": part.line,
                "column": part.column,
                "masked": decodable(part.masked),
                "fingerprint": part.fingerprint,
                "name": decodable(part.name),
            }
            for part in finding.parts
        ],
        "account": finding.account,
        "ambiguous": finding.ambiguous,
    }


def _path(path: str) -> dict[str, JsonValue]:
    shown = decodable(path)
    if shown == path:
        return {"path": path}
    return {"path": shown, "path_base64": base64.b64encode(exact_bytes(path)).decode("ascii")}


def _counts(counts: dict[str, int]) -> dict[str, JsonValue]:
    return {key: counts[key] for key in sorted(counts)}


def _text(text: str) -> str:
    return json.dumps(text)
