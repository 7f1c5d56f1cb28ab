"""Writes a corpus into a folder: every style `size` times, each copy in a folder of its own with a neutral name.

The same seed gives the same bytes. Folder names say nothing about what lies in them; the labels do.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from tests.corpus.labels import Label, Labels
from tests.corpus.registry import STYLES, Style
from tests.corpus.template import Draft, Planted

MODULES = (
    "aws_files", "aws_tools", "shells", "startup", "configs", "settings", "structured", "infrastructure", "sources",
    "programs", "clients", "records", "encoded", "odd",
    "decoys_text", "decoys_data",
)  # fmt: skip


def styles() -> list[Style]:
    """Every registered style, in the order of their names."""
    for module in MODULES:
        import_module(f"tests.corpus.{module}")
    return [STYLES[name] for name in sorted(STYLES)]


def generate(root: Path, seed: int, size: int = 1, only: str = "") -> Labels:
    """Write the corpus under `root` (made if absent) and give its labels; `only` keeps styles with that name prefix."""
    jobs = [(style, copy) for style in styles() if style.name.startswith(only) for copy in range(size)]
    random.Random(seed).shuffle(jobs)
    labels: list[Label] = []
    files: dict[str, str] = {}
    decoys: set[str] = set()
    for at, (style, copy) in enumerate(jobs):
        # a string seeds by its SHA-512: adding a style changes no other style's keys
        draft = Draft(random.Random(f"{seed}/{style.name}/{copy}"), copy)
        for name, content in _contents(style, draft).items():
            path = f"{at:05}/{name}"
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.data)
            files[path] = style.name
            if style.decoy:
                decoys.add(path)
            labels += _labels(style, copy, path, content)
    return Labels(tuple(labels), files, frozenset(decoys), seed)


def _contents(style: Style, draft: Draft) -> dict[str, Planted]:
    made = style.make(draft)
    named = made if isinstance(made, Mapping) else {draft.name(style.path): made}
    options = {"encoding": style.encoding, "newline": style.newline, "bom": style.bom}
    return {
        name: content if isinstance(content, Planted) else draft.plant(content, **options)  # type: ignore[arg-type]
        for name, content in named.items()
    }


def _labels(style: Style, copy: int, path: str, content: Planted) -> list[Label]:
    return [
        Label(
            path=path,
            via=mark.via,
            style=style.name,
            group=style.group,
            role=mark.role,
            value=mark.value,
            key=f"{style.name}/{copy}/{mark.number}",
            line=mark.line,
            column=mark.column,
            exact=mark.exact,
            commented=mark.commented,
        )
        for mark in content.marks
    ]
