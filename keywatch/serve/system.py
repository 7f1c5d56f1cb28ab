"""The keeper of the system vault: gives each entry to the users and programs that a policy names, and to root.

Its identity is a systemd credential that only this service is given. Without a policy an entry is root's alone. Only
root lists, puts, renames and removes. Knows nothing of sockets.
"""

from __future__ import annotations

import json
import math
import os
from base64 import b64decode
from typing import Any

from keywatch.age.keys import parse_recipient
from keywatch.errors import AgeError, EntryExistsError, EntryMissingError, UsageError, VaultLockedError
from keywatch.serve.consumers import forget
from keywatch.serve.errands import Errand
from keywatch.serve.keeper import Held, Keeper, Record
from keywatch.serve.policies import Policies, why_not
from keywatch.serve.reads import Peer
from keywatch.serve.renaming import forget_removed, rename
from keywatch.vault.base import check_name, timestamp
from keywatch.vault.document import VaultRecipient
from keywatch.vault.file import FileVault, create_vault
from keywatch.vault.identity import read_credential
from keywatch.vault.remote import EXISTS, MISSING, deposit_of, entry_as, fields_as
from keywatch.wire.protocol import GIVEN, REFUSED

#: the systemd credential that holds the vault's identity
CREDENTIAL = "keywatch-identity"
#: public keys, one a line, that also open the vault: the recovery key's and others'
RECIPIENTS = "recipients.txt"


class SystemKeeper(Keeper):
    """Answers everybody at the system's socket, each as far as the policies allow."""

    def __init__(self, path: str, state_dir: str, record: Record, policies: Policies) -> None:
        super().__init__(path, state_dir, record, policies)

    def errand(self, line: bytes, peer: Peer, *, allowed: bool = False) -> Errand | None:  # noqa: ARG002
        """Nothing: at a system service there is nobody to ask, and no network to ask AWS over."""
        return None

    def lock(self) -> None:
        """Forget what was opened; the credential opens it again."""
        super().lock()

    def _current(self) -> Held | None:
        if self._held is None:
            identities = read_credential(CREDENTIAL)
            self._held = Held([each for each in identities if hasattr(each, "encoded")], math.inf, 0.0)
        return self._held

    def _why_not(self, name: str, peer: Peer) -> str | None:
        policy = self._policies.get(name.casefold())
        if policy is not None and policy.deny:
            return "[entries] denies it"
        if policy is not None and policy.session:
            return "[entries] wants temporary keys, and the system agent has no network to get one by"
        if peer.uid == 0:
            return None
        if policy is None:
            return f"no [entries] section names who may have it, so that only root does (user {peer.uid} asked)"
        if policy.ask:
            return "its policy wants a person asked, and here is nobody"
        if not policy.uids:
            return "its policy names no uids, which the system agent asks for"
        return why_not(policy, peer)

    def _answer(self, words: list[str], peer: Peer) -> tuple[bytes, str]:
        match words:
            case ["credential" | "variables", _]:
                return super()._answer(words, peer)
            case ["status"]:
                return GIVEN, "unlocked" if self._can_open() else "locked"
        if words[:1] and words[0] in ("entries", "put", "rename", "remove", "forget") and peer.uid != 0:
            return REFUSED, "only root may list or change the system vault"
        try:
            return GIVEN, json.dumps(self._manage(words, peer))
        except EntryMissingError as error:
            return REFUSED, MISSING + str(error)
        except EntryExistsError as error:
            return REFUSED, EXISTS + str(error)

    def _can_open(self) -> bool:
        try:
            return self._current() is not None
        except VaultLockedError:
            return False

    def _manage(self, words: list[str], peer: Peer) -> dict[str, Any]:
        if words[:1] == ["payload"] and len(words) == 2:
            return {"fields": fields_as(self._open(words[1], "payload", peer).payload)}
        vault = self._vault()
        match words:
            case ["entries"]:
                return {"entries": [entry_as(entry) for entry in vault.list_entries()]}
            case ["put", text]:
                try:
                    record = json.loads(b64decode(text, validate=True))
                    deposit, replace = deposit_of(record), bool(record["replace"])
                except (ValueError, TypeError, KeyError, AttributeError):
                    raise UsageError("not a deposit") from None
                self._record("put", "replace" if replace else "", check_name(deposit.name), peer)
                return {"entry": entry_as(vault.put(deposit, replace=replace))}
            case ["rename", name, new]:
                self._record("rename", "", check_name(name), peer, new=check_name(new))
                return {"entry": entry_as(rename(vault, name, new, state=self._state_dir))}
            case ["forget", name, text]:
                return {"forgotten": forget(self._state_dir, check_name(name), _text(text))}
            case ["remove", name]:
                self._record("remove", "", check_name(name), peer)
                vault.remove(name)
                forget_removed(vault, name, state=self._state_dir)
                return {}
        raise UsageError("not a request")

    def _vault(self) -> FileVault:
        held = self._current()
        return FileVault(self._path, self._state_dir, lambda _: held.identities if held else [], lock_timeout=2.0)


def _text(encoded: str) -> str:
    try:
        return b64decode(encoded, validate=True).decode()
    except ValueError:
        raise UsageError("not the name of a program") from None


def make_vault(path: str, state_dir: str, config_dir: str) -> bool:
    """Make the system vault where there is none; False where there is one already.

    It is opened by this service's credential, and by the recipients that are written down in the configuration.
    """
    if os.path.lexists(path):
        return False
    own = [identity for identity in read_credential(CREDENTIAL) if hasattr(identity, "encoded")]
    found = [_recipient("credential", str(identity.recipient()), "this machine", CREDENTIAL) for identity in own]
    found += [_recipient("recovery", text, "recovery key", "") for text in read_recipients(config_dir)]
    create_vault(path, state_dir, found)
    return True


def follow_recipients(path: str, state_dir: str, config_dir: str) -> tuple[int, int]:
    """Seal the vault to the recipients that are written down now, and no longer to others; how many came and went."""
    own = [each for each in read_credential(CREDENTIAL) if hasattr(each, "encoded")]
    vault = FileVault(path, state_dir, lambda _: own)
    wanted = read_recipients(config_dir)
    there = {each.recipient: each.id for each in vault.recipients() if each.kind == "recovery"}
    add = [_recipient("recovery", text, "recovery key", "") for text in wanted if text not in there]
    remove = [ident for text, ident in there.items() if text not in wanted]
    if add or remove:
        vault.change_recipients(add=add, remove=remove)
    return len(add), len(remove)


def read_recipients(config_dir: str) -> list[str]:
    """The public keys of recipients.txt. `UsageError` for a line that is none."""
    path = os.path.join(config_dir, RECIPIENTS)
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            lines = [line.strip() for line in file]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    wanted = [line for line in lines if line and not line.startswith("#")]
    for line in wanted:
        try:
            parse_recipient(line)
        except AgeError as error:
            raise UsageError(f"{path}: {error}") from None
    return wanted


def _recipient(kind: str, text: str, label: str, where: str) -> VaultRecipient:
    import secrets

    return VaultRecipient(
        id=secrets.token_hex(8), kind=kind, recipient=text, created=timestamp(),  # type: ignore[arg-type]  # two literals
        label=label, where=where, sealed="",
    )  # fmt: skip
