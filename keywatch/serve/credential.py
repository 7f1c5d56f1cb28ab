"""`keywatch-credential ENTRY`: the helper that AWS clients run as `credential_process`.

Answers within a second or says in one line why not; never asks anybody anything. It is started by every AWS command,
so it imports next to nothing before it knows what it needs.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

#: seconds for a keyring to answer; the client waits as long
TIMEOUT = 0.9


def run() -> NoReturn:
    """The entry point."""
    from keywatch.hardening import harden

    harden()
    status = main(sys.argv[1:])
    sys.stdout.flush()
    # a thread that still waits for a keyring must not hold the client
    os._exit(status)


def main(argv: list[str]) -> int:
    """Print the credentials of the entry; the exit status."""
    from keywatch.errors import KeywatchError

    try:
        name, vault = _arguments(argv)
        answer = _answer(name, vault)
    except KeywatchError as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001 - its text could hold what was being read
        return _fail(f"internal error: {type(error).__name__}: please report it")
    sys.stdout.write(answer + "\n")
    return 0


def _arguments(argv: list[str]) -> tuple[str, str]:
    """The entry's name and the vault's."""
    from keywatch.errors import UsageError

    if len(argv) == 3 and argv[0] == "--vault" and argv[1]:
        return argv[2], argv[1]
    if len(argv) != 1 or argv[0].startswith("-") or not argv[0]:
        raise UsageError("usage: keywatch-credential [--vault FILE|keyring] ENTRY")
    return argv[0], ""


def _answer(name: str, vault: str) -> str:
    from datetime import UTC, datetime

    from keywatch.paths import user_homes
    from keywatch.serve.output import credential_json
    from keywatch.vault.opening import open_vault

    payload = open_vault(vault, user_homes(), timeout=TIMEOUT).get(name)
    return credential_json(payload, datetime.now(UTC))


def _fail(message: str) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"keywatch-credential: {line}\n")
    sys.stderr.flush()
    return 1


if __name__ == "__main__":
    run()
