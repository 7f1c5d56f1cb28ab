"""The ways in the order of preference: the first that suits a place is its default. A new way is one line here."""

from __future__ import annotations

from importlib import import_module

from keywatch.errors import UsageError
from keywatch.model import Finding
from keywatch.move.base import Held
from keywatch.move.ways.base import Way

#: modules of this folder, each with its `WAYS`
MODULES = (
    "redact",
    "aws_file",
    "crontab",
    "systemd",
    "literal",
    "shell_profile",
    "shell_env",
    "key_value",
    "tools",
)


def each_way() -> list[Way]:
    """All ways."""
    return [way for module in MODULES for way in import_module(f"keywatch.move.ways.{module}").WAYS]


def ways_for(held: Held) -> list[Way]:
    """The ways that suit, best first."""
    return [way for way in each_way() if way.suits(held)]


def choose_way(held: Held, named: str = "") -> Way | None:
    """The default way, or the one of that name; None where nothing suits. `UsageError` when `named` does not suit."""
    ways = ways_for(held)
    if not named:
        return ways[0] if ways else None
    if named == "redact" and not held.consumer:  # nothing is known to read it, and the person says that nothing does
        ways = [way for way in each_way() if way.name == named]
    for way in ways:
        if way.name == named:
            return way
    choices = ", ".join(way.name for way in ways) or "none"
    raise UsageError(f"{_where(held.finding)}: --as {named} does not suit it: {choices}")


def _where(finding: Finding) -> str:
    return f"{finding.place.path}:{finding.parts[0].line}"
