"""What the agent holds, and what it answers: identities for a time, entries that they opened, a record of each read.

Knows nothing of sockets. Forgets everything when its time is up, when told to, and when the machine has slept.
"""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from keywatch.errors import KeywatchError, UsageError, VaultLockedError
from keywatch.serve.errands import Errand
from keywatch.serve.newcomers import Newcomers
from keywatch.serve.output import credential_json, environment
from keywatch.serve.policies import Policies, policy_of, why_not
from keywatch.serve.programs import by, program_of
from keywatch.vault.base import NAME, Payload
from keywatch.wire.protocol import GIVEN, LOCKED, REFUSED

if TYPE_CHECKING:
    from keywatch.age.base import Identity
    from keywatch.serve.reads import Peer
    from keywatch.serve.sessions import Sessions
    from keywatch.vault.file import FileVault

#: identities are held no longer than this
LONGEST = 7 * 24 * 3600
_CACHED = 256
#: refusals of one user that are recorded, in so many seconds; how many more there were is said with the next
_REFUSALS = 30
_REFUSALS_IN = 60.0
#: what begins so is for keywatch itself (vault/session.py), and not given past the policy of the entry
SESSION = "session."

#: event, what, entry, peer, and more fields
Record = Callable[..., object]


@dataclass(slots=True)
class Held:
    """Identities and when they were given, by clocks that go on in sleep (`until`) and that do not (`awake`)."""

    identities: list[Identity]
    until: float
    asleep: float
    opened: dict[str, Payload] = field(default_factory=dict)
    sessions: Sessions | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a program gets: `expires` where it is temporary."""

    payload: Payload
    expires: str = ""


class Keeper:
    """Answers requests for the entries of the vault file at `path`.

    `record` is told of each event before anything comes of it: what happened (read, refused, unlock, lock), what was
    asked, the entry, and who asked. Where it fails, nothing is given. `tell` gets an entry and a program that
    is new to it.
    """

    def __init__(
        self,
        path: str,
        state_dir: str,
        record: Record,
        policies: Policies,
        tell: Callable[[str, str], None] | None = None,
    ) -> None:
        self._policies = policies
        self._tell = tell
        self._newcomers = Newcomers(state_dir, policies)
        self._path = path
        self._state_dir = state_dir
        self._record = record
        self._held: Held | None = None
        self._signature: tuple[int, ...] = ()
        self._refusals: dict[int, tuple[float, int]] = {}

    def errand(self, line: bytes, peer: Peer, *, allowed: bool = False) -> Errand | None:
        """What is to be done before this request is answered, if anything. `allowed`: a person has consented."""
        words = line.decode("ascii", "replace").split()
        if len(words) != 2 or words[0] not in ("credential", "variables") or not NAME.fullmatch(words[1]):
            return None
        name, held = words[1], self._current()
        policy = policy_of(self._policies, name)
        if held is None or self._why_not(name, peer) is not None:
            return None
        asks = policy is not None and policy.ask
        if not asks and self._policies.new(name) != "ask" and (policy is None or not policy.session):
            return None
        program = program_of(peer.pid)
        stranger = self._newcomers.is_to_be_asked_about(name, program)
        if (asks or stranger) and not allowed:
            before = "which has not used it before, " if stranger else ""
            question = f"Give the key '{name}' to {program}, {before}process {peer.pid}?"
            return Errand(partial(self._consult, question, words[0], name, peer), asks=True, grants=True)
        if stranger:
            self._record("new-consumer", words[0], name, peer, program=program, asked="yes")
            self._newcomers.allow(name, program)
        if policy is None or not policy.session:
            return None
        try:
            payload, sessions = self._payload(held, name), _sessions(held)
            if sessions.find(name, payload, policy) is None:  # one that was obtained while this was locked
                from keywatch.serve.temporary import kept_session

                if (kept := kept_session(self._file(held), name, policy, payload)) is not None:
                    sessions.put(name, kept)
            return sessions.errand(name, payload, policy, f"{program}, process {peer.pid},")
        except KeywatchError:
            return None  # the answer says the same

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
                given = self._open(name, "credential", peer)
                return GIVEN, credential_json(given.payload, datetime.now(UTC), given.expires)
            case ["variables", name]:
                return GIVEN, json.dumps(environment(name, self._open(name, "variables", peer).payload))
            case ["session", name, *record] if len(record) < 2:
                return GIVEN, json.dumps(self._session(name, *record))
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
        self._newcomers.write()

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

    def _open(self, name: str, what: str, peer: Peer) -> Given:
        if not NAME.fullmatch(name) or name.casefold().startswith(SESSION):
            raise UsageError("not the name of an entry")
        if (why := self._why_not(name, peer)) is not None:
            self._note_refusal(what, name, peer, why)
            raise UsageError(f"entry '{name}' is not given: {why}")
        program = program_of(peer.pid)
        if (why := self._newcomers.why_not(name, program)) is not None:
            self._note_refusal(what, name, peer, why)
            raise UsageError(f"entry '{name}' is not given: {why}")
        held = self._current()
        if held is None:
            raise VaultLockedError("the agent is locked: keywatch unlock")
        payload = self._payload(held, name)
        policy = policy_of(self._policies, name)
        if policy is None or not policy.session:
            # recorded before it is given: a read that can't be recorded is not given
            self._record("read", what, name, peer, **by(program))
            self._note_consumer(what, name, peer, program, payload)
            return Given(payload)
        sessions = _sessions(held)
        if (session := sessions.find(name, payload, policy)) is None:
            raise UsageError(f"entry '{name}': {sessions.why_none(name)}")
        masked = session.payload.masked()
        self._record("read", what, name, peer, session=masked, until=session.expires, **by(program))
        self._note_consumer(what, name, peer, program, payload)
        return Given(session.payload, session.expires)

    def _payload(self, held: Held, name: str) -> Payload:
        """What the vault has under that name."""
        self._forget_if_changed(held)
        payload = held.opened.get(name)
        if payload is None:
            payload = self._file(held).get(name)
            if len(held.opened) >= _CACHED:
                held.opened.clear()
            held.opened[name] = payload
        return payload

    def _file(self, held: Held) -> FileVault:
        from keywatch.vault.file import FileVault

        return FileVault(self._path, self._state_dir, lambda _: held.identities, lock_timeout=0.5)

    def _session(self, name: str, record: str = "") -> Mapping[str, str]:
        """Hold the session of that record, or tell what may be shown of the one that is held."""
        from keywatch.serve.sessions import told_of
        from keywatch.vault.session import session_from

        policy, held = policy_of(self._policies, name), self._current()
        if not NAME.fullmatch(name) or policy is None or not policy.session:
            raise UsageError("not an entry with temporary keys")
        if held is None:
            raise VaultLockedError("the agent is locked: keywatch unlock")
        payload, sessions = self._payload(held, name), _sessions(held)
        if record:
            try:
                told = json.loads(b64decode(record, validate=True))
            except ValueError:
                raise UsageError("not a session") from None
            session = session_from(told if isinstance(told, dict) else {})
            if not session.fits(payload, policy):
                raise UsageError("a session of another key, or obtained otherwise than the configuration says")
            sessions.put(name, session)
        found = sessions.find(name, payload, policy)
        return told_of(found) if found is not None else {}

    def _why_not(self, name: str, peer: Peer) -> str | None:
        """Why a peer is not given an entry."""
        return why_not(policy_of(self._policies, name), peer)

    def _note_consumer(self, what: str, name: str, peer: Peer, program: str, payload: Payload) -> None:
        """Count the program's use, and tell of one that is new."""
        if self._newcomers.note(name, program, payload.masked()):
            self._record("new-consumer", what, name, peer, program=program)
            if self._tell is not None:
                self._tell(name, program)

    def _consult(self, question: str, what: str, name: str, peer: Peer) -> str:
        """Why a person does not consent."""
        from keywatch.serve.pinentry import confirm, find_pinentry

        program = find_pinentry()
        if program is None:
            return "nobody can be asked: install pinentry"
        if confirm(program, question):
            return ""
        self._note_refusal(what, name, peer, "a person declined")
        return "declined"

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


def _sessions(held: Held) -> Sessions:
    """The temporary keys that are forgotten with what is held."""
    if held.sessions is None:
        from keywatch.serve.sessions import Sessions

        held.sessions = Sessions()
    return held.sessions


def _now() -> float:
    """Seconds by a clock that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _asleep() -> float:
    """Seconds for which the machine has slept since it was started."""
    return _now() - time.clock_gettime(time.CLOCK_MONOTONIC)
