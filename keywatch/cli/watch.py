"""`keywatch watch` and `keywatch pause`: the daemon in the foreground, and a rest for it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from keywatch.errors import StateError, UsageError
from keywatch.paths import user_homes

if TYPE_CHECKING:
    from keywatch.memory import Memory
    from keywatch.watch.base import Listener, Published

#: seconds of a pause where none are named
_PAUSE = 3600


def run_watch(options: argparse.Namespace) -> int:
    """Watch until told to stop."""
    from keywatch.watch.daemon import watch, watch_system
    from keywatch.watch.log import open_log

    if options.system:
        return watch_system(open_log(options.log))
    return watch(open_log(options.log), options.vault, _listeners)


class _OfferDesk:
    """Passes what the daemon publishes on to the offers."""

    def __init__(self, memory: Memory) -> None:
        from keywatch.config import FILE_NAME, read_config
        from keywatch.offers.listen import OfferListener

        homes = user_homes()
        config = read_config(os.path.join(homes.config, FILE_NAME)).watch
        self._offers = OfferListener(homes, memory, wanted=config.notify, by_mail=config.mail)
        self.tick = self._offers.tick
        self.close = self._offers.close

    def __call__(self, event: Published) -> None:
        from keywatch.watch.base import ConsumerAppeared, FindingAppeared

        if isinstance(event, FindingAppeared):
            self._offers.appeared(event.finding)
        elif isinstance(event, ConsumerAppeared):
            self._offers.used(event.entry, event.program)
        else:
            self._offers.gone(event.identity)


def _listeners(memory: Memory) -> list[Listener]:
    return [_OfferDesk(memory)]


def run_pause(options: argparse.Namespace) -> int:
    """Have the daemon examine nothing for a while, or go on."""
    if options.resume and options.time:
        raise UsageError(f"{options.time} s and --resume: say one of them")
    seconds = 0 if options.resume else options.time or _PAUSE
    ask_daemon(f"watch pause {seconds}".encode())
    said = (
        "examining again" if options.resume else f"nothing is examined for {seconds} s: keywatch pause --resume ends it"
    )
    sys.stdout.write(f"{said}\n")
    return 0


def ask_daemon(line: bytes) -> dict[str, object]:
    """The daemon's answer. `StateError` where none watches, or it refuses."""
    answer = try_daemon(line)
    if answer is None:
        raise StateError("no daemon watches: start one with keywatch install --user, or keywatch watch")
    return answer


def try_daemon(line: bytes, timeout: float = 5.0, socket: str = "") -> dict[str, object] | None:
    """The daemon's answer to one request (keywatch/watch/desk.py); None where none watches or answers in time."""
    from keywatch.wire.client import ask_agent
    from keywatch.wire.protocol import GIVEN, socket_path

    answer = ask_agent(socket or socket_path(user_homes().runtime), line, timeout)
    if answer is None or answer[0] != GIVEN:  # nobody there, or an agent that does not watch
        return None
    try:
        reply = json.loads(answer[1])
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None
