"""The corpus is the same for the same seed, the scorer can fail, and keywatch finds what it promises to find."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import Labels, generate, score
from tests.corpus.generate import styles

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Labels, dict[str, Any], str]:
    """A corpus, its report, and where it lies."""
    base = tmp_path_factory.mktemp("corpus")
    labels = generate(base / "tree", seed=2026)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(base)}
    command = [sys.executable, "-m", "keywatch", "sweep", "--json", "--no-cache", str(base / "tree")]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, env=env, timeout=120)
    return labels, json.loads(done.stdout), str(base / "tree")


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again, other = (generate(tmp_path / name, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    assert first == again
    assert first != other
    for path, name in first.files.items():
        if name not in ("sqlite", "sqlite-long-row") and not name.startswith(("gz", "zip", "t", "wheel")):  # hold times
            assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), name


def test_it_is_large_and_a_third_is_held_out() -> None:
    found = [style for style in styles() if not style.decoy]
    assert len(found) >= 150
    assert len(found) / 4 < sum(style.held_out for style in found)
    assert sum(style.decoy for style in styles()) >= 40


def test_labels_tell_where_each_value_stands(tmp_path: Path) -> None:
    labels = generate(tmp_path, seed=5)
    checked = 0
    for label in labels.labels:
        data = (tmp_path / label.path).read_bytes()
        if label.exact and not label.via and label.value.encode() in data and b"\r" not in data:
            line = data.decode("utf-8-sig", "replace").split("\n")[label.line - 1]
            assert line[label.column - 1 :].startswith(label.value), label.style
            checked += 1
    assert checked > 300
    assert Labels.load(_saved(labels, tmp_path / "labels.json")) == labels


def _saved(labels: Labels, path: Path) -> Path:
    labels.save(path)
    return path


def test_the_scorer_can_fail(swept: tuple[Labels, dict[str, Any], str]) -> None:
    labels, report, root = swept
    full = score(labels, report, root)
    less = {**report, "findings": report["findings"][10:]}
    assert score(labels, less, root).recall("access_key_id") < full.recall("access_key_id")
    more = copy.deepcopy(report)
    invented = copy.deepcopy(report["findings"][0])
    invented["place"]["path"] = os.path.join(root, sorted(labels.decoys)[0])
    more["findings"].append(invented)
    assert len(score(labels, more, root).false) == len(full.false) + len(invented["parts"])
    apart = copy.deepcopy(report)
    torn = next(f for f in apart["findings"] if len(f["parts"]) == 2)
    apart["findings"].append({**torn, "parts": [torn["parts"].pop()]})
    assert score(labels, apart, root).pairs_found == full.pairs_found - 1


@pytest.mark.parametrize("held_out", [False, True], ids=["known", "held out"])
def test_what_is_planted_is_found(swept: tuple[Labels, dict[str, Any], str], *, held_out: bool) -> None:
    result = score(*swept)
    for role in ("access_key_id", "secret_access_key"):
        missed = [f"{label.style} {label.role}" for label in result.missed if label.held_out is held_out]
        assert result.recall(role, held_out=held_out) >= 0.99, missed
    assert result.pairing >= 0.98, [label.style for label in result.unpaired]


def test_what_is_not_there_is_not_reported(swept: tuple[Labels, dict[str, Any], str]) -> None:
    result = score(*swept)
    assert result.false_share <= 0.01, result.false
