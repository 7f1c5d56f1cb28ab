"""The processes of the system's services: `keywatch agent --system`. Started by systemd with what it needs, no more.

Takes its folders from systemd (`StateDirectory=`, `ConfigurationDirectory=`), its socket from a socket unit and its
identity from `LoadCredentialEncrypted=`. Loads no user's configuration and opens no keyring.
"""

from __future__ import annotations

import os
import signal
import time

from keywatch import audit
from keywatch.errors import StateError
from keywatch.paths import SYSTEM_CONFIG, private_dir
from keywatch.serve.agent import inherited_listener, serve_everybody
from keywatch.serve.live import LivePolicies
from keywatch.serve.reads import Peer, record
from keywatch.serve.system import SystemKeeper, follow_recipients, make_vault
from keywatch.watch.log import ERROR, INFO, NOTICE, WARNING, Log, open_log
from keywatch.watch.service import notify

#: seconds between two signs of life
_EVERY = 1.0
_PRIORITIES = {
    "refused": WARNING,
    "new-consumer": WARNING,
    "policy": NOTICE,
    "put": NOTICE,
    "rename": NOTICE,
    "remove": NOTICE,
}


def run_system_agent() -> int:
    """Answer at the system's socket until told to stop."""
    log = open_log()
    state = private_dir(_given("STATE_DIRECTORY"))
    vault = os.path.join(state, "vault.json")
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: asked.append(received))
    listener = inherited_listener()
    if make_vault(vault, state, SYSTEM_CONFIG):
        log(NOTICE, "vault-made", "made the system vault", path=vault)
    came, went = follow_recipients(vault, state, SYSTEM_CONFIG)
    if came or went:
        made = audit.append(state, "recipients", durable=True, entry="", added=came, removed=went, uid=os.geteuid())
        log_event(log, made)

    def told(event: str, what: str, entry: str, peer: Peer, **more: str | int) -> None:
        made = record(state, event, what, entry, peer, **more)
        log_event(log, made)

    def tell(trouble: str, changed: list[str]) -> None:
        if trouble:
            log(ERROR, "problem", trouble)
        for name in changed:
            log(NOTICE, "policy", "who may have an entry was changed", entry=name)

    keeper = SystemKeeper(vault, state, told, LivePolicies(SYSTEM_CONFIG, state, tell))
    notify("READY=1\nSTATUS=answering")
    log(INFO, "started", "answering", pid=os.getpid())
    alive, every = 0.0, int(os.environ.get("WATCHDOG_USEC", "0") or 0) / 3e6

    def stopped() -> bool:
        nonlocal alive
        if every and time.monotonic() - alive > every:
            alive = time.monotonic()
            notify("WATCHDOG=1")
        return bool(asked)

    serve_everybody(keeper, listener, stopped, _EVERY)
    notify("STOPPING=1")
    log(INFO, "stopped", "stopped")
    return 0


def log_event(log: Log, made: audit.Event) -> None:
    """Send an event of the audit log to the system's log too, with its number and hash."""
    told = {name: value for name, value in made.fields.items() if value not in ("", [], None)}
    what = f"{made.event} {made.fields.get('entry', '')}".strip()
    log(_PRIORITIES.get(made.event, INFO), made.event, what, **told, audit_n=made.n, audit_hash=made.hash)


def _given(name: str) -> str:
    folder = os.environ.get(name, "")
    if not os.path.isabs(folder) or ":" in folder:
        raise StateError(f"${name} is not set: systemd starts this service (keywatch install --system)")
    return folder
