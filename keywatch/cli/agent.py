"""`keywatch agent`, `unlock` and `lock`: a vault that stays open for a time."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from functools import partial

from keywatch.errors import UsageError, VaultError
from keywatch.paths import private_dir, user_homes
from keywatch.report.escape import show


def run_agent(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if options.system:
        from keywatch.cli.system import run_system_agent

        return run_system_agent()
    from keywatch.serve.agent import serve
    from keywatch.serve.keeper import Keeper
    from keywatch.serve.live import LivePolicies
    from keywatch.serve.reads import record
    from keywatch.wire.protocol import socket_path

    homes = user_homes()
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: asked.append(received))
    state = private_dir(homes.state)
    policies = LivePolicies(homes.config, state, _tell_policies)
    policies.load()
    keeper = Keeper(
        os.path.abspath(options.vault or homes.vault), state, partial(record, state), policies, _tell_consumer
    )
    sys.stderr.write(f"keywatch: the agent listens at {show(socket_path(homes.runtime))}\n")
    serve(keeper, homes.runtime, lambda: bool(asked))
    return 0


def _tell_policies(trouble: str, changed: list[str]) -> None:
    """Say what became of a changed configuration."""
    if trouble:
        sys.stderr.write(f"keywatch: {show(trouble)}\n")
    for name in changed:
        sys.stderr.write(f"keywatch: the policy of {show(name)} was changed\n")


def _tell_consumer(entry: str, program: str) -> None:
    """Say that a program is new to an entry."""
    sys.stderr.write(f"keywatch: new to {show(entry)}: {show(program)}: keywatch key consumers {show(entry)}\n")


def run_unlock(options: argparse.Namespace) -> int:
    """Give the agent the vault's identity for a time."""
    from keywatch.age.keys import parse_identity
    from keywatch.cli.vault import unlock_for
    from keywatch.vault.opening import open_file

    homes = user_homes()
    path = options.vault or homes.vault
    identities = unlock_for(options)(open_file(path, homes).recipients())
    texts = [identity.encoded().expose() for identity in identities if hasattr(identity, "encoded")]
    for text in texts:
        parse_identity(text.decode())
    sys.stdout.write(_ask(b" ".join((b"unlock", str(options.time).encode(), *texts))) + "\n")
    return 0


def run_lock(_options: argparse.Namespace) -> int:
    """Have the agent forget everything."""
    sys.stdout.write(_ask(b"lock") + "\n")
    return 0


def _ask(line: bytes) -> str:
    from keywatch.wire.client import ask_agent
    from keywatch.wire.protocol import GIVEN, socket_path

    answer = ask_agent(socket_path(user_homes().runtime), line, 5.0)
    if answer is None:
        raise VaultError("no agent answers: start one with keywatch agent")
    verdict, text = answer
    if verdict != GIVEN:
        raise UsageError(text.decode("utf-8", "replace"))
    return text.decode("utf-8", "replace")
