"""A sighting: a credential seen at a place, not yet judged, in a form that may leave the process that saw it.

Parts are masked and fingerprinted; there is no secret in it. Workers send sightings as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import astuple, dataclass
from typing import Any

from keywatch.model import Kind, Part, Place, Role, Span

#: by a credential's identity, the places it lies at: path and steps inside
Places = Mapping[str, Set[tuple[str, tuple[str, ...]]]]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What `fstat` told of the file when it was read, under its names there."""

    st_mode: int
    st_uid: int
    st_gid: int
    st_dev: int
    st_ino: int
    st_mtime: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """A credential at a place. `identity` is the same wherever the credential lies; `id` is this one at this place."""

    id: str
    identity: str
    rule: str
    kind: Kind
    place: Place
    parts: tuple[Part, ...]
    account: str | None = None
    ambiguous: bool = False
    allowed: bool = False
    notes: tuple[str, ...] = ()
    file: FileFacts | None = None


def to_message(seen: Sighting) -> dict[str, Any]:
    """The sighting as JSON takes it."""
    facts = seen.file
    return {
        "id": seen.id,
        "identity": seen.identity,
        "rule": seen.rule,
        "kind": seen.kind,
        "place": [seen.place.path, list(seen.place.via), seen.place.format, seen.place.owner, seen.place.consumer],
        "parts": [
            [p.role.value, p.line, p.column, p.masked, p.fingerprint, p.span.start, p.span.end, p.name]
            for p in seen.parts
        ],
        "account": seen.account,
        "ambiguous": seen.ambiguous,
        "allowed": seen.allowed,
        "notes": list(seen.notes),
        "file": list(astuple(facts)) if facts else None,
    }


def from_message(message: dict[str, Any]) -> Sighting:
    """The sighting that `to_message` gave."""
    path, via, form, owner, consumer = message["place"]
    return Sighting(
        id=message["id"],
        identity=message["identity"],
        rule=message["rule"],
        kind=message["kind"],
        place=Place(path, tuple(via), form, owner, consumer),
        parts=tuple(
            Part(Role(role), line, column, masked, fingerprint, Span(start, end), name)
            for role, line, column, masked, fingerprint, start, end, name in message["parts"]
        ),
        account=message["account"],
        ambiguous=message["ambiguous"],
        allowed=message["allowed"],
        notes=tuple(message["notes"]),
        file=FileFacts(*message["file"]) if message["file"] else None,
    )
