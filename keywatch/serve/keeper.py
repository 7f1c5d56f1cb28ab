"""What the agent holds, and what it answers: identities for a time, entries that they opened, a record of each read.

Knows nothing of sockets. Forgets everything when its time is up, when told to, and when the machine has slept.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keywatch.errors import KeywatchError, UsageError, VaultLockedError
from keywatch.serve.output import credential_json, environment
from keywatch.serve.policies import Policies, policy_of, why_not
from keywatch.vault.base import NAME, Payload
from keywatch.wire.protocol import GIVEN, LOCKED, REFUSED

if TYPE_CHECKING:
    from keywatch.age.base import Identity
    from keywatch.serve.reads import Peer

#: identities are held no longer than this
LONGEST = 7 * 24 * 3600
_CACHED = 256
#: refusals of one user that are recorded, in so many seconds; how many more there were is said with the next
_REFUSALS = 30
_REFUSALS_IN = 60.0

#: event, what, entry, peer, and more fields
Record = Callable[..., object]


@dataclass(slots=True)
class Held:
    """Identities and when they were given, by clocks that go on in sleep (`until`) and that do not (`awake`)."""

    identities: list[Identity]
    until: float
    asleep: float
    opened: dict[str, Payload] = field(default_factory=dict)


class Keeper:
    """Answers requests for the entries of the vault file at `path`.

    `record` is told of each event before anything comes of it: what happened (read, refused, unlock, lock), what was
    asked, the entry, and who asked. Where it fails, nothing is given.
    """

    def __init__(
        self,
        path: str,
        state_dir: str,
        record: Record,
        policies: Policies | None = None,
    ) -> None:
        self._policies: Policies = {} if policies is None else policies
        self._path = path
        self._state_dir = state_dir
        self._record = record
        self._held: Held | None = None
        self._signature: tuple[int, ...] = ()
        self._refusals: dict[int, tuple[float, int]] = {}

    def question(self, line: bytes, peer: Peer) -> str | None:
        """What a person is to be asked before this request is answered, if anything."""
        words = line.decode("ascii", "replace").split()
        if len(words) != 2 or words[0] not in ("credential", "variables") or not NAME.fullmatch(words[1]):
            return None
        policy = policy_of(self._policies, words[1])
        if policy is None or not policy.ask or why_not(policy, peer) is not None or self._current() is None:
            return None
        program = peer.parent or peer.executable or "a program"
        return f"Give the key '{words[1]}' to {program} (process {peer.pid})?"

    def answer(self, line: bytes, peer: Peer) -> bytes:
        """The reply to one request, its line end included. Never raises for what a peer says."""
        try:
            words = line.decode("ascii").split()
            verdict, text = self._answer(words, peer)
        except UnicodeDecodeError:
            verdict, text = REFUSED, "not a request"
        except VaultLockedError as error:
            verdict, text = LOCKED, str(error)
        except KeywatchError as error:
            verdict, text = REFUSED, str(error)
        except Exception as error:  # noqa: BLE001 - one request must not end the agent; its text may hold a secret
            verdict, text = REFUSED, f"internal error: {type(error).__name__}"
        return verdict + " ".join(text.splitlines()).encode("utf-8", "replace") + b"\n"

    def _answer(self, words: list[str], peer: Peer) -> tuple[bytes, str]:
        match words:
            case ["credential", name]:
                return GIVEN, credential_json(self._open(name, "credential", peer), datetime.now(UTC))
            case ["variables", name]:
                return GIVEN, json.dumps(environment(name, self._open(name, "variables", peer)))
            case ["unlock", seconds, *identities] if identities:
                return GIVEN, self._unlock(seconds, identities, peer)
            case ["lock"]:
                self._record("lock", "", "", peer)
                self.lock()
                return GIVEN, "locked"
            case ["status"]:
                held = self._current()
                return (GIVEN, f"unlocked for {int(held.until - _now())} s") if held else (LOCKED, "locked")
        return REFUSED, "not a request"

    @property
    def is_open(self) -> bool:
        """Whether identities are held now."""
        return self._current() is not None

    def lock(self) -> None:
        """Forget identities and everything that they opened."""
        self._held = None

    def _unlock(self, seconds: str, texts: list[str], peer: Peer) -> str:
        from keywatch.age.keys import parse_identity

        if not seconds.isdigit() or not 0 < int(seconds) <= LONGEST:
            raise UsageError(f"unlocked for 1 to {LONGEST} seconds")
        identities = [parse_identity(text) for text in texts]
        self._record("unlock", f"{seconds} s", "", peer)
        self._held = Held(list(identities), _now() + int(seconds), _asleep())
        return f"unlocked for {seconds} s"

    def _current(self) -> Held | None:
        """What is held, unless its time is up or the machine has slept since."""
        held = self._held
        if held is not None and (_now() >= held.until or _asleep() - held.asleep > 1):
            self.lock()
        return self._held

    def _open(self, name: str, what: str, peer: Peer) -> Payload:
        if not NAME.fullmatch(name):
            raise UsageError("not the name of an entry")
        if (why := self._why_not(name, peer)) is not None:
            self._note_refusal(what, name, peer, why)
            raise UsageError(f"entry '{name}' is not given: {why}")
        held = self._current()
        if held is None:
            raise VaultLockedError("the agent is locked: keywatch unlock")
        self._forget_if_changed(held)
        payload = held.opened.get(name)
        if payload is None:
            from keywatch.vault.file import FileVault

            payload = FileVault(self._path, self._state_dir, lambda _: held.identities, lock_timeout=0.5).get(name)
            if len(held.opened) >= _CACHED:
                held.opened.clear()
            held.opened[name] = payload
        # recorded before it is given: a read that can't be recorded is not given
        self._record("read", what, name, peer)
        return payload

    def _why_not(self, name: str, peer: Peer) -> str | None:
        """Why a peer is not given an entry."""
        return why_not(policy_of(self._policies, name), peer)

    def _note_refusal(self, what: str, name: str, peer: Peer, why: str) -> None:
        """Record a refusal, but let nobody fill the disk with them."""
        now = time.monotonic()
        begun, count = self._refusals.get(peer.uid, (now, 0))
        if now - begun > _REFUSALS_IN:
            unsaid = max(0, count - _REFUSALS)
            begun, count = now, 0
        else:
            unsaid = 0
        if len(self._refusals) > _CACHED:
            self._refusals.clear()
        self._refusals[peer.uid] = (begun, count + 1)
        if count < _REFUSALS:
            more = {"unsaid": unsaid} if unsaid else {}
            self._record("refused", what, name, peer, why=why, **more)

    def _forget_if_changed(self, held: Held) -> None:
        try:
            info = os.stat(self._path)
        except OSError:
            held.opened.clear()
            return
        signature = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
        if signature != self._signature:
            held.opened.clear()
            self._signature = signature


def _now() -> float:
    """Seconds by a clock that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _asleep() -> float:
    """Seconds for which the machine has slept since it was started."""
    return _now() - time.clock_gettime(time.CLOCK_MONOTONIC)
