"""What a place is before it is opened: a row of the catalogue, and a file that a row leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the catalogue: files that `pattern` names below a home or (`system`) below the root.

    Each step of the pattern may be a shell glob; `**` stands for up to three folders. `format` is a name of
    formats/registry.py, `consumer` the program that reads the place, said to people.
    """

    pattern: str
    format: str
    consumer: str
    scope: Literal["home", "system"] = "home"


@dataclass(frozen=True, slots=True)
class Target:
    """A file to be read by name. `format` empty: to be told by its name. `asked`: the person named it."""

    path: str
    format: str = ""
    consumer: str = ""
    asked: bool = False
