"""The Secret Service (GNOME Keyring, KWallet, KeePassXC) through secretstorage: what `keyring` does there, and a label
and attributes of our own, no prompt unless asked for, and a third of the time to the first answer.

Items are found by the same two attributes that `keyring` uses, so `keyring get keywatch NAME` reads them too.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TypeVar

import secretstorage
from jeepney import DBusErrorResponse
from jeepney.io.blocking import DBusConnection

from keywatch.errors import (
    EntryTooLargeError,
    KeyringAbsentError,
    KeyringDismissedError,
    KeyringError,
    KeyringLockedError,
    KeyringMismatchError,
    KeyringTimeoutError,
)
from keywatch.model import Secret
from keywatch.vault.store import SERVICE
from keywatch.vault.timebox import run_boxed

Result = TypeVar("Result")
#: gnome-keyring's daemon gives up on larger secrets (its secure memory); the bus itself allows 128 MiB.
_LIMIT = 64 * 1024
_SCHEMA = "org.freedesktop.Secret.Generic"


class SecretServiceStore:
    """The default collection. `interactive` lets the service ask the person to unlock it, within the time limit."""

    backend = "keyring.backends.SecretService.Keyring"
    title = "the Secret Service keyring"
    limit = _LIMIT

    def __init__(self, *, timeout: float, interactive: bool = False) -> None:
        self._timeout = timeout
        self._interactive = interactive

    def get(self, user: str) -> Secret | None:
        """The secret of that user name, or None."""

        def read(collection: secretstorage.Collection) -> Secret | None:
            item = _find(collection, user)
            return None if item is None else Secret(item.get_secret())

        return self._call(read)

    def set(self, user: str, label: str, value: Secret) -> None:
        """Keep a secret and read it back through a new session."""
        if len(value) > self.limit:
            raise EntryTooLargeError(f"{self.title}: {len(value)} bytes is more than the {self.limit} that it keeps")

        def write(collection: secretstorage.Collection) -> None:
            item = _find(collection, user)
            if item is None:
                collection.create_item(label, _attributes(user), value.expose(), replace=True)
            else:
                item.set_secret(value.expose())
                item.set_label(label)

        self._call(write)
        if self.get(user) != value:
            raise KeyringMismatchError(f"{self.title}: gave back something else than was put in: nothing relies on it")

    def delete(self, user: str) -> bool:
        """Take a secret out; False when there was none."""

        def remove(collection: secretstorage.Collection) -> bool:
            item = _find(collection, user)
            if item is None:
                return False
            item.delete()
            return True

        return self._call(remove)

    def _call(self, work: Callable[[secretstorage.Collection], Result]) -> Result:
        """`work` on the unlocked default collection, over a connection of its own that a timeout cuts."""
        connections: list[DBusConnection] = []

        def call() -> Result:
            connection = secretstorage.dbus_init()
            connections.append(connection)
            try:
                return work(self._collection(connection))
            finally:
                connection.close()

        def cancel() -> None:
            # The service drops the prompts and the requests of a client that is gone.
            for connection in connections:
                connection.sock.shutdown(socket.SHUT_RDWR)

        try:
            return run_boxed(call, timeout=self._timeout, what=self.title, cancel=cancel)
        except secretstorage.PromptDismissedException:
            raise KeyringDismissedError(f"{self.title}: its prompt was closed: try again and unlock it") from None
        except secretstorage.LockedException:
            raise self._locked() from None
        except secretstorage.SecretServiceNotAvailableException:
            raise self._absent() from None
        except TimeoutError:
            raise KeyringTimeoutError(f"{self.title}: its prompt was not answered within {self._timeout:g} s") from None
        except (DBusErrorResponse, secretstorage.SecretStorageException) as error:
            # By name only: a D-Bus error's text is the service's own.
            name = error.name if isinstance(error, DBusErrorResponse) else type(error).__name__
            if name == "org.freedesktop.Secret.Error.IsLocked":
                raise self._locked() from None
            raise KeyringError(f"{self.title}: refused: {name}") from None
        except (OSError, EOFError, ValueError) as error:
            # jeepney: no socket at the address, a refused login (root on a user's bus), a connection that ended.
            raise self._absent(type(error).__name__) from None

    def _collection(self, connection: DBusConnection) -> secretstorage.Collection:
        try:
            collection = secretstorage.Collection(connection)
        except secretstorage.ItemNotFoundException:
            raise KeyringAbsentError(
                f"{self.title}: has no default collection: make one with Seahorse or KWalletManager"
            ) from None
        if collection.is_locked():
            if not self._interactive:
                raise self._locked()
            if collection.unlock(timeout=self._timeout):
                raise KeyringDismissedError(f"{self.title}: its prompt was closed: try again and unlock it")
        return collection

    def _locked(self) -> KeyringLockedError:
        return KeyringLockedError(
            f"{self.title}: is locked: unlock it (log in, or open Seahorse or KWalletManager) and try again"
        )

    def _absent(self, why: str = "") -> KeyringAbsentError:
        reason = f" ({why})" if why else ""
        return KeyringAbsentError(
            f"{self.title}: can't be reached from here{reason}: is there a desktop session of yours, and "
            "DBUS_SESSION_BUS_ADDRESS set? Without one use a vault file: keywatch vault init"
        )


def _find(collection: secretstorage.Collection, user: str) -> secretstorage.Item | None:
    return next(collection.search_items({"service": SERVICE, "username": user}), None)


def _attributes(user: str) -> dict[str, str]:
    return {"service": SERVICE, "username": user, "application": SERVICE, "xdg:schema": _SCHEMA}
