"""The CSV report: a row a part, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from madeup import full_result

from keywatch.model import SweepResult
from keywatch.report.base import Look
from keywatch.report.csv import COLUMNS, cell, write


def rows(result: SweepResult) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    write(result, out, Look())
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))


def test_one_row_for_each_part() -> None:
    result = full_result()
    read = rows(result)
    assert len(read) == sum(len(f.parts) for f in result.findings)
    assert tuple(read[0]) == COLUMNS
    assert read[1]["role"] == "secret_access_key"
    assert (read[1]["line"], read[1]["masked"]) == ("4", "…")
    assert read[4]["via"] == "etc/crontab"
    assert rows(SweepResult()) == []


def test_a_finding_without_parts_has_a_row() -> None:
    result = SweepResult(findings=[replace(full_result().findings[0], parts=())])
    assert [(r["severity"], r["role"]) for r in rows(result)] == [("critical", "")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =x", "＝x", "\t=x", "\n=x"])
def test_a_formula_becomes_text(text: str) -> None:
    assert not cell(text).lstrip().startswith(("=", "+", "-", "@", "＝"))


@given(st.text(max_size=20))
def test_no_cell_is_a_formula_or_breaks_a_line(text: str) -> None:
    made = cell(text)
    assert made == "-" or not made.strip().startswith(("=", "+", "-", "@"))
    assert not set(made) & set("\r\n\t\x1b")
