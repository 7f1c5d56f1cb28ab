"""Who signs calls to AWS that change something: a profile of the person's own, or a key of the vault."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from keywatch.detect.account import CANARY_ACCOUNTS
from keywatch.errors import UsageError
from keywatch.paths import Homes
from keywatch.serve.reads import note_read
from keywatch.vault.opening import open_vault

if TYPE_CHECKING:
    from keywatch.aws.client import Aws
    from keywatch.vault.base import Vault
    from keywatch.vault.file import Unlock


def open_signer(options: argparse.Namespace, homes: Homes, unlock: Unlock) -> tuple[Aws, dict[str, str]]:
    """AWS as who was named, and how to name that one again."""
    named = {"entry": options.signer} if options.signer else {"profile": options.profile}
    return signer_of(named, homes, partial(open_vault, "", homes, unlock=unlock, interactive=True)), named


def signer_of(named: Mapping[str, str], homes: Homes, vault: Callable[[], Vault]) -> Aws:
    """AWS as `{"entry": NAME}` of a vault, or as `{"profile": NAME}`. A canary's key is refused unused."""
    from keywatch.aws.client import of_key, of_profile

    if entry := named.get("entry", ""):
        note_read(homes.state, "sign", entry)
        aws = of_key(vault().get(entry))
    else:
        aws = of_profile(named.get("profile", ""))
    if (account := aws.key_account()) in CANARY_ACCOUNTS:
        raise UsageError(f"the key that would sign is a canary's (account {account}): using it would raise its alarm")
    return aws
