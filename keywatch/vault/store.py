"""What a keyring is to keywatch: small secrets by user name under one service, each with a label that a person sees."""

from __future__ import annotations

from typing import Protocol

from keywatch.model import Secret

SERVICE = "keywatch"


class Store(Protocol):
    """One OS keyring. Every call ends within the store's time limit; every error is a `KeyringError`."""

    @property
    def title(self) -> str:
        """What to call it to a person."""

    @property
    def backend(self) -> str:
        """The class of the `keyring` library that reads the same items."""

    @property
    def limit(self) -> int:
        """The largest secret that it keeps, in bytes."""

    def get(self, user: str) -> Secret | None:
        """The secret of that user name, or None."""

    def set(self, user: str, label: str, value: Secret) -> None:
        """Keep a secret, replacing an older one of that name, and read it back: `KeyringMismatchError`."""

    def delete(self, user: str) -> bool:
        """Take a secret out; False when there was none."""
