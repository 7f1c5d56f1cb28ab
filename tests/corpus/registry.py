"""The list of styles: how a key is written somewhere, or what looks like a key and is none. Adding one is a line or three.

`text(...)` registers templates, `@style(...)` a function that makes a content or several files. A style that is
`held_out` is one that the scanner's authors did not tune for; recall is told for both parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.corpus.template import Draft, Planted

Made = str | Planted | Mapping[str, "str | Planted"]
Make = Callable[[Draft], Made]


@dataclass(frozen=True, slots=True)
class Style:
    """One way of writing. `make` gives a template or content for `path`, or a mapping of paths to them."""

    name: str
    path: str
    make: Make
    held_out: bool = False
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

    _register(Style(name, path, make, held, encoding=encoding, newline=newline, bom=bom))


def decoy(name: str, path: str, *templates: str) -> None:
    """Register a decoy of one file: nothing in it may be reported."""
    _register(Style(name, path, lambda draft: templates[draft.copy % len(templates)], decoy=True))


def style(name: str, path: str, *, held: bool = False, is_decoy: bool = False) -> Callable[[Make], Make]:
    """Register a function as a style."""

    def add(make: Make) -> Make:
        _register(Style(name, path, make, held, is_decoy))
        return make

    return add
