"""A temporary key that stands for an entry, with its end; as a record for pipes and sockets, and as an entry itself.

In a vault it is called `session.NAME`. Whose it is and how it was asked for stand with it: a session of a key that was
replaced, or of another role than the configuration names now, is not used. Touches no file and asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keywatch.errors import UsageError
from keywatch.model import Secret
from keywatch.vault.base import Deposit, Payload

if TYPE_CHECKING:
    from keywatch.config import EntryPolicy

#: how the entry is called that keeps an entry's session
PREFIX = "session."
#: seconds before its end from which on a session is replaced: botocore asks on every request in the last 15 minutes
AHEAD = 960.0
#: of a short one, only this part of its life
_PART = 1 / 3
#: seconds before its end from which on it is of no use: a request that was signed now may arrive then
USELESS = 15.0
_KEY = ("access_key_id", "secret_access_key", "session_token")
_TEXTS = ("expires", "made", "who", "of", "how")


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary keys. Times are ISO 8601 in UTC; `who` is an ARN where it is known; `of` is the long-lived key's id."""

    payload: Payload
    expires: str
    made: str
    of: str
    how: str
    who: str = ""

    def left(self, now: datetime) -> float:
        """Seconds until it ends."""
        return (moment(self.expires) - now).total_seconds()

    def is_useful(self, now: datetime) -> bool:
        """Whether a program can still do something with it."""
        return self.left(now) > USELESS

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to have a new one."""
        life = (moment(self.expires) - moment(self.made)).total_seconds()
        return self.left(now) < min(AHEAD, life * _PART)

    def fits(self, payload: Payload, policy: EntryPolicy) -> bool:
        """Whether it is of this key, and as the policy wants it now."""
        return self.of == id_of(payload) and self.how == how_of(policy)


def id_of(payload: Payload) -> str:
    """The whole access key id of an entry. `UsageError` where it is no long-lived AWS key."""
    fields = payload.fields
    if not {"access_key_id", "secret_access_key"} <= fields.keys():
        raise UsageError("this entry is no AWS access key: there are no temporary keys for it")
    if "session_token" in fields:
        raise UsageError("this entry is a temporary key already: AWS gives no other for it")
    return fields["access_key_id"].expose().decode("utf-8", "replace")


def how_of(policy: EntryPolicy) -> str:
    """What a policy says of how a session is asked for, in one text."""
    return "|".join((policy.role, policy.mfa, f"{policy.duration:g}", policy.external_id))


def moment(text: str) -> datetime:
    """The time of an ISO 8601 text; long ago where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def deposit_of(entry: str, session: Session) -> Deposit:
    """The session as an entry of a vault."""
    more = {name: Secret(getattr(session, name).encode()) for name in _TEXTS if getattr(session, name)}
    return Deposit(f"{PREFIX}{entry}", Payload({**session.payload.fields, **more}), "temporary", consumer="keywatch")


def session_of(payload: Payload) -> Session:
    """The session that `deposit_of` kept. `UsageError` where it is none."""
    texts = {name: secret.expose().decode("utf-8", "replace") for name, secret in payload.fields.items()}
    return session_from(texts)


def as_record(session: Session) -> dict[str, str]:
    """The session as JSON takes it, for a pipe or a socket alone."""
    return {name: secret.expose().decode() for name, secret in deposit_of("x", session).payload.fields.items()}


def session_from(record: Mapping[str, object]) -> Session:
    """The session of such a record. `UsageError` where it is none."""
    values = {name: record.get(name, "") for name in (*_KEY, *_TEXTS)}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    if not all(texts.get(name) for name in (*_KEY, "expires", "made", "of")):
        raise UsageError("not a session")
    payload = Payload({name: Secret(texts[name].encode()) for name in _KEY})
    return Session(payload, texts["expires"], texts["made"], texts["of"], texts.get("how", ""), texts.get("who", ""))
