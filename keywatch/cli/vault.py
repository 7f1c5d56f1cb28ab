"""`keywatch vault`: making, filling, showing and guarding vaults. Every action is a function of its options."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keywatch import audit
from keywatch.cli.ask import ask_line, ask_new_passphrase, ask_secret, can_ask, confirm_word, read_passphrase
from keywatch.errors import KeyringAbsentError, KeyringRefusedError, UsageError, VaultLockedError
from keywatch.model import Kind, Secret, mask_key_id
from keywatch.paths import Homes, own_homes, private_dir
from keywatch.report.escape import show
from keywatch.vault.base import Deposit, Payload, check_given
from keywatch.vault.opening import KEYRING, SYSTEM, open_file, open_vault

if TYPE_CHECKING:
    from keywatch.age.base import Identity
    from keywatch.vault.base import Vault
    from keywatch.vault.document import VaultRecipient
    from keywatch.vault.file import FileVault, Unlock

_MOST_INPUT = 64 * 1024
#: names under which people write the parts of an AWS key, as fields of an entry
_FIELDS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "accesskeyid": "access_key_id",
    "secretaccesskey": "secret_access_key",
    "sessiontoken": "session_token",
}
#: what changes a vault or who can open it
_CHANGING = frozenset({"init", "add", "rename", "rm", "copy", "recipients", "passphrase", "recovery", "adopt"})
_KINDS: dict[bytes, Kind] = {b"AKIA": "long-lived", b"ASIA": "temporary"}


def run_vault(options: argparse.Namespace) -> int:
    """Do the action that the options name; the exit status."""
    homes = own_homes()
    reads = options.action == "export" or getattr(options, "reveal", False)
    if reads:  # told before it is shown
        _note(options, homes)
    ACTIONS[options.action](options, homes)
    if not reads and options.action in _CHANGING:
        _note(options, homes)
    return 0


def _note(options: argparse.Namespace, homes: Homes) -> None:
    """Tell the audit log what was done to a vault, or is about to be shown of it."""
    audit.append(
        homes.state, "vault", durable=True, what=options.action, entry=getattr(options, "entry", ""),
        vault=options.vault, new=getattr(options, "new", ""), to=getattr(options, "to", ""),
        pid=os.getpid(), uid=os.geteuid(),
    )  # fmt: skip


def _file(options: argparse.Namespace, homes: Homes) -> FileVault:
    """The vault file meant. The keyring has no recipients, no passphrase and nothing to adopt."""
    if options.vault == SYSTEM or (homes.system and not options.vault):
        raise UsageError(f"keywatch vault {options.action}: the system vault lies behind its agent (docs/admin.md)")
    if options.vault == KEYRING:
        raise UsageError(f"keywatch vault {options.action} is for vault files: the OS keyring has its own means")
    return open_file(options.vault or homes.vault, homes, unlock=unlock_for(options))


def _vault(options: argparse.Namespace, homes: Homes, named: str | None = None) -> Vault:
    where = options.vault if named is None else named
    return open_vault(where, homes, unlock=unlock_for(options), interactive=True)


def unlock_for(options: argparse.Namespace) -> Unlock:
    """What opens without asking, then what the person said or can be asked for."""
    from keywatch.vault.identity import unlock_by_passphrase, unlock_by_recovery_key, unlock_quietly

    held: dict[tuple[VaultRecipient, ...], Sequence[Identity]] = {}

    def unlock(recipients: Sequence[VaultRecipient]) -> Sequence[Identity]:
        """Once for several entries: nobody is asked twice."""
        if tuple(recipients) not in held:
            held[tuple(recipients)] = find(recipients)
        return held[tuple(recipients)]

    def find(recipients: Sequence[VaultRecipient]) -> Sequence[Identity]:
        if getattr(options, "recovery_key", False):
            return unlock_by_recovery_key(ask_secret("Recovery key"))(recipients)
        if (fd := getattr(options, "passphrase_fd", None)) is not None:
            return unlock_by_passphrase(read_passphrase(fd))(recipients)
        try:
            return unlock_quietly(timeout=30.0)(recipients)
        except VaultLockedError:
            if not any(recipient.kind == "passphrase" for recipient in recipients) or not can_ask():
                raise
        return unlock_by_passphrase(ask_secret("Passphrase", "Opens the vault."))(recipients)

    return unlock


def remembering(unlock: Unlock) -> Unlock:
    """The same, asked once for each vault: a person types a passphrase once in a command."""
    known: dict[tuple[str, ...], Sequence[Identity]] = {}

    def remembered(recipients: Sequence[VaultRecipient]) -> Sequence[Identity]:
        ids = tuple(sorted(each.id for each in recipients))
        if ids not in known:
            known[ids] = unlock(recipients)
        return known[ids]

    return remembered


def _init(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.vault import recipients as hold
    from keywatch.vault.file import create_vault

    if options.vault == SYSTEM or (homes.system and not options.vault):
        raise UsageError("keywatch install --system makes the system vault")
    path = os.path.abspath(options.vault or homes.vault)
    if options.vault == KEYRING:
        raise UsageError("the OS keyring needs no making: keywatch vault add --vault keyring ENTRY")
    if os.path.lexists(path):
        from keywatch.errors import VaultExistsError

        raise VaultExistsError(f"{path}: something stands there already: move it away, or name another path")
    if not options.vault or path == homes.vault:
        _check_meaning(options, homes)
    private_dir(homes.state)
    if not options.vault:
        private_dir(homes.data)
    recipients = [_first_recipient(options)]
    paper = None
    if not options.no_recovery:
        recipient, paper = hold.hold_on_paper(label="recovery key")
        recipients.append(recipient)
    create_vault(path, homes.state, recipients)
    sys.stdout.write(f"Made {show(path)}, opened by {_describe(recipients[0])}.\n")
    if paper is not None:
        _tell_recovery_key(paper)


def _check_meaning(options: argparse.Namespace, homes: Homes) -> None:
    """Where places name no vault they mean the keyring until there is a vault file, and the file from then on."""
    from keywatch.cli.rehouse import moves_using_vault

    places = moves_using_vault(homes, "")
    if places and not options.force:
        raise UsageError(
            f"{', '.join(map(show, places[:5]))} ask the OS keyring for their keys without naming it, and would ask "
            "the new file: make it elsewhere (--vault FILE), or keywatch undo them first; --force makes it all the same"
        )


def _first_recipient(options: argparse.Namespace) -> VaultRecipient:
    from keywatch.vault import recipients as hold
    from keywatch.vault.backend import open_store

    if options.key_file:
        return hold.hold_in_file(options.key_file, label="key file")
    if options.passphrase or options.passphrase_fd is not None:
        return hold.hold_by_passphrase(ask_new_passphrase(options.passphrase_fd), label="passphrase")
    try:
        return hold.hold_in_keyring(open_store(interactive=True))
    except (KeyringAbsentError, KeyringRefusedError) as error:
        if options.keyring:
            raise
        sys.stderr.write(f"keywatch: {show(str(error))}\nkeywatch: so a passphrase will open the vault\n")
        return hold.hold_by_passphrase(ask_new_passphrase(), label="passphrase")


def _tell_recovery_key(key: Secret) -> None:
    """The one time that a secret goes to standard output without `--reveal`: there is no other copy."""
    sys.stdout.write(
        "Recovery key: print it or write it down, and keep it away from this machine. It is shown this once.\n\n"
        f"    {key.expose().decode()}\n\n"
    )


def _list(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.cli.vault_list import list_entries

    list_entries(options, homes)


def _show(options: argparse.Namespace, homes: Homes) -> None:
    if options.reveal and not sys.stdout.isatty():
        raise UsageError("--reveal shows secrets on a terminal only: programs get theirs by keywatch exec or env")
    payload = _vault(options, homes).get(options.entry)
    width = max(map(len, payload.fields))
    for name, secret in payload.fields.items():
        sys.stdout.write(f"{name.ljust(width)}  {_shown(name, secret, reveal=options.reveal)}\n")


def _shown(name: str, secret: Secret, *, reveal: bool) -> str:
    if reveal:
        return show(secret.expose().decode("utf-8", "backslashreplace"))
    return mask_key_id(secret.expose()) if name == "access_key_id" else f"… ({len(secret)} characters)"


def _add(options: argparse.Namespace, homes: Homes) -> None:
    check_given(options.entry)
    fields = _asked_fields() if sys.stdin.isatty() else _read_fields(sys.stdin.buffer.read(_MOST_INPUT + 1))
    key_id = fields.get("access_key_id", Secret(b"")).expose()
    deposit = Deposit(options.entry, Payload(fields), _KINDS.get(key_id[:4], "unknown"), consumer="")
    vault = _vault(options, homes)
    entry = vault.put(deposit, replace=options.replace)
    sys.stdout.write(f"Put {entry.name} into {show(vault.title)}.\n")


def _asked_fields() -> dict[str, Secret]:
    key_id = ask_line("Access key id: ")
    asked = {"access_key_id": Secret(key_id.encode())}
    asked["secret_access_key"] = ask_secret("Secret access key")
    if key_id.startswith("ASIA"):
        asked["session_token"] = ask_secret("Session token")
    if missing := [name for name, value in asked.items() if not value]:
        raise UsageError(f"{missing[0]} is empty: nothing was put")
    return asked


def _read_fields(content: bytes) -> dict[str, Secret]:
    """`NAME=value` lines, or the JSON object that AWS prints. Never says what stands in them."""
    if len(content) > _MOST_INPUT:
        raise UsageError(f"standard input: more than {_MOST_INPUT} bytes")
    if content.lstrip().startswith(b"{"):
        try:
            plain = json.loads(content)
        except ValueError:
            raise UsageError("standard input: not JSON") from None
        plain = next((plain[key] for key in ("AccessKey", "Credentials") if key in plain), plain)
        pairs = [(name, value) for name, value in plain.items() if isinstance(value, str)]
        pairs = [pair for pair in pairs if pair[0].lower() in _FIELDS] or pairs
        named = [(name, value.encode()) for name, value in pairs]
    else:
        named = []
        for number, line in enumerate(content.splitlines(), 1):
            text = line.strip().removeprefix(b"export ")
            if not text or text.startswith((b"#", b"[")):
                continue
            name, sign, value = text.partition(b"=")
            if not sign:
                raise UsageError(f"standard input, line {number}: expected NAME=value")
            named.append((name.strip().decode("ascii", "replace"), value.strip().strip(b"\"'")))
    fields = {_FIELDS.get(name.lower(), name.lower()): Secret(value) for name, value in named if value}
    if not fields:
        raise UsageError("standard input: holds no NAME=value line")
    return fields


def _rename(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.cli.vault_names import rename_entry

    rename_entry(options, homes)


def _remove(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.cli.vault_names import remove_entry

    remove_entry(options, homes)


def _copy(options: argparse.Namespace, homes: Homes) -> None:
    source, target = _vault(options, homes), _vault(options, homes, options.to)
    entry = next((e for e in source.list_entries() if e.name.casefold() == options.entry.casefold()), None)
    payload = source.get(options.entry)
    name = entry.name if entry else options.entry
    deposit = Deposit(name, payload)
    if entry is not None:
        deposit = Deposit(name, payload, entry.kind, entry.source, entry.consumer)
    target.put(deposit, replace=options.replace)
    if target.get(name).fields != payload.fields:
        from keywatch.errors import VaultError

        raise VaultError(f"{target.title}: gave back something else than was put in: nothing relies on it")
    sys.stdout.write(f"Copied {name} to {show(target.title)}.\n")


def _recipients(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.cli.vault_recipients import change_recipients, list_recipients

    vault = _file(options, homes)
    if options.change is None:
        list_recipients(vault, as_json=options.json)
        return
    if options.what is None:
        needed = "a kind" if options.change == "add" else "the id of one"
        raise UsageError(f"keywatch vault recipients {options.change}: needs {needed}")
    paper = change_recipients(vault, options.change, options.what, options.new_passphrase_fd)
    sys.stderr.write("Every entry was sealed again.\n")
    if paper is not None:
        _tell_recovery_key(paper)


def _passphrase(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.vault.recipients import hold_by_passphrase

    vault = _file(options, homes)
    old = [item.id for item in vault.recipients() if item.kind == "passphrase"]
    new = hold_by_passphrase(ask_new_passphrase(options.new_passphrase_fd), label="passphrase")
    vault.change_recipients(add=[new], remove=old)
    sys.stdout.write("The new passphrase opens the vault" + (", the old one no more.\n" if old else ".\n"))


def _recovery(options: argparse.Namespace, homes: Homes) -> None:
    from keywatch.vault.recipients import hold_on_paper

    vault = _file(options, homes)
    old = [item.id for item in vault.recipients() if item.kind == "recovery"]
    recipient, paper = hold_on_paper(label="recovery key")
    vault.change_recipients(add=[recipient], remove=old)
    _tell_recovery_key(paper)


def _verify(options: argparse.Namespace, homes: Homes) -> None:
    count = _file(options, homes).verify()
    sys.stdout.write(
        f"All {count} entries open, and nothing was tampered with.\n" if count else "The vault is empty.\n"
    )


def _adopt(options: argparse.Namespace, homes: Homes) -> None:
    vault = _file(options, homes)
    if not options.yes:
        confirm_word(f"{vault.title} will count as this installation's own: be sure of where it came from.", "adopt")
    fresh, changed, gone = vault.adopt()
    for title, names in (("New here", fresh), ("Changed", changed), ("Gone", gone)):
        if names:
            sys.stdout.write(f"{title}: {', '.join(map(show, names))}\n")
    sys.stdout.write("Adopted.\n")


def _export(options: argparse.Namespace, homes: Homes) -> None:
    vault = _vault(options, homes)
    entries = vault.list_entries()
    confirm_word(f"All {len(entries)} entries of {vault.title} will be written in plaintext.", "export in plaintext")
    plain = {
        entry.name: {name: secret.expose().decode() for name, secret in vault.get(entry.name).fields.items()}
        for entry in entries
    }
    sys.stdout.write(json.dumps({"schema": "keywatch.export/1", "entries": plain}, indent=1) + "\n")


def _describe(recipient: VaultRecipient) -> str:
    return recipient.label or recipient.kind


ACTIONS: dict[str, Callable[[argparse.Namespace, Homes], None]] = {
    "init": _init, "list": _list, "show": _show, "add": _add, "rename": _rename, "rm": _remove, "copy": _copy,
    "recipients": _recipients, "passphrase": _passphrase, "recovery": _recovery, "verify": _verify, "adopt": _adopt,
    "export": _export,
}  # fmt: skip
