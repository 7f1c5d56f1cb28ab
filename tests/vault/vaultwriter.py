"""A program that writes one vault, for tests that run many of it or kill it: vaultwriter.py PATH STATE PREFIX COUNT

It prints each entry's name once `put` has returned, so that a test knows what was promised.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from vaultlab import fake_deposit  # noqa: E402 - the path comes first

from keywatch.errors import KeywatchError  # noqa: E402
from keywatch.vault.file import FileVault  # noqa: E402


def main() -> int:
    path, state, prefix, count = sys.argv[1:]
    vault = FileVault(path, state, lock_timeout=120)
    for number in range(int(count)):
        try:
            vault.put(fake_deposit(f"{prefix}{number}"), replace=True)
        except KeywatchError as error:
            print(f"keywatch: error: {error}", file=sys.stderr)
            return 3
        print(f"{prefix}{number}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
