"""`keywatch vault recipients`: the ways to open a vault file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from keywatch.cli.ask import ask_new_passphrase
from keywatch.errors import UsageError
from keywatch.model import Secret
from keywatch.report.escape import show

if TYPE_CHECKING:
    from keywatch.vault.document import VaultRecipient
    from keywatch.vault.file import FileVault


def list_recipients(vault: FileVault, *, as_json: bool) -> None:
    """Print them: id, kind, what they are called, public key."""
    found = vault.recipients()
    if as_json:
        plain = [
            {name: getattr(each, name) for name in ("id", "kind", "label", "where", "created", "recipient")}
            for each in found
        ]
        sys.stdout.write(json.dumps({"schema": "keywatch.recipients/1", "recipients": plain}) + "\n")
        return
    for each in found:
        where = f" ({show(each.where)})" if each.where and each.where != each.label else ""
        sys.stdout.write(f"{each.id}  {each.kind.ljust(10)}  {show(each.label)}{where}\n")


def change_recipients(vault: FileVault, change: str, what: str, passphrase_fd: int | None) -> Secret | None:
    """Add one by its kind, or remove one by its id; the recovery key to show, where one was made."""
    if change == "rm":
        found = [each.id for each in vault.recipients() if each.id.startswith(what)]
        if len(found) != 1:
            raise UsageError(
                f"{what}: {'no recipient has' if not found else 'several recipients have'} an id that begins so"
            )
        vault.change_recipients(remove=found)
        return None
    if what.startswith("credential=") and sys.stdout.isatty():
        name = what.partition("=")[2]
        raise UsageError(
            "this writes the vault's key to standard output, for systemd to seal: pipe it into "
            f"systemd-creds encrypt --name={name} - /etc/credstore.encrypted/{name}"
        )
    recipient, told = _make(what, passphrase_fd)
    vault.change_recipients(add=[recipient])
    if recipient.kind == "credential" and told is not None:
        sys.stdout.buffer.write(told.expose())
        return None
    return told


def _make(what: str, passphrase_fd: int | None) -> tuple[VaultRecipient, Secret | None]:
    from keywatch.vault import recipients as hold

    kind, _, where = what.partition("=")
    if kind == "keyring" and not where:
        from keywatch.vault.backend import open_store

        return hold.hold_in_keyring(open_store(interactive=True)), None
    if kind == "passphrase" and not where:
        return hold.hold_by_passphrase(ask_new_passphrase(passphrase_fd), label="passphrase"), None
    if kind == "recovery" and not where:
        return hold.hold_on_paper(label="recovery key")
    if kind == "key-file" and where:
        return hold.hold_in_file(where, label="key file"), None
    if kind == "credential" and where:
        return hold.hold_in_credential(where, label="systemd credential")
    raise UsageError(f"{what}: expected keyring, passphrase, recovery, key-file=PATH or credential=NAME")
