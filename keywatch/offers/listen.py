"""The daemon's listener: turns findings into offers, and has a notifier tell the person where there is a desktop.

Imports nothing of D-Bus: the notifier is a process of its own, started when there is something to tell.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from keywatch.memory import Memory
from keywatch.model import Finding
from keywatch.offers import mail
from keywatch.offers.aging import entry_of, may_be_old
from keywatch.offers.store import Offers, OfferState
from keywatch.paths import Homes
from keywatch.severity import Severity

#: findings below this are shown by status, and not offered
LEAST = Severity.MEDIUM
#: seconds between two looks for snoozes that are over and a notifier that died
_EVERY = 60.0
#: seconds between two looks at the ages of the vault's keys, and after which one that hangs is ended
_AGES_EVERY, _AGES_TAKE = 86400.0, 120.0


class OfferListener:
    """Called with what the daemon publishes (watch/base.py).

    `wanted`: whether notifications are wanted at all; `by_mail`: whether a mail is, where there is no desktop.
    """

    def __init__(self, homes: Homes, memory: Memory, *, wanted: bool = True, by_mail: bool = False) -> None:
        self._offers = Offers(homes.state)
        self._memory = memory
        self._wanted = wanted
        self._mail = by_mail
        self._homes = homes
        self._process: subprocess.Popen[bytes] | None = None
        self._ages: subprocess.Popen[bytes] | None = None
        self._ages_at = -_AGES_EVERY
        self._looked = 0.0
        self._lock = threading.Lock()  # findings come from the watcher's thread, ticks from the agent's
        self._reconcile()

    def appeared(self, finding: Finding) -> None:
        """A finding that the memory did not hold."""
        if finding.severity < LEAST:
            return
        masked = finding.parts[0].masked if finding.parts else ""
        with self._lock:
            self._offers.appeared(finding.identity, finding.title, masked, int(finding.severity), time.time())
            self._poke()

    def gone(self, identity: str) -> None:
        """A finding that its place no longer holds."""
        if any(each.finding.identity == identity for each in self._memory.all()):
            return
        with self._lock:
            offer = self._offers.get(identity)
            if offer is not None and offer.state is not OfferState.ACCEPTED:  # whoever accepted says how it ends
                self._offers.turn(identity, OfferState.SUPERSEDED, time.time())
            self._poke()

    def used(self, entry: str, program: str) -> None:
        """A program is new to an entry of the vault."""
        with self._lock:
            self._offers.add_news(entry, program, time.time())
            self._poke()

    def tick(self) -> None:
        """Now and then: a notifier that ended is started again when there is something to tell."""
        now = time.monotonic()
        if now - self._looked >= _EVERY or (self._ages is not None and self._ages.poll() is not None):
            self._looked = now
            self._look_at_ages(now)
            with self._lock:
                self._offers.wake(time.time())
                self._poke()

    def close(self) -> None:
        """End the notifier."""
        self._offers.close()
        for process in (self._process, self._ages):
            if process is not None:
                process.kill()
                process.wait()

    def _look_at_ages(self, now: float) -> None:
        """Once a day, and after each start: a process that opens the vault's metadata, and makes offers."""
        if self._ages is not None and (self._ages.poll() is not None or now - self._ages_at > _AGES_TAKE):
            self._ages.kill()
            self._ages.wait()
            self._ages = None
        if now - self._ages_at < _AGES_EVERY or not may_be_old(self._homes):
            return
        self._ages_at = now
        with contextlib.suppress(OSError):
            self._ages = subprocess.Popen(_module("keywatch.offers.aging"), stdin=subprocess.DEVNULL)

    def _reconcile(self) -> None:
        """What happened while nobody listened."""
        now = time.time()
        held: dict[str, Finding] = {}
        for each in self._memory.all():
            if each.finding.severity >= LEAST:
                held.setdefault(each.finding.identity, each.finding)
        known = {offer.identity for offer in self._offers.all()}
        for identity, finding in held.items():
            if identity not in known:
                masked = finding.parts[0].masked if finding.parts else ""
                self._offers.appeared(identity, finding.title, masked, int(finding.severity), now)
        for offer in self._offers.open():
            if offer.identity not in held and not entry_of(offer.identity):
                self._offers.turn(offer.identity, OfferState.SUPERSEDED, now)
        for offer in self._offers.all():
            if offer.state is OfferState.ACCEPTED:  # the daemon died while it was being moved: recover decides
                state = OfferState.FAILED if offer.identity in held else OfferState.DONE
                self._offers.turn(offer.identity, state, now, said="keywatch was ended meanwhile")
        if any(offer.state is OfferState.NEW for offer in self._offers.all()):
            self._poke()

    def _poke(self) -> None:
        """Have the notifier look at the offers."""
        if not has_desktop():
            self._send_mail()
            return
        if not self._wanted:
            return
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError):
                assert self._process.stdin is not None  # noqa: S101 - for the type checker
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
                return
        if not self._offers.news() and not any(offer.state is OfferState.NEW for offer in self._offers.all()):
            return
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                _module("keywatch.offers.notifier"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )

    def _send_mail(self) -> None:
        """One mail for all that is new, once an hour at most."""
        now = time.time()
        if not self._mail or 0 <= now - self._offers.note("mailed") < mail.PACE:
            return
        new = [offer for offer in self._offers.all() if offer.state is OfferState.NEW]
        if new and mail.send(new, now):
            self._offers.leave_note("mailed", now)
            for offer in new:
                self._offers.turn(offer.identity, OfferState.TOLD, now)


def _module(name: str) -> list[str]:
    """The command that runs one of keywatch's modules, and no other code."""
    return [sys.executable, "-P" if "PYTHONPATH" in os.environ else "-I", "-m", name]


def has_desktop(environ: Callable[[str], str | None] = os.environ.get) -> bool:
    """Whether there is somebody's desktop to notify on: a session bus, or macOS."""
    if sys.platform == "darwin":
        return True
    if environ("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = environ("XDG_RUNTIME_DIR")
    return bool(runtime) and os.path.exists(os.path.join(runtime or "", "bus"))
