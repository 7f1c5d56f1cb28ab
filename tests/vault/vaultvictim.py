"""A program whose children do one operation on a vault each: vaultvictim.py PUBLIC_KEY (see tests/victim.py)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from vaultlab import fake_deposit  # noqa: E402 - the path comes first
from victim import serve_victims  # noqa: E402

from keywatch.vault.document import VaultRecipient  # noqa: E402
from keywatch.vault.file import FileVault, create_vault  # noqa: E402


def operate(words: Sequence[str]) -> None:
    operation, path, state = words
    if operation == "create":
        create_vault(path, state, [VaultRecipient("0" * 16, "recovery", sys.argv[1], "")])
    elif operation == "put":
        FileVault(path, state).put(fake_deposit("new"), replace=True)
    else:
        FileVault(path, state).remove("old")


if __name__ == "__main__":
    # import what is imported on first use, so that the children make no system calls but for the vault
    with tempfile.TemporaryDirectory() as folder:
        for first in ("create", "put"):
            operate((first, f"{folder}/vault.json", f"{folder}/state"))
    serve_victims(operate)
