"""Renaming and removing an entry with what is said of it by name: its policy, and the programs that count as known.

Renamed, both are there for the new name before the entry has it, and go from the old one after: killed between, they
count for either name, and an entry never stands without its denial. Removed, its programs are forgotten: they were
known for a key that is gone. A policy stays, being a person's word on a name.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable

from keywatch.errors import ConfigError, KeywatchError
from keywatch.policyfile import carry_policy, drop_policy, policy_files
from keywatch.serve.consumers import carry, drop
from keywatch.serve.live import AT_ONCE
from keywatch.vault.base import Entry, Vault

_MOST = 64 << 20


def rename(
    vault: Vault, name: str, new: str, *, state: str = "", config: str = "", others: Iterable[str] = ()
) -> Entry:
    """Rename an entry, with its programs in the folder `state` and its policy in `config`, where they are named.

    Policies go by name, whatever the vault: the old one stays where one of the vault files `others` has that name too.
    """
    names = {each.name.casefold() for each in vault.list_entries()}
    if name.casefold() not in names or new.casefold() in names:
        return vault.rename(name, new)  # which says what is wrong, or changes no more than capitals
    vault.get(name)  # one that can't be opened is told before anything is written
    if state:
        carry(state, name, new)
    written = carry_policy(config, name, new) if config else ""
    if written:
        time.sleep(2 * AT_ONCE)  # an agent does not look at the files more often
    try:
        entry = vault.rename(name, new)
    except KeywatchError:
        # what was written may be there although it may not survive a power cut (atomic.replace)
        if written and new.casefold() not in {each.name.casefold() for each in vault.list_entries()}:
            drop_policy(config, new)
        raise
    if _is_free(name, vault, others):
        if state:
            drop(state, name)
        if config and (left := drop_policy(config, name)):
            raise ConfigError(
                f"the entry is '{new}' now, with its policy; what {left[0]} says of '{name}' can't be taken out: do it "
                "yourself"
            )
    return entry


def forget_removed(
    vault: Vault, name: str, *, state: str = "", config: str = "", others: Iterable[str] = ()
) -> tuple[str, ...]:
    """An entry was taken out: forget its programs, unless another vault has one of that name.

    Gives the files whose policy waits for the next entry of that name.
    """
    if not _is_free(name, vault, others):
        return ()
    if state:
        drop(state, name)
    return policy_files(config, name) if config else ()


def _is_free(name: str, vault: Vault, others: Iterable[str]) -> bool:
    """Whether no entry is left that the policy of a name is for; a rotation's beside it have it too."""
    own = {name.casefold(), f"{name}.next".casefold(), f"{name}.old".casefold()}
    if own & {each.name.casefold() for each in vault.list_entries()}:
        return False
    try:
        return not any(own & _names_in(path) for path in others if os.path.exists(path))
    except (OSError, ValueError, LookupError, TypeError):
        return False  # what can't be read may have it


def _names_in(path: str) -> set[str]:
    """The names in the clear metadata of a vault file, or of the keyring's index."""
    with open(path, "rb") as file:
        return {str(each["name"]).casefold() for each in json.loads(file.read(_MOST))["entries"]}
