"""Which vault is meant: the one that was named, else the vault file where there is one, else the OS keyring.

Never falls back from one that can't be opened to another: a name must always mean the same key.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keywatch.errors import UsageError
from keywatch.paths import Homes

if TYPE_CHECKING:
    from keywatch.vault.base import Vault
    from keywatch.vault.file import FileVault, Unlock

#: what a person types for the OS keyring where a vault is asked for
KEYRING = "keyring"
#: and for the vault of the system's agent
SYSTEM = "system"


def open_vault(
    named: str, homes: Homes, *, unlock: Unlock | None = None, timeout: float = 30.0, interactive: bool = False
) -> Vault:
    """The vault that `named` means: a path, `keyring`, `system`, or empty for this user's own.

    `unlock` is asked when a vault file's entries are read; without, only what opens without asking anybody is tried,
    for `timeout` seconds. `interactive` lets the keyring prompt.
    """
    if named == SYSTEM or (not named and homes.system):
        from keywatch.vault.remote import SystemVault

        return SystemVault(timeout=min(timeout, 5.0))
    if named == KEYRING and homes.system:
        raise UsageError("the system's keys belong into the system vault: root opens nobody's keyring")
    if named == KEYRING or (not named and not os.path.lexists(homes.vault)):
        from keywatch.vault.backend import open_store
        from keywatch.vault.keyring import KeyringVault

        return KeyringVault(open_store(timeout=timeout, interactive=interactive), homes.state)
    return open_file(named or homes.vault, homes, unlock=unlock, timeout=timeout)


def open_file(path: str, homes: Homes, *, unlock: Unlock | None = None, timeout: float = 30.0) -> FileVault:
    """The vault file at `path`."""
    from keywatch.vault.file import FileVault
    from keywatch.vault.identity import unlock_quietly

    return FileVault(path, homes.state, unlock or unlock_quietly(timeout=timeout))
