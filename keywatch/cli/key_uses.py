"""What else holds a key that is to be rotated: places in plaintext, which break later, and moved ones, which follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keywatch.cli.rehouse import moves_using
from keywatch.cli.workbench import find_all, vault_named
from keywatch.move.journal import Move
from keywatch.paths import Homes, installation_key
from keywatch.vault.base import Payload

_MOST = 1 << 20
_SEALED = "/etc/credstore.encrypted/"
_AT_START = (b"keywatch exec", b"keywatch env", b"keywatch://")
_ITSELF = (b"keywatch-credential", b"AWS_PROFILE", b"AWS_SHARED_CREDENTIALS_FILE", b"env_auth")
HOUR, START, NEVER = "within the hour", "when it is started next", "not by itself"


@dataclass(frozen=True, slots=True)
class Follows:
    """A moved place, and how its programs come to the new key: one of `HOUR`, `START`, `NEVER`."""

    path: str
    how: str
    move: str


@dataclass(frozen=True, slots=True)
class Uses:
    """Where a key lies in plaintext, and which moved places ask for it."""

    plaintext: tuple[str, ...]
    moved: tuple[Follows, ...]


def find_uses(payload: Payload, entries: Sequence[str], vault: str, homes: Homes) -> Uses:
    """Sweep the well-known places for the key, and look up the moves to its entries; `vault` as a person names it."""
    wanted = payload.fields["access_key_id"].fingerprint(installation_key(homes.state))
    found = [each for each in find_all([], homes) if any(part.fingerprint == wanted for part in each.parts)]
    moves = {move.id: move for entry in entries for move in moves_using(homes, entry, vault_named(vault, homes))}
    followers = [Follows(path, _how(move, path), move.id) for move in moves.values() for path in move.places]
    return Uses(
        tuple(sorted({each.place.path for each in found})),
        tuple({each.path: each for each in followers if each.how}.values()),
    )


def _how(move: Move, path: str) -> str:
    """How a moved place comes to a new key; empty where it asks for none, as a redacted record does not."""
    if any(step.path.startswith(_SEALED) for step in move.steps):
        return NEVER
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST)
    except OSError:
        return HOUR  # a crontab's spool: what stands there asks the helper, or runs through exec
    if any(word in content for word in _AT_START):
        return START
    return HOUR if any(word in content for word in _ITSELF) else ""
