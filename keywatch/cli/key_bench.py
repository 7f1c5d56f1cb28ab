"""What the commands that change keys at AWS stand on: vault, journal, and who signs. Prints nothing."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from keywatch.aws.client import Aws
from keywatch.aws.jobs import Job, Jobs
from keywatch.aws.rotation import Bench
from keywatch.cli.ask import can_ask
from keywatch.cli.key_signer import signer_of
from keywatch.cli.vault import remembering, unlock_for
from keywatch.paths import Homes
from keywatch.report.escape import show
from keywatch.vault.base import Vault
from keywatch.vault.opening import KEYRING, SYSTEM, open_vault

if TYPE_CHECKING:
    pass


def vault_of(named: str, homes: Homes) -> str:
    """The vault as a job keeps it: told so that it means the same one whatever is made later."""
    if named == SYSTEM or (homes.system and not named):
        return SYSTEM
    if named == KEYRING or (not named and not os.path.lexists(homes.vault)):
        return KEYRING
    return os.path.realpath(named or homes.vault)


@contextmanager
def open_bench(options: argparse.Namespace, homes: Homes, vault_name: str) -> Iterator[Bench]:
    """The vault, opened as far as it opens without a question, and the journal; closed when the block ends."""
    vault = open_vault(vault_name, homes, unlock=remembering(unlock_for(options)), interactive=can_ask())
    with Jobs(homes.state) as jobs:
        yield Bench(jobs, vault, homes.state, _signing(vault, homes, options), _teller(options))


def signer_facts(options: argparse.Namespace) -> dict[str, str]:
    """Who signs, as a job remembers it for its later steps."""
    return {"profile": getattr(options, "profile", ""), "signer": getattr(options, "signer", "")}


def named_signer(vault: Vault, homes: Homes, options: argparse.Namespace) -> Aws | None:
    """Who was named to sign; None where the key itself does."""
    facts = signer_facts(options)
    named = {"profile": facts["profile"], "entry": facts["signer"]}
    return signer_of(named, homes, lambda: vault) if any(named.values()) else None


def _signing(vault: Vault, homes: Homes, options: argparse.Namespace) -> Callable[[Job], Aws]:
    """Who was named on the command line, else who signed before, else the entry's own key."""

    def sign(job: Job) -> Aws:
        if (named := named_signer(vault, homes, options)) is not None:
            return named
        if profile := str(job.facts.get("profile") or ""):
            return signer_of({"profile": profile}, homes, lambda: vault)
        return signer_of({"entry": str(job.facts.get("signer") or "") or job.entry}, homes, lambda: vault)

    return sign


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    if getattr(options, "json", False) or not sys.stderr.isatty():
        return lambda _: None

    def tell(what: str) -> None:
        sys.stderr.write(f"  {show(what)} …\n")

    return tell
