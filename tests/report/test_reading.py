"""Sweeps are read back exactly as they were written, and whatever a schema refuses is refused with the field's name."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from madeup import NOW, full_result
from pages import hostile_machine, one_machine

from keywatch.errors import ReportError
from keywatch.report.base import Look
from keywatch.report.json import write
from keywatch.report.machines import MachineReport, write_json
from keywatch.report.reading import MAX_TEXT, parse_machines

FOLDER = Path(__file__).parents[2] / "keywatch/report"
SWEEP = json.loads((FOLDER / "sweep.schema.json").read_text(encoding="utf-8"))
REPORT = json.loads((FOLDER / "report.schema.json").read_text(encoding="utf-8"))


def written(*machines: MachineReport) -> str:
    out = io.StringIO()
    write_json(machines, out)
    return out.getvalue()


def swept() -> dict[str, Any]:
    out = io.StringIO()
    write(full_result(), out, Look())
    return json.loads(out.getvalue())


def again(*machines: MachineReport) -> str:
    return written(*parse_machines(written(*machines).encode(), "x.json"))


def test_what_is_written_is_read_back_and_fits_its_schema() -> None:
    machines = [one_machine(), one_machine("server"), hostile_machine()]
    text = written(*machines)
    assert text.isascii()
    assert again(*machines) == text
    document = json.loads(text)
    jsonschema.Draft202012Validator(REPORT).validate(document)
    for machine in document["machines"]:
        jsonschema.Draft202012Validator(SWEEP).validate(machine["sweep"])


def test_a_sweep_is_read_as_a_machine() -> None:
    [machine] = parse_machines(json.dumps(swept()).encode(), "/x/host-a.json")
    expected = full_result()
    assert (machine.name, machine.sweep.swept, machine.sweep.scope) == ("laptop", NOW, "well-known")
    assert [f.place for f in machine.sweep.findings] == [f.place for f in expected.findings]
    assert [f.reasons for f in machine.sweep.findings] == [f.reasons for f in expected.findings]
    assert machine.sweep.summary == expected.summary
    older = {key: value for key, value in swept().items() if key not in ("machine", "time", "scope")}
    [nameless] = parse_machines(json.dumps(older).encode(), "/x/host-a.json")
    assert (nameless.name, nameless.sweep.swept) == ("host-a", 0.0)


def every_value(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if way:
        yield way
    pairs = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from every_value(inner, (*way, key))


def changed(document: Any, way: tuple[Any, ...], new: object) -> Any:
    document = copy.deepcopy(document)
    holder = document
    for step in way[:-1]:
        holder = holder[step]
    holder[way[-1]] = new
    return document


@pytest.mark.parametrize("wrong", [None, True, -1, 1.5, "?\n", [], {}, ["x"], {"x": "y"}], ids=repr)
def test_what_the_schema_refuses_is_refused(wrong: object) -> None:
    """Each field of a report in turn holds something else. Reading may be stricter than the schema, never laxer."""
    document = json.loads(written(one_machine()))
    document["machines"][0]["sweep"]["findings"] = document["machines"][0]["sweep"]["findings"][-1:]
    report, sweep = jsonschema.Draft202012Validator(REPORT), jsonschema.Draft202012Validator(SWEEP)
    refused = 0
    for way in every_value(document):
        new = changed(document, way, wrong)
        valid = report.is_valid(new) and all(sweep.is_valid(m["sweep"]) for m in new["machines"])
        # the writer's version says nothing of what is written; it is not read
        if not valid and way[-1] != "version":
            with pytest.raises(ReportError, match=r"^x\.json: "):
                parse_machines(json.dumps(new).encode(), "x.json")
            refused += 1
    assert refused > 30


@pytest.mark.parametrize(
    ("way", "new", "message"),
    [
        (("findings", 0, "parts", 1, "masked"), "x" * 40, "findings 1: parts 2: masked: expected another form"),
        (("findings", 0, "parts", 0, "masked"), "AKIAQQ…WXYZ", "masked: expected"),
        (("findings", 0, "parts", 0, "fingerprint"), "not-hex-at-all-no", "fingerprint: expected"),
        (("findings", 0, "account"), "12345678901²", "account: expected"),
        (("findings", 0, "title"), "x" * (MAX_TEXT + 1), "title: expected a text of at most 16,384"),
        (("findings", 0, "severity"), "grave", "severity: expected one of info, low, medium, high, critical"),
        (("findings", 0, "place", "path_base64"), "L2V0Yw==", "path_base64: expected the bytes of path"),
        (("findings", 0, "place", "path_base64"), "§", "path_base64: expected base64"),
        (("time",), "2026-02-31T00:00:00Z", "time: expected a time"),
        (("time",), "yesterday", "time: expected a time"),
        (("summary", "files"), 10**30, "files: expected a whole number"),
    ],
)
def test_a_wrong_field_is_named(way: tuple[Any, ...], new: object, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        parse_machines(json.dumps(changed(swept(), way, new)).encode(), "x.json")
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"null", b"[" * 100_000, b'{"schema": "keywatch.sweep/2"}', b'{"schema": ["x"]}',
     b'{"schema": "keywatch.report/1", "machines": [[]]}',
     b'{"schema": "keywatch.report/1", "machines": [{"sweep": {}, "trend": []}]}',
     b'{"schema": "keywatch.sweep/1", "summary": {"seconds": NaN}}', b"1" * 5000],
    ids=lambda content: content[:40].decode("latin-1"),
)  # fmt: skip
def test_what_is_no_sweep_is_refused(content: bytes) -> None:
    with pytest.raises(ReportError, match=r"^x\.json: "):
        parse_machines(content, "x.json")


def test_the_documented_report_is_true() -> None:
    text = (FOLDER.parents[1] / "docs/formats.md").read_text(encoding="utf-8")
    example = json.loads(text.split("```json\n")[1].split("```")[0])
    jsonschema.Draft202012Validator(REPORT).validate(example)
    real = json.loads(written(one_machine()))
    assert set(example) == set(real)
    for key in ("sweep", "trend", "moved"):
        shown, made = example["machines"][0][key], real["machines"][0][key]
        assert set(shown if key == "sweep" else shown[0]) == set(made if key == "sweep" else made[0])
    assert parse_machines(json.dumps(example).encode(), "x")[0].name == "laptop"
