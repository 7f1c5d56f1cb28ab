"""The list of styles: how a key is written somewhere, or what looks like a key and is none. A new one is a line or three.

`text(...)` registers templates, `@style(...)` a function that makes a content or several files. Each belongs to a group,
and recall is told for each: `known` styles are those that the scanner has readers and rules for; `held out` are formats
and quotings that nobody tuned it for; `beyond` are wrappings that the design does not promise to open, such as gzip
within base64: they are measured and told, and no target stands on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.corpus.template import Draft, Planted

Made = str | Planted | Mapping[str, "str | Planted"]
Make = Callable[[Draft], Made]

KNOWN, HELD_OUT, BEYOND = GROUPS = ("known", "held out", "beyond")


@dataclass(frozen=True, slots=True)
class Style:
    """One way of writing. `make` gives a template or content for `path`, or a mapping of paths to them."""

    name: str
    path: str
    make: Make
    group: str = KNOWN
    decoy: bool = False
    encoding: str = "utf-8"
    newline: str = "\n"
    bom: bool = False


STYLES: dict[str, Style] = {}


def _register(new: Style) -> None:
    if new.name in STYLES:
        raise ValueError(f"two styles are called {new.name}")
    STYLES[new.name] = new


def text(
    name: str,
    path: str,
    *templates: str,
    held: bool = False,
    encoding: str = "utf-8",
    newline: str = "\n",
    bom: bool = False,
) -> None:
    """Register a style of one file; several templates are taken in turn by its copies."""

    def make(draft: Draft) -> str:
        return templates[draft.copy % len(templates)]

    _register(Style(name, path, make, HELD_OUT if held else KNOWN, encoding=encoding, newline=newline, bom=bom))


def decoy(name: str, path: str, *templates: str) -> None:
    """Register a decoy of one file: nothing in it may be reported."""
    _register(Style(name, path, lambda draft: templates[draft.copy % len(templates)], decoy=True))


def style(
    name: str, path: str, *, held: bool = False, group: str = "", is_decoy: bool = False
) -> Callable[[Make], Make]:
    """Register a function as a style."""

    def add(make: Make) -> Make:
        _register(Style(name, path, make, group or (HELD_OUT if held else KNOWN), is_decoy))
        return make

    return add
