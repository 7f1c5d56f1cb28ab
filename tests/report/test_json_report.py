"""The JSON report keeps its contract: the design's fields, the schema, and the documentation's example."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from madeup import full_result

from keywatch.model import SweepResult
from keywatch.report.advice import ADVICE
from keywatch.report.base import Look
from keywatch.report.json import SCHEMA, write

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((ROOT / "keywatch/report/sweep.schema.json").read_text(encoding="utf-8"))
)


def written(result: SweepResult) -> str:
    out = io.StringIO()
    write(result, out, Look())
    return out.getvalue()


def test_the_report_is_ascii_and_fits_the_schema() -> None:
    text = written(full_result())
    assert text.isascii()
    assert "\x1b" not in text
    VALIDATOR.validate(json.loads(text))
    VALIDATOR.validate(json.loads(written(SweepResult())))


def test_the_schema_refuses_what_breaks_the_contract() -> None:
    document = json.loads(written(full_result()))
    for change in ({"schema": "x"}, {"findings": [{}]}, {"summary": {}}, {"dropped": {"a": -1}}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(document | change)


def test_every_field_of_the_design_stands() -> None:
    document = json.loads(written(full_result()))
    assert document["schema"] == SCHEMA == "keywatch.sweep/1"
    first = document["findings"][0]
    assert set(first) >= {"id", "rule", "kind", "severity", "reasons", "place", "parts", "account"}
    assert set(first["place"]) >= {"path", "via", "format", "owner"}
    assert set(first["parts"][0]) >= {"role", "line", "column", "masked", "fingerprint"}
    assert first["parts"][1]["masked"] == "…"
    assert document["findings"][2]["place"]["via"] == ["etc/crontab"]
    assert document["summary"] == {"files": 12345, "bytes": 678901234, "seconds": 1.234, "cached": 11000}
    assert document["dropped"] == {"checksum": 2, "documented-example": 3, "placeholder": 1}
    assert document["skipped"][0] == {"path": "/root/secret", "why": "permission denied", "asked": True}


def test_a_name_that_is_no_utf8_is_kept_exactly() -> None:
    document = json.loads(written(full_result()))
    place = document["findings"][-1]["place"]
    assert place["path"] == "/home/alice/canary \ufffd 'x'.txt"
    assert base64.b64decode(place["path_base64"]) == b"/home/alice/canary \xff 'x'.txt"
    assert "path_base64" not in document["findings"][0]["place"]


def test_lone_surrogates_never_leave() -> None:
    result = full_result()
    result.findings[0] = replace(result.findings[0], reasons=("\ud800", "\udc80"), title="\udfff")
    assert not re.search(r"\\ud[89a-f]", written(result))


def test_every_advice_is_documented() -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| `advice`"))
    assert re.findall(r"`([\w-]+)`", row)[1:] == list(ADVICE)


def test_the_documented_example_is_true() -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", page, re.S)
    assert example is not None
    document = json.loads(example[1])
    VALIDATOR.validate(document)
    real = json.loads(written(full_result()))
    assert set(document) == set(real)
    assert set(document["findings"][0]) == set(real["findings"][0])
    assert set(document["findings"][0]["parts"][0]) == set(real["findings"][0]["parts"][0])
    for field in [*real, *real["findings"][0], *real["findings"][0]["parts"][0], *real["summary"]]:
        assert re.search(rf"\b{field}\b", page), f"docs/json.md does not tell of {field}"
