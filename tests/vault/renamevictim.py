"""A program whose children rename an entry that has a policy (see tests/victim.py): renamevictim.py IDENTITY."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from vaultlab import fake_deposit, public  # noqa: E402 - the path comes first
from victim import serve_victims  # noqa: E402

from keywatch.age import x25519  # noqa: E402
from keywatch.serve.consumers import Consumers  # noqa: E402
from keywatch.serve.renaming import rename  # noqa: E402
from keywatch.vault.file import FileVault, create_vault  # noqa: E402

HELD = x25519.parse_identity(Path(sys.argv[1]).read_text())


def operate(words: Sequence[str]) -> None:
    config, state, path = words
    rename(FileVault(path, state, lambda _: [HELD]), "work", "job", state=state, config=config, others=[path])


def warm_up(folder: str) -> None:
    """Import what is imported on first use, so that the children make no system calls but for the renaming."""
    create_vault(f"{folder}/vault", f"{folder}/state", [public(HELD)])
    FileVault(f"{folder}/vault", f"{folder}/state").put(fake_deposit("work"))
    Path(folder, "keywatch.toml").write_text("[entries.work]\ndeny = true\n")
    Consumers(f"{folder}/state").note("work", "/usr/bin/known")
    operate((folder, f"{folder}/state", f"{folder}/vault"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        warm_up(made)
    serve_victims(operate)
