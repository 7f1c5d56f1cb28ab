"""`keywatch vault rename` and `rm`: a name changes or goes, and what hangs on it goes along.

Places that would stop working, and undos that would no longer be possible, are told of first.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from keywatch.cli.ask import confirm_word
from keywatch.cli.rehouse import check_unused, spent_extras, vaults_of_moves
from keywatch.cli.vault import unlock_for
from keywatch.cli.workbench import vault_named
from keywatch.errors import EntryMissingError, UsageError
from keywatch.paths import Homes
from keywatch.report.escape import show
from keywatch.serve.renaming import forget_removed, rename
from keywatch.vault.base import Vault, check_given, is_own
from keywatch.vault.opening import open_vault
from keywatch.vault.session import PREFIX


def rename_entry(options: argparse.Namespace, homes: Homes) -> None:
    """Give an entry another name, and its policy with it."""
    if is_own(options.entry):
        raise UsageError(f"'{options.entry}' is one of keywatch's own entries, which is found by its name: it keeps it")
    check_given(options.new)
    _check_unused(options, homes, "renamed")
    vault = _vault(options, homes)
    entry = rename(
        vault, options.entry, options.new, state=_store(homes), config=homes.config, others=_vault_files(homes)
    )
    _forget(vault, f"{PREFIX}{options.entry}")
    sys.stdout.write(f"Now called {entry.name}.\n")


def remove_entry(options: argparse.Namespace, homes: Homes) -> None:
    """Take an entry out, and what keywatch kept for it alone."""
    _check_unused(options, homes, "taken out")
    vault = _vault(options, homes)
    found = next((e for e in vault.list_entries() if e.name.casefold() == options.entry.casefold()), None)
    if found is not None and not options.yes:
        what = "and what used it stops working"
        if is_own(found.name):
            what = "which keywatch keeps for itself" + (": its undo fails" if options.force else "")
        confirm_word(f"{found.name} goes out of {vault.title}, {what}.", found.name)
    vault.remove(options.entry)
    for name in (f"{PREFIX}{options.entry}", *spent_extras(homes, options.entry, vault_named(options.vault, homes))):
        _forget(vault, name)
    sys.stdout.write(f"Took {options.entry} out.\n")
    waiting = forget_removed(vault, options.entry, state=_store(homes), config=homes.config, others=_vault_files(homes))
    for path in waiting:
        sys.stdout.write(f"Its policy in {show(path)} stays: it counts for the next entry of that name.\n")


def _store(homes: Homes) -> str:
    """The folder of the programs that are known; the system's is its agent's, which sees to it."""
    return "" if homes.system else homes.state


def _vault_files(homes: Homes) -> set[str]:
    """The vaults in which an entry of the same name may stand."""
    return {homes.vault, os.path.join(homes.state, "keyring.json"), *vaults_of_moves(homes)}


def _vault(options: argparse.Namespace, homes: Homes) -> Vault:
    return open_vault(options.vault, homes, unlock=unlock_for(options), interactive=True)


def _check_unused(options: argparse.Namespace, homes: Homes, what: str) -> None:
    """Places that rely on an entry would fail without it."""
    check_unused(homes, options.entry, vault_named(options.vault, homes), what, force=options.force)


def _forget(vault: Vault, name: str) -> None:
    """Take out what may be there."""
    with contextlib.suppress(EntryMissingError):
        vault.remove(name)
