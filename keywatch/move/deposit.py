"""Putting the key of a move into its vault, and reading it back byte for byte before anything is rewritten."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from keywatch.errors import EntryExistsError, EntryMissingError, MoveError, VaultError
from keywatch.model import Secret
from keywatch.move.base import Plan
from keywatch.vault.base import Deposit, Payload, Vault
from keywatch.vault.session import PREFIX as SESSION

UNDO = "undo."


def put_and_read_back(vault: Vault, plan: Plan, extra_name: str) -> None:
    """Have the vault hold the plan's entry, and what only an undo needs. `MoveError` when it gives back another."""
    finding = plan.findings[0]
    if not plan.known:
        source = ", ".join(each.place.path for each in plan.findings)
        vault.put(Deposit(plan.entry, plan.payload, finding.kind, source, finding.place.consumer))
    _compare(vault.get(plan.entry), plan.payload.fields, plan.entry)
    if extra_name:
        extra = Payload(dict(plan.extra))
        with contextlib.suppress(EntryExistsError):
            vault.put(Deposit(extra_name, extra, "unknown", "", f"keywatch undo (of entry {plan.entry})"))
        _compare(vault.get(extra_name), extra.fields, extra_name)


def fields_of(vault: Vault, entry: str, extra: str) -> Mapping[str, Secret]:
    """Every value that a move's templates name."""
    fields = dict(vault.get(entry).fields) if entry else {}
    if extra:
        fields.update(vault.get(extra).fields)
    return fields


def take_out(vault: Vault, entry: str, extra: str) -> None:
    """Remove the entries of a move that has been taken back; what can't be removed stays, and does no harm.

    The entry's temporary key goes with it: the next entry of that name must not find another's.
    """
    for name in filter(None, (entry, extra, entry and f"{SESSION}{entry}")):
        with contextlib.suppress(EntryMissingError, VaultError):
            vault.remove(name)


def _compare(got: Payload, wanted: Mapping[str, Secret], name: str) -> None:
    if any(got.fields.get(field) != value for field, value in wanted.items()):
        raise MoveError(f"the vault gives back something else for entry '{name}': nothing was changed")
