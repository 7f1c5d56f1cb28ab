"""The corpus is what it says, its scorer can fail, and keywatch finds in it what it must find."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from keywatch.model import Secret
from tests.corpus import Labels, Score, generate, score
from tests.corpus.generate import styles
from tests.corpus.registry import BEYOND, HELD_OUT
from tests.corpus.run import sweep_and_score
from tests.corpus.score import ROLES

KEY = b"k" * 32


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Labels]:
    root = tmp_path_factory.mktemp("corpus") / "tree"
    return root, generate(root, seed=7)


def report_of(labels: Labels, root: Path) -> dict[str, Any]:
    """The report of a scanner without fault: one finding for each credential at each path."""
    findings: dict[tuple[str, str], dict[str, Any]] = {}
    for label in labels.labels:
        place = {"path": str(root / label.path), "via": list(label.via)}
        finding = findings.setdefault((label.path, label.key), {"rule": "r", "place": place, "parts": []})
        part = {"role": label.role, "line": label.line, "column": label.column, "masked": "…", "name": ""}
        finding["parts"].append(part | {"fingerprint": Secret(label.value.encode()).fingerprint(KEY)})
    return {"findings": list(findings.values())}


def judged(made: tuple[Path, Labels], report: dict[str, Any]) -> Score:
    return score(made[1], report, KEY, str(made[0]))


def test_the_same_seed_gives_the_same_bytes(made: tuple[Path, Labels], tmp_path: Path) -> None:
    root, labels = made
    assert generate(tmp_path, seed=7) == labels
    for name in labels.files:
        assert (tmp_path / name).read_bytes() == (root / name).read_bytes(), labels.files[name]


def test_another_seed_gives_other_keys(made: tuple[Path, Labels], tmp_path: Path) -> None:
    other = generate(tmp_path, seed=8, only="sh-")
    assert not {label.value for label in other.labels} & {label.value for label in made[1].labels}


def test_there_are_enough_styles_of_each_sort() -> None:
    planted = [style for style in styles() if not style.decoy]
    assert len(planted) >= 150
    assert sum(style.group == HELD_OUT for style in planted) >= len(planted) / 3
    assert sum(style.decoy for style in styles()) >= 40


def test_every_style_that_is_no_decoy_plants_something_and_no_decoy_does(made: tuple[Path, Labels]) -> None:
    planted = {label.style for label in made[1].labels}
    assert planted == {style.name for style in styles() if not style.decoy}


def test_every_mark_and_fill_of_a_template_was_filled(made: tuple[Path, Labels]) -> None:
    root, labels = made
    left = re.compile(
        rb"@(?:[TS]?ID|S?SK|ST|BK|BS|word|user|region|bucket|host|uuid|hex\d\d|logs?|stamp)\d*#?(?::\w+)?@"
    )
    for name, style in labels.files.items():
        assert not left.search(name.encode() + (root / name).read_bytes()), style


def test_labels_tell_where_a_value_stands(made: tuple[Path, Labels]) -> None:
    """Read back without the generator's help, for all files of plain UTF-8 with line feeds."""
    root, labels = made
    checked = 0
    for label in labels.labels:
        content = (root / label.path).read_bytes()
        if label.via or not label.exact or b"\r" in content or label.value.encode() not in content:
            continue
        line = content.decode("utf-8-sig", "replace").split("\n")[label.line - 1]
        assert line[label.column - 1 :].startswith(label.value), label.style
        checked += 1
    assert checked > 600


def test_labels_survive_being_saved(made: tuple[Path, Labels], tmp_path: Path) -> None:
    made[1].save(tmp_path / "labels.json")
    assert Labels.load(tmp_path / "labels.json") == made[1]


def test_a_faultless_report_has_no_flaw(made: tuple[Path, Labels]) -> None:
    best = judged(made, report_of(made[1], made[0]))
    assert best.flaws == ()
    assert {tally.rate for tally in (*best.recall.values(), *best.pairs.values(), *best.placed.values())} == {1.0}
    assert (best.false.got, best.decoys.got) == (0, 0)


@pytest.mark.parametrize("role", ROLES)
def test_dropping_parts_lowers_the_recall_of_their_role_only(made: tuple[Path, Labels], role: str) -> None:
    report = report_of(made[1], made[0])
    for finding in report["findings"]:
        finding["parts"] = [part for part in finding["parts"] if part["role"] != role]
    worse = judged(made, report)
    for (_, each), tally in worse.recall.items():
        assert not tally.of or tally.rate == (0.0 if each == role else 1.0)
    assert {flaw.detail.split()[-1] for flaw in worse.flaws if flaw.what == "missed"} == {role}


def test_a_value_cut_short_is_a_miss_and_a_false_report(made: tuple[Path, Labels]) -> None:
    report = report_of(made[1], made[0])
    part = report["findings"][0]["parts"][0]
    part["fingerprint"] = Secret(b"not quite").fingerprint(KEY)
    worse = judged(made, report)
    assert [flaw.what for flaw in worse.flaws if flaw.what != "unpaired"] == ["missed", "false"]
    assert worse.false.got == 1


def test_a_report_in_a_decoy_is_false(made: tuple[Path, Labels]) -> None:
    root, labels = made
    report = report_of(labels, root)
    finding = copy.deepcopy(report["findings"][0])
    finding["place"]["path"] = str(root / min(labels.decoys))
    report["findings"].append(finding)
    worse = judged(made, report)
    assert (worse.false.got, worse.decoys.got) == (1, 1)


def test_secrets_that_change_places_are_unpaired(made: tuple[Path, Labels]) -> None:
    root, labels = made
    report = report_of(labels, root)
    path = next(path for path, style in labels.files.items() if style == "aws-credentials-profiles")
    pair = [finding for finding in report["findings"] if finding["place"]["path"] == str(root / path)][:2]
    (first,), (second,) = ([p for p in f["parts"] if p["role"] == "secret_access_key"] for f in pair)
    first["fingerprint"], second["fingerprint"] = second["fingerprint"], first["fingerprint"]
    worse = judged(made, report)
    assert sum(flaw.what == "unpaired" for flaw in worse.flaws) == 2
    assert all(tally.rate == 1.0 for tally in worse.recall.values())


def test_a_part_on_another_line_is_misplaced(made: tuple[Path, Labels]) -> None:
    root, labels = made
    report = report_of(labels, root)
    path = next(path for path, style in labels.files.items() if style == "dotenv")
    next(f for f in report["findings"] if f["place"]["path"] == str(root / path))["parts"][0]["line"] += 1
    assert [flaw.what for flaw in judged(made, report).flaws] == ["misplaced"]


def test_flaws_and_figures_show_no_value(made: tuple[Path, Labels]) -> None:
    told = judged(made, {"findings": []})
    text = told.table() + json.dumps([str(flaw) for flaw in told.flaws])
    assert not [label.style for label in made[1].labels if label.value in text]


def test_keywatch_finds_what_is_planted_and_nothing_else(made: tuple[Path, Labels], tmp_path: Path) -> None:
    """The acceptance: 99 % of what is planted, in formats it was made for and in others, and 1 % false at most."""
    root, labels = made
    told = sweep_and_score(labels, root, tmp_path / "home")
    flaws = "\n".join(map(str, told.flaws))
    for (group, role), tally in told.recall.items():
        assert group == BEYOND or tally.rate >= 0.99, f"{group} {role} {tally}\n{flaws}"
    for group, tally in told.pairs.items():
        assert group == BEYOND or tally.rate >= 0.95, f"pairs, {group}: {tally}\n{flaws}"
    for tally in told.placed.values():
        assert tally.rate >= 0.99, f"places: {tally}\n{flaws}"
    assert told.false.rate <= 0.01, f"{told.false}\n{flaws}"
