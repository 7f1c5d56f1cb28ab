"""`keywatch-credential ENTRY`: the helper that AWS clients run as `credential_process`.

Answers within a second or says in one line why not; only an entry with temporary keys may take AWS's time. Never asks
anybody anything. It is started by every AWS command, so it imports next to nothing before it knows what it needs.
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
    if argv[:2] == ["--vault", "system"] and len(argv) == 3:
        return _ask_system(argv[2])
    if len(argv) == 1 and (told := _ask_agent(argv[0])) is not None:
        return told
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


def _ask_agent(name: str) -> int | None:
    """The exit status where an agent of this user's answered; None where it is for this process to open the vault."""
    from keywatch.wire.protocol import GIVEN, LOCKED, socket_path

    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if not name.isascii() or not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or not runtime:
        return None
    path = socket_path(f"{runtime}/keywatch")
    if not os.path.exists(path):
        return None
    from keywatch.wire.client import ask_agent

    answer = ask_agent(path, b"credential " + name.encode(), TIMEOUT)
    if answer is None or answer[0] == LOCKED:
        return None
    verdict, text = answer
    if verdict != GIVEN:
        return _fail(text.decode("utf-8", "replace"))
    sys.stdout.write(text.decode() + "\n")
    return 0


def _ask_system(name: str) -> int:
    """The exit status: the system agent alone can open its vault."""
    from keywatch.wire.client import ask_agent
    from keywatch.wire.protocol import GIVEN, SYSTEM_AGENT

    if not name.isascii() or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return _fail("not the name of an entry")
    answer = ask_agent(SYSTEM_AGENT, b"credential " + name.encode(), TIMEOUT)
    if answer is None:
        return _fail(f"the system agent does not answer at {SYSTEM_AGENT}: systemctl status keywatch-agent")
    if answer[0] != GIVEN:
        return _fail(answer[1].decode("utf-8", "replace"))
    sys.stdout.write(answer[1].decode() + "\n")
    return 0


def _arguments(argv: list[str]) -> tuple[str, str]:
    """The entry's name and the vault's."""
    from keywatch.errors import UsageError

    if len(argv) == 3 and argv[0] == "--vault" and argv[1]:
        return argv[2], argv[1]
    if len(argv) != 1 or argv[0].startswith("-") or not argv[0]:
        raise UsageError("usage: keywatch-credential [--vault FILE|keyring|system] ENTRY")
    return argv[0], ""


def _answer(name: str, vault: str) -> str:
    from datetime import UTC, datetime

    from keywatch.paths import own_homes
    from keywatch.serve.output import credential_json
    from keywatch.serve.reads import note_read
    from keywatch.serve.temporary import session_policy, temporary
    from keywatch.vault.opening import open_vault

    homes = own_homes()
    policy = session_policy(homes.config, name)
    opened = open_vault(vault, homes, timeout=TIMEOUT)
    payload, expires = opened.get(name), ""
    if policy is not None:
        session = temporary(opened, name, policy, payload)
        payload, expires = session.payload, session.expires
    answer = credential_json(payload, datetime.now(UTC), expires)
    note_read(homes.state, "credential", name)
    return answer


def _fail(message: str) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"keywatch-credential: {line}\n")
    sys.stderr.flush()
    return 1


if __name__ == "__main__":
    run()
