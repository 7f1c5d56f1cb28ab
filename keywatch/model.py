"""The words of the design as frozen values: what every other module takes and gives.

Nothing here reads a file, a clock or the environment. A secret's bytes live only inside `Secret`, whose every
printed, formatted, logged or pickled form is masked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NoReturn

from keywatch.severity import Severity


class Secret:
    """Bytes that must never be shown. `expose()` is the only way to them.

    Equality is constant-time; hashing works, so that secrets can be grouped in memory. What both need loads OpenSSL,
    so only the first secret has it loaded: most sweeps meet none.
    """

    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        self._bytes = bytes(value)

    def expose(self) -> bytes:
        """The secret itself. Whoever calls this answers for where the bytes go."""
        return self._bytes

    def fingerprint(self, key: bytes) -> str:
        """HMAC-SHA256 under the installation's random `key`, as 32 hex digits: safe to store, log and print."""
        import hashlib
        import hmac

        return hmac.new(key, self._bytes, hashlib.sha256).hexdigest()[:32]

    def __len__(self) -> int:
        return len(self._bytes)

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def __eq__(self, other: object) -> bool:
        import hmac

        return isinstance(other, Secret) and hmac.compare_digest(self._bytes, other._bytes)

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "…"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes `start` to `end` (half open) of a content."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """True when the two share at least one byte."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Binding:
    """A name with a value at an exact byte span of a content.

    `name` is as written (`AWS_ACCESS_KEY_ID`), empty where the value has none. `value` is what the consumer gets:
    quotes off, escapes resolved. `span` covers the value's raw bytes inside its quotes, so that replacing exactly
    those bytes replaces the value. `path` says where the binding stands, outermost first, each step unique among its
    siblings (`("profile dev",)`, `("services#0", "env")`): two bindings with equal paths stand in the same section,
    object or command. `commented` bindings stand in a comment and are read by no consumer.
    """

    name: str
    value: Secret
    span: Span
    path: tuple[str, ...] = ()
    commented: bool = False


class Role(StrEnum):
    """What a part of a credential is. The values are those of the JSON contract."""

    ACCESS_KEY_ID = "access_key_id"
    SECRET_ACCESS_KEY = "secret_access_key"  # noqa: S105 - the name of a role
    SESSION_TOKEN = "session_token"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105
    PRIVATE_KEY = "private_key"


Kind = Literal["long-lived", "temporary", "service-bearer", "context-specific", "unknown"]


@dataclass(frozen=True, slots=True)
class Match:
    """Bytes that a detector takes for one part of a credential."""

    rule: str
    role: Role
    span: Span
    value: Secret
    name: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credential:
    """The parts that belong together. `ambiguous` when another pairing was as likely: never moved unasked."""

    rule: str
    kind: Kind
    parts: tuple[Match, ...]
    ambiguous: bool = False
    notes: tuple[str, ...] = ()

    def part(self, role: Role) -> Match | None:
        """The part in that role, if there is one."""
        return next((p for p in self.parts if p.role is role), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a content came from. `via` are the steps inside it (`("etc/crontab",)` inside an archive)."""

    path: str
    via: tuple[str, ...] = ()
    format: str = "text"
    owner: str = ""
    consumer: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a finding as it may be shown: line and column count from 1, columns in characters."""

    role: Role
    line: int
    column: int
    masked: str
    fingerprint: str
    span: Span
    name: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A credential at a place, judged. Holds no secret: `parts` are masked and fingerprinted.

    `identity` is equal for the same credential wherever it lies; `id` is this credential at this place. `advice` names
    what to do next (report/advice.py has the sentences), most pressing first.
    """

    id: str
    identity: str
    rule: str
    title: str
    kind: Kind
    severity: Severity
    reasons: tuple[str, ...]
    place: Place
    parts: tuple[Part, ...]
    account: str | None = None
    ambiguous: bool = False
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not be swept, and why. `asked` when the person named it: then the exit code says so."""

    path: str
    why: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Reuse:
    """Where else a credential is used: at how many places it lies, this one included; in a vault, and by how many."""

    places: int = 1
    entry: str = ""
    programs: int = 0


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the machine tells of a place without opening it: the facts a judgement rests on. Empty means unknown."""

    mode: int = 0o600
    owner: str = ""
    foreign_owner: bool = False
    encrypted: bool | None = None
    device: str = ""
    git: Literal["", "untracked", "ignored", "tracked", "pushed"] = ""
    synced: str = ""
    server: str = ""
    modified: float = 0.0
    readable_by: Literal["", "group", "everyone"] = ""


@dataclass(slots=True)
class Summary:
    """Counts of one sweep. `cached` files were known clean and unchanged; `seconds` is wall time."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    cached: int = 0


@dataclass(slots=True)
class SweepResult:
    """Everything a report shows of one sweep. `machine` is the host's name, `swept` seconds since the epoch.

    `scope` names what was swept where sweeps of other days compare with it (state.py), else it is empty.
    """

    findings: list[Finding] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    places: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    suppressed: dict[str, int] = field(default_factory=dict)
    machine: str = ""
    swept: float = 0.0
    scope: str = ""


def mask_key_id(value: bytes) -> str:
    """First 4 and last 4 characters of an access key id; `…` alone where too little would be hidden."""
    if len(value) < 16:
        return "…"
    text = value.decode("ascii", "replace")
    return f"{text[:4]}…{text[-4:]}"


JsonValue = dict[str, Any] | list[Any] | str | int | float | bool | None
