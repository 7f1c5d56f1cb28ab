"""Identities from where they are held. Never prompts: a passphrase or a recovery key is given by the caller.

`unlock_quietly` is what a helper uses that must answer within a second: key file, systemd credential, unlocked keyring.
A keyring library is imported only when nothing else opens the vault and a recipient is held there.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keywatch import age
from keywatch.age.keys import parse_identity, parse_identity_file
from keywatch.age.passphrase import PassphraseIdentity
from keywatch.errors import AgeError, KeywatchError, NoMatchError, VaultLockedError
from keywatch.model import Secret
from keywatch.vault.document import VaultRecipient

if TYPE_CHECKING:
    from keywatch.age.keys import AnyIdentity
    from keywatch.vault.file import Unlock

_MAX_KEY_FILE = 64 * 1024
_CREDENTIAL = re.compile(r"[A-Za-z0-9._-]{1,255}")


def read_key_file(path: str, passphrase: Secret | None = None) -> list[AnyIdentity]:
    """The identities of a key file, opened by `passphrase` where one seals it. `VaultLockedError` says why not."""
    try:
        content = _read_private(path)
    except OSError as error:
        raise VaultLockedError(f"{path}: the key file can't be read: {error.strerror}") from None
    try:
        if content.startswith((b"age-encryption.org/", b"-----BEGIN AGE")):
            if passphrase is None:
                raise VaultLockedError(f"{path}: a passphrase seals this key file")
            content = age.decrypt(content, [PassphraseIdentity(passphrase)])
        return parse_identity_file(content)
    except NoMatchError:
        raise VaultLockedError(f"{path}: this passphrase does not open the key file") from None
    except AgeError as error:
        raise VaultLockedError(f"{path}: {error}") from None


def _read_private(path: str) -> bytes:
    """A small file that nobody else may read or write. `VaultLockedError` for any other."""
    # O_NONBLOCK: a FIFO put there must not hold the helper.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or info.st_size > _MAX_KEY_FILE:
            raise VaultLockedError(f"{path}: not a key file")
        # systemd gives a service its credentials as root's, with an ACL that shows as group-readable.
        others = 0o077 if info.st_uid == os.geteuid() else 0o027
        if info.st_uid not in (os.geteuid(), 0) or info.st_mode & others:
            raise VaultLockedError(f"{path}: others may read or write this key file: chown it to you and chmod 600 it")
        return file.read(_MAX_KEY_FILE)


def read_credential(name: str) -> list[AnyIdentity]:
    """The identities of the systemd credential of that name, where this process was given it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not os.path.isabs(folder) or not _CREDENTIAL.fullmatch(name) or name.startswith("."):
        raise VaultLockedError(
            f"systemd credential '{name}': not given to this process: LoadCredentialEncrypted= gives it"
        )
    return read_key_file(os.path.join(folder, name))


def read_keyring(recipient: VaultRecipient, *, timeout: float, interactive: bool = False) -> list[AnyIdentity]:
    """The identity that the OS keyring holds. `KeyringError` where it can't be had; prompts only if `interactive`."""
    from keywatch.vault.backend import open_store
    from keywatch.vault.recipients import keyring_user

    store = open_store(timeout=timeout, interactive=interactive, known=recipient.where)
    text = store.get(keyring_user(recipient))
    if text is None:
        raise VaultLockedError(
            f"{store.title}: does not hold this vault's identity: give the passphrase or the recovery key"
        )
    return [_identity(text)]


def unlock_quietly(*, timeout: float = 1.0) -> Unlock:
    """Identities that can be had without asking anybody, cheapest first; the first that is found is enough."""

    def unlock(recipients: Sequence[VaultRecipient]) -> list[AnyIdentity]:
        why: list[str] = []
        for kind in ("key-file", "credential", "keyring"):
            for recipient in recipients:
                if recipient.kind == kind:
                    try:
                        return _matching(_read(recipient, timeout), recipient)
                    except KeywatchError as error:
                        why.append(str(error))
        raise VaultLockedError("; ".join(why) or "the vault is locked: unlock it, or give its recovery key")

    return unlock


def unlock_by_passphrase(passphrase: Secret) -> Unlock:
    """The identities that the passphrase opens."""

    def unlock(recipients: Sequence[VaultRecipient]) -> list[AnyIdentity]:
        for recipient in recipients:
            if recipient.kind == "passphrase":
                try:
                    return parse_identity_file(age.decrypt(recipient.sealed.encode(), [PassphraseIdentity(passphrase)]))
                except NoMatchError:
                    continue
                except AgeError as error:
                    raise VaultLockedError(f"the identity that a passphrase seals can't be opened: {error}") from None
        raise VaultLockedError("this passphrase does not open the vault")

    return unlock


def unlock_by_recovery_key(text: Secret) -> Unlock:
    """The identity of a recovery key as a person types it: blanks and lower case are forgiven."""
    identity = _identity(Secret(b"".join(text.expose().split()).upper()))
    return lambda _: [identity]


def _read(recipient: VaultRecipient, timeout: float) -> list[AnyIdentity]:
    if recipient.kind == "key-file":
        return read_key_file(recipient.where)
    if recipient.kind == "credential":
        return read_credential(recipient.where)
    return read_keyring(recipient, timeout=timeout)


def _matching(identities: list[AnyIdentity], recipient: VaultRecipient) -> list[AnyIdentity]:
    """Those identities, when one of them is the recipient's: another key file at that path is said to be one."""
    if not any(str(identity.recipient()) == recipient.recipient for identity in identities):
        raise VaultLockedError(f"{recipient.where or 'the keyring'}: holds an identity of something else")
    return identities


def _identity(text: Secret) -> AnyIdentity:
    try:
        return parse_identity(text.expose().decode("ascii", "replace"))
    except AgeError as error:
        raise VaultLockedError(f"not the identity of a vault: {error}") from None
