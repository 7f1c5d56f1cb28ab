"""Which OS keyring there is, and those that are reached through the `keyring` library.

Only backends of the list below are used, by class: others, installed by whatever package, keep secrets in plain files
or nowhere. Never falls back to another one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from keywatch.errors import (
    EntryTooLargeError,
    KeyringAbsentError,
    KeyringError,
    KeyringLockedError,
    KeyringMismatchError,
    KeyringRefusedError,
)
from keywatch.model import Secret
from keywatch.vault.store import SERVICE, Store
from keywatch.vault.timebox import run_boxed

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Result = TypeVar("Result")

#: The one backend that keywatch talks to itself.
SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105 - the name of a class
#: Backend class → what to call it, and how many bytes an item may have. Windows keeps 2,560 bytes of UTF-16.
ALLOWED = {
    SECRET_SERVICE: ("the Secret Service keyring", 64 * 1024),
    "keyring.backends.libsecret.Keyring": ("the Secret Service keyring (libsecret)", 64 * 1024),
    "keyring.backends.kwallet.DBusKeyring": ("KWallet", 64 * 1024),
    "keyring.backends.kwallet.DBusKeyringKWallet4": ("KWallet 4", 64 * 1024),
    "keyring.backends.macOS.Keyring": ("the macOS Keychain", 64 * 1024),
    "keyring.backends.Windows.WinVaultKeyring": ("the Windows Credential Locker", 1280),
}
_CHAINER = "keyring.backends.chainer.ChainerBackend"
_FAIL = "keyring.backends.fail.Keyring"


def open_store(*, timeout: float = 30.0, interactive: bool = False, known: str = "") -> Store:
    """The OS keyring of this session. `KeyringRefusedError` names a backend that would keep secrets in the clear.

    `interactive` lets the keyring ask the person to unlock it; without, a locked one is an error at once. `known` is
    the `backend` of the store that holds what is looked for: for the Secret Service this saves the search among them
    all, and 100 ms of imports.
    """
    if known != SECRET_SERVICE:
        backend = _choose(run_boxed(_detect, timeout=timeout, what="the OS keyring"))
        if _class_name(backend) != SECRET_SERVICE:
            return LibraryStore(backend, timeout=timeout)
    from keywatch.vault.secretservice import SecretServiceStore

    return SecretServiceStore(timeout=timeout, interactive=interactive)


class LibraryStore:
    """A keyring through the `keyring` library's own backend: all but the Secret Service."""

    def __init__(self, backend: KeyringBackend, *, timeout: float) -> None:
        self._keyring = backend
        self._timeout = timeout
        self.backend = _class_name(backend)
        self.title, self.limit = ALLOWED[self.backend]

    def get(self, user: str) -> Secret | None:
        """The secret of that user name, or None."""
        value: str | None = self._call(lambda: self._keyring.get_password(SERVICE, user))
        return None if value is None else Secret(value.encode())

    def set(self, user: str, label: str, value: Secret) -> None:  # noqa: ARG002 - these keyrings have no labels
        """Keep a secret and read it back."""
        text = value.expose().decode()
        if len(text) > self.limit:
            raise EntryTooLargeError(
                f"{self.title}: {len(text)} characters is more than the {self.limit} that it keeps: use a vault file"
            )
        self._call(lambda: self._keyring.set_password(SERVICE, user, text))
        if self.get(user) != value:
            raise KeyringMismatchError(f"{self.title}: gave back something else than was put in: nothing relies on it")

    def delete(self, user: str) -> bool:
        """Take a secret out; False when there was none."""
        if self.get(user) is None:
            return False
        self._call(lambda: self._keyring.delete_password(SERVICE, user))
        return True

    def _call(self, call: Callable[[], Result]) -> Result:
        import keyring.errors

        try:
            return run_boxed(call, timeout=self._timeout, what=self.title)
        except keyring.errors.KeyringLocked:
            raise KeyringLockedError(f"{self.title}: is locked: unlock it and try again") from None
        except keyring.errors.NoKeyringError:
            raise KeyringAbsentError(f"{self.title}: can't be reached from here: use a vault file") from None
        except keyring.errors.KeyringError as error:
            raise KeyringError(f"{self.title}: refused: {type(error).__name__}") from None


def _detect() -> KeyringBackend:
    """The backend that `keyring` finds or was configured to use."""
    import keyring.backend
    import keyring.core

    try:
        found = keyring.get_keyring()
        if _class_name(found) == _FAIL:
            # keyring remembers for the life of a process that there was none; a daemon may start before the session.
            with contextlib.suppress(AttributeError, KeyError):
                keyring.backend.get_all_keyring.reset()
            keyring.core.init_backend()
            found = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - whatever a configured backend's module raises
        raise KeyringAbsentError(
            f"the configured keyring backend can't be loaded ({type(error).__name__}): look at PYTHON_KEYRING_BACKEND "
            "and keyringrc.cfg (keyring diagnose), or use a vault file: keywatch vault init"
        ) from None
    return found


def _choose(backend: KeyringBackend) -> KeyringBackend:
    """The backend to use. A chain of allowed ones gives its first; a chain with any other is refused."""
    name = _class_name(backend)
    members = list(getattr(backend, "backends", ())) if name == _CHAINER else [backend]
    refused = next((_class_name(member) for member in members if _class_name(member) not in ALLOWED), None)
    if refused == _FAIL or not members:
        raise KeyringAbsentError(
            "no OS keyring can be reached from here: is there a desktop session of yours? Without one use a vault "
            "file: keywatch vault init"
        )
    if refused is not None:
        raise KeyringRefusedError(
            f"the keyring backend {refused} is not one that keywatch trusts with a secret: uninstall it, or set "
            f"PYTHON_KEYRING_BACKEND={SECRET_SERVICE} (keyring --list-backends shows what there is), or use a vault "
            "file: keywatch vault init"
        )
    return members[0]


def _class_name(backend: object) -> str:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}"
