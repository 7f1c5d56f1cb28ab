"""A vault in a folder of its own, and deposits of fake keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fakes import Fakes

from keywatch.age import x25519
from keywatch.age.base import Identity
from keywatch.model import Secret
from keywatch.vault.base import Deposit, Payload
from keywatch.vault.document import Document, VaultRecipient, parse_document
from keywatch.vault.file import FileVault


def fake_deposit(name: str, *, seed: int | None = None) -> Deposit:
    """A deposit of a fake pair; the same for the same name (or seed)."""
    fakes = Fakes(sum(name.encode()) if seed is None else seed)
    fields = {"access_key_id": fakes.key_id(), "secret_access_key": fakes.secret()}
    payload = Payload({field: Secret(value.encode()) for field, value in fields.items()})
    return Deposit(name, payload, "long-lived", source=f"/home/someone/.aws/credentials#{name}", consumer="AWS CLI")


def public(identity: x25519.X25519Identity, number: int = 0) -> VaultRecipient:
    """A recipient of which only the public key is known."""
    return VaultRecipient(f"{number:016x}", "recovery", str(identity.recipient()), "2025-01-01T00:00:00Z")


@dataclass(frozen=True)
class Lab:
    """A vault file of one installation, with its identity outside."""

    folder: Path
    identity: x25519.X25519Identity

    @property
    def path(self) -> Path:
        return self.folder / "vault.json"

    @property
    def state(self) -> str:
        return str(self.folder / "state")

    def depositor(self) -> FileVault:
        """The vault of somebody who knows no identity."""
        return FileVault(str(self.path), self.state)

    def reader(self, *identities: Identity) -> FileVault:
        """The vault of somebody who holds these identities, or the first recipient's."""
        held: Sequence[Identity] = identities or (self.identity,)
        return FileVault(str(self.path), self.state, lambda _: held)

    def document(self) -> Document:
        return parse_document(self.path.read_bytes(), str(self.path))
