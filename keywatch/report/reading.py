"""Reads sweeps and reports back from their JSON, as docs/formats.md and the schemas say. Pure: bytes in, values out.

Whoever wrote the bytes is not trusted: every field's type, form and size is checked, and what a schema does not know is
left out. A masked form that is none is refused, so that another program's file can't bring a secret into a report.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NoReturn, get_args

from keywatch.errors import ReportError
from keywatch.model import Finding, Kind, Part, Place, Role, Skipped, Span, Summary, SweepResult
from keywatch.report.escape import decodable
from keywatch.report.json import SCHEMA as SWEEP_SCHEMA
from keywatch.report.machines import SCHEMA as REPORT_SCHEMA
from keywatch.report.machines import MachineReport, MovedRow, MoveState
from keywatch.severity import Severity
from keywatch.totals import DayTotals

MAX_BYTES = 64 << 20
#: the longest text that any field may hold, in characters: a path is 4,096 bytes, and archives nest
MAX_TEXT = 16_384
_MAX_NUMBER = 1 << 53

_HEX = re.compile(r"[0-9a-f]{16,64}", re.ASCII)
_NAME = re.compile(r"[\w.:+@-]{1,128}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
#: what `mask_key_id` makes; nothing longer may pass for masked
_MASKED = re.compile(r"(?:[\x21-\x7e]{4}…[\x21-\x7e]{4}|…)?")
_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_STATES: dict[str, MoveState] = {state: state for state in get_args(MoveState)}


def parse_machines(content: bytes, source: str) -> list[MachineReport]:
    """The machines of a `sweep --json` or `report --json`; `source` names it in errors and a machine without a name.

    `ReportError` says which field is not as it should be.
    """
    if len(content) > MAX_BYTES:
        raise ReportError(f"{source}: larger than {MAX_BYTES >> 20} MiB")
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ReportError(f"{source}: not valid JSON: write it with keywatch sweep --json --output FILE") from None
    if not isinstance(document, dict) or document.get("schema") not in (SWEEP_SCHEMA, REPORT_SCHEMA):
        raise ReportError(
            f'{source}: no sweep: expected an object with "schema": "{SWEEP_SCHEMA}" or "{REPORT_SCHEMA}"'
        )
    top = _Object(document, source)
    if document["schema"] == SWEEP_SCHEMA:
        return [_machine(top, source)]
    machines = []
    for each in top.objects("machines"):
        sweep = each.object("sweep")
        if sweep.text("schema") != SWEEP_SCHEMA:
            each.refuse("sweep", f'an object with "schema": "{SWEEP_SCHEMA}"')
        trend = tuple(_totals(day) for day in each.objects("trend"))
        moved = tuple(_moved(row) for row in each.objects("moved"))
        machines.append(_machine(sweep, source, trend, moved))
    return machines


def _refuse_constant(_word: str) -> NoReturn:
    raise ValueError("no number")


@dataclass(frozen=True, slots=True)
class _Object:
    """A JSON object that is taken apart field by field; `where` names it in errors."""

    fields: dict[str, object]
    where: str

    def refuse(self, name: str, expected: str) -> NoReturn:
        raise ReportError(f"{self.where}: {name}: expected {expected} (docs/formats.md)")

    def text(self, name: str, form: re.Pattern[str] | None = None, *, default: str | None = None) -> str:
        """A text; `default` where it may be missing."""
        value = self.fields.get(name, default)
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            self.refuse(name, f"a text of at most {MAX_TEXT:,} characters")
        if form is not None and value != default and not form.fullmatch(value):
            self.refuse(name, "another form of text")
        return value

    def count(self, name: str, least: int = 0) -> int:
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MAX_NUMBER:
            self.refuse(name, f"a whole number from {least}")
        return value

    def flag(self, name: str) -> bool:
        value = self.fields.get(name)
        if not isinstance(value, bool):
            self.refuse(name, "true or false")
        return value

    def seconds(self, name: str) -> float:
        value = self.fields.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= _MAX_NUMBER:
            self.refuse(name, "a number from 0")
        return float(value)

    def time(self, name: str) -> float:
        """Seconds since the epoch; 0 where it is missing or empty."""
        text = self.text(name, default="")
        if not text:
            return 0.0
        try:
            return float(max(0, calendar.timegm(time.strptime(text if _TIME.fullmatch(text) else "", _TIME_FORM))))
        except ValueError:
            self.refuse(name, "a time such as 2026-11-24T04:26:16Z")

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.fields.get(name)
        if not isinstance(values, list) or not all(isinstance(v, str) and len(v) <= MAX_TEXT for v in values):
            self.refuse(name, f"an array of texts of at most {MAX_TEXT:,} characters")
        return tuple(values)

    def counts(self, name: str) -> dict[str, int]:
        inner = self.object(name)
        return {key: inner.count(key) for key in inner.fields}

    def object(self, name: str) -> _Object:
        value = self.fields.get(name)
        if not isinstance(value, dict):
            self.refuse(name, "an object")
        return _Object(value, f"{self.where}: {name}")

    def objects(self, name: str) -> Iterator[_Object]:
        values = self.fields.get(name)
        if not isinstance(values, list):
            self.refuse(name, "an array")
        for number, value in enumerate(values, 1):
            if not isinstance(value, dict):
                self.refuse(f"{name} {number}", "an object")
            yield _Object(value, f"{self.where}: {name} {number}")


def _machine(
    top: _Object, source: str, trend: tuple[DayTotals, ...] = (), moved: tuple[MovedRow, ...] = ()
) -> MachineReport:
    summary = top.object("summary")
    name = top.text("machine", default="")
    result = SweepResult(
        findings=[_finding(each) for each in top.objects("findings")],
        dropped=top.counts("dropped"),
        skipped=[Skipped(_path(s), s.text("why"), s.flag("asked")) for s in top.objects("skipped")],
        summary=Summary(
            summary.count("files"), summary.count("bytes"), summary.seconds("seconds"), summary.count("cached")
        ),
        places=top.texts("places"),
        notes=top.texts("notes"),
        suppressed=top.counts("suppressed"),
        machine=name,
        swept=top.time("time"),
        scope=top.text("scope", _NAME, default=""),
    )
    return MachineReport(name or os.path.basename(source).removesuffix(".json"), result, trend, moved)


def _finding(each: _Object) -> Finding:
    place = each.object("place")
    account = each.fields.get("account")
    kind = _KINDS.get(each.text("kind"))
    if kind is None:
        each.refuse("kind", f"one of {', '.join(_KINDS)}")
    return Finding(
        id=each.text("id", _NAME),
        identity=each.text("identity", _NAME),
        rule=each.text("rule", _NAME),
        title=each.text("title"),
        kind=kind,
        severity=_severity(each),
        reasons=each.texts("reasons"),
        place=Place(
            _path(place), place.texts("via"), place.text("format"), place.text("owner"), place.text("consumer")
        ),
        parts=tuple(_part(part) for part in each.objects("parts")),
        account=None if account is None else each.text("account", _ACCOUNT),
        ambiguous=each.flag("ambiguous"),
        advice=each.texts("advice"),
    )


def _severity(each: _Object) -> Severity:
    try:
        return Severity.parse(each.text("severity"))
    except ValueError:
        each.refuse("severity", f"one of {', '.join(s.label for s in Severity)}")


def _part(part: _Object) -> Part:
    try:
        role = Role(part.text("role"))
    except ValueError:
        part.refuse("role", f"one of {', '.join(Role)}")
    return Part(
        role=role,
        line=part.count("line", 1),
        column=part.count("column", 1),
        masked=part.text("masked", _MASKED),
        fingerprint=part.text("fingerprint", _HEX),
        span=Span(0, 0),
        name=part.text("name"),
    )


def _path(place: _Object) -> str:
    """A path with the bytes that the file system has, where they are given and are of the path that is shown."""
    path = place.text("path")
    if "path_base64" not in place.fields:
        return path
    try:
        exact = os.fsdecode(base64.b64decode(place.text("path_base64"), validate=True))
    except (binascii.Error, ValueError):
        place.refuse("path_base64", "base64")
    if decodable(exact) != path:
        place.refuse("path_base64", "the bytes of path")
    return exact


def _totals(day: _Object) -> DayTotals:
    keys = day.object("keys")
    try:
        date.fromisoformat(day.text("day", _DAY))
    except ValueError:
        day.refuse("day", "a day such as 2026-11-24")
    return DayTotals(day.text("day"), tuple(keys.count(s.label) for s in Severity), day.count("places"))


def _moved(row: _Object) -> MovedRow:
    state = _STATES.get(row.text("state"))
    if state is None:
        row.refuse("state", f"one of {', '.join(_STATES)}")
    return MovedRow(
        time=row.time("time"),
        entry=row.text("entry"),
        path=row.text("path"),
        state=state,
        title=row.text("title"),
        masked=row.text("masked", _MASKED),
        vault=row.text("vault"),
    )
