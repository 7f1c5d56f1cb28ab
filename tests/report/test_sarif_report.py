"""The SARIF report validates against the OASIS schema (errata 01) and says what code hosts read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest
from madeup import full_result

from keywatch.model import SweepResult
from keywatch.report.base import Look
from keywatch.report.sarif import write

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def written(result: SweepResult, folder: str = "/home/alice") -> dict[str, object]:
    out = io.StringIO()
    write(result, out, Look(folder=folder))
    assert out.getvalue().isascii()
    document: dict[str, object] = json.loads(out.getvalue())
    return document


def run(result: SweepResult, folder: str = "/home/alice") -> dict:  # type: ignore[type-arg]
    return written(result, folder)["runs"][0]  # type: ignore[index,no-any-return]


@pytest.mark.parametrize("folder", ["/home/alice", "", "/"])
def test_it_validates(folder: str) -> None:
    VALIDATOR.validate(written(full_result(), folder))
    VALIDATOR.validate(written(SweepResult(), folder))


def test_the_validator_has_teeth() -> None:
    document = written(full_result())
    document["version"] = "2.0.0"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)


def test_results_point_to_rules_places_and_parts() -> None:
    result = run(full_result())
    rules = result["tool"]["driver"]["rules"]
    for found in result["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
    first = result["results"][0]
    assert first["level"] == "error"
    assert first["message"]["text"].startswith("AWS access key AKIA…")
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": ".bashrc", "uriBaseId": "SRCROOT"}
    assert location["region"] == {"startLine": 3, "startColumn": 25}
    assert result["originalUriBaseIds"] == {"SRCROOT": {"uri": "file:///home/alice/"}}
    assert [r["message"]["text"] for r in first["relatedLocations"]] == ["access key id", "secret access key"]
    assert rules[first["ruleIndex"]]["properties"]["security-severity"] == "9.5"


def test_fingerprints_are_equal_for_equal_credentials() -> None:
    prints = [found["partialFingerprints"] for found in run(full_result())["results"]]
    assert prints[0]["keywatchIdentity/v1"] == prints[1]["keywatchIdentity/v1"] != prints[3]["keywatchIdentity/v1"]
    assert len({p["keywatchFinding/v1"] for p in prints}) == len(prints)


def test_a_place_in_an_archive_has_no_region_of_the_archive() -> None:
    location = run(full_result())["results"][2]["locations"][0]
    assert "region" not in location["physicalLocation"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "etc/crontab"
    assert location["properties"] == {"line": 4}


def test_hostile_names_stay_addresses_and_text() -> None:
    text = json.dumps(run(full_result(), ""))
    assert "file:///etc/cron.d/backup%1B%5B31mevil%0Aname" in text
    assert "canary%20%FF%20%27x%27.txt" in text


def test_what_was_asked_for_and_not_swept_is_a_failure() -> None:
    told = run(full_result())["invocations"][0]
    assert told["executionSuccessful"] is False
    assert told["toolExecutionNotifications"][0]["level"] == "error"
    assert run(SweepResult())["invocations"][0]["executionSuccessful"] is True
