"""Everything that is logged or audited stands in the catalogue of events, with its fields."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from keywatch.events import EVENTS, FIELDS

ROOT = Path(__file__).parent.parent
#: the argument that names the event, by what the call is of
_NAMED = {"log": 1, "_log": 1, "append": 1, "_record": 0, "record": 1}
_NOT_FIELDS = {"durable"}


def told() -> list[tuple[str, str, set[str]]]:
    """Where, which event, which fields: of each call whose event is written out."""
    found = []
    for path in (ROOT / "keywatch").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            at = _NAMED.get(name)
            if at is None or len(node.args) <= at or (name == "append" and len(node.args) < 2):
                continue
            event = node.args[at]
            if isinstance(event, ast.Constant) and isinstance(event.value, str):
                fields = {word.arg for word in node.keywords if word.arg} - _NOT_FIELDS
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", event.value, fields))
    return found


def test_what_is_told_is_in_the_catalogue() -> None:
    seen = told()
    assert len(seen) > 25
    for where, event, fields in seen:
        assert event in EVENTS, f"{where}: {event}: give it a row in keywatch/events.py"
        assert fields <= set(EVENTS[event][2]), f"{where}: {event}: {fields - set(EVENTS[event][2])}"
    assert {event for _, event, _ in seen} | {"move", "undo", "move-failed", "read"} >= set(EVENTS), "told nowhere"


def test_each_field_is_explained() -> None:
    assert {field for _, _, fields in EVENTS.values() for field in fields} <= set(FIELDS)


def test_the_page_is_up_to_date() -> None:
    made = subprocess.run([sys.executable, ROOT / "scripts/events.py"], capture_output=True, text=True, check=True)
    assert (ROOT / "docs/events.md").read_text() == made.stdout, "python scripts/events.py > docs/events.md"
