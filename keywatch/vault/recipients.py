"""New recipients: an identity is made, put where it is to be held, and only its public key is handed on.

One way to hold an identity is one function. None of them touches the vault: `FileVault.change_recipients` does.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from keywatch import age
from keywatch.age import x25519
from keywatch.age.passphrase import DEFAULT_WORK_FACTOR, PassphraseRecipient
from keywatch.errors import FileWriteError
from keywatch.model import Secret
from keywatch.vault.base import timestamp
from keywatch.vault.document import RecipientKind, VaultRecipient

if TYPE_CHECKING:
    from keywatch.age.keys import AnyIdentity
    from keywatch.vault.store import Store


def hold_by_passphrase(
    passphrase: Secret, *, label: str = "", work_factor: int = DEFAULT_WORK_FACTOR, post_quantum: bool = False
) -> VaultRecipient:
    """An identity sealed by a passphrase, kept inside the vault file: one file to copy, one file to recover from."""
    identity = _generate(post_quantum=post_quantum)
    sealed = age.encrypt(
        _identity_file(identity), [PassphraseRecipient(passphrase, work_factor)], armored=True
    ).decode()
    return _recipient("passphrase", identity, label=label, sealed=sealed)


def hold_in_file(path: str, *, label: str = "", post_quantum: bool = False) -> VaultRecipient:
    """An identity in a new file of mode 0600, as age-keygen writes it. `FileWriteError` when something stands there."""
    identity = _generate(post_quantum=post_quantum)
    path = os.path.abspath(path)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(_identity_file(identity))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            os.unlink(path)
            raise
    except OSError as error:
        raise FileWriteError(f"{path}: the key file can't be made: {error.strerror}") from None
    return _recipient("key-file", identity, label=label, where=path)


def hold_in_keyring(store: Store, *, label: str = "", post_quantum: bool = False) -> VaultRecipient:
    """An identity in the OS keyring, read back before this returns."""
    identity = _generate(post_quantum=post_quantum)
    recipient = _recipient("keyring", identity, label=label or store.title, where=store.backend)
    store.set(keyring_user(recipient), "keywatch: identity of a vault file", identity.encoded())
    return recipient


def hold_in_credential(name: str, *, label: str = "", post_quantum: bool = False) -> tuple[VaultRecipient, Secret]:
    """An identity for systemd: the second value is for `systemd-creds encrypt --name=NAME` to read from its stdin."""
    identity = _generate(post_quantum=post_quantum)
    return _recipient("credential", identity, label=label, where=name), Secret(_identity_file(identity))


def hold_on_paper(*, label: str = "", post_quantum: bool = False) -> tuple[VaultRecipient, Secret]:
    """A recovery key: the second value is shown once, to be printed or written down, and kept nowhere."""
    identity = _generate(post_quantum=post_quantum)
    return _recipient("recovery", identity, label=label), identity.encoded()


def keyring_user(recipient: VaultRecipient) -> str:
    """Under which user name the keyring holds a recipient's identity."""
    return f"identity-{recipient.id}"


def _generate(*, post_quantum: bool) -> AnyIdentity:
    if post_quantum:
        from keywatch.age import hybrid

        return hybrid.generate()
    return x25519.generate()


def _recipient(
    kind: RecipientKind, identity: AnyIdentity, *, label: str, where: str = "", sealed: str = ""
) -> VaultRecipient:
    return VaultRecipient(
        id=secrets.token_hex(8),
        kind=kind,
        recipient=str(identity.recipient()),
        created=timestamp(),
        label=label,
        where=where,
        sealed=sealed,
    )


def _identity_file(identity: AnyIdentity) -> bytes:
    head = f"# created by keywatch: {timestamp()}\n# public key: {identity.recipient()}\n".encode()
    return head + identity.encoded().expose() + b"\n"
