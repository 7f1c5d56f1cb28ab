"""How urgent a finding is, and why, in sentences. Pure: facts in, a severity and its reasons out.

Three tables hold all of it, and docs/usage.md repeats them: BASE says what the credential itself is worth, RAISING and
TELLING what its place adds. Several raising grounds raise no further than one, so that `critical` keeps meaning
"treat it as known to others". Nothing here ever tests a key.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass

from keywatch.model import Credential, Exposure, Place, Reuse, Role
from keywatch.severity import Severity

#: after this many days without a change a key is due for rotation (AWS's and CIS's usual limit)
OLD_DAYS = 90
DAY = 86400.0

#: a note of the pairing: `expires 2026-01-31T12:00:00Z`
_EXPIRES = re.compile(
    r"expir\w{0,6}[ =:]{1,4}(2\d{3})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?(?:Z|([+-])(\d\d):?(\d\d))?)?",
    re.I,
)
#: folders in which the AWS CLI keeps temporary keys of its own
_CLI_CACHES = ("/.aws/cli/cache/", "/.aws/sso/cache/")


@dataclass(frozen=True, slots=True)
class Base:
    """What a credential of one sort is worth. `severity` None: the rule says."""

    severity: Severity | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a judgement rests on."""

    credential: Credential
    exposure: Exposure
    place: Place
    reuse: Reuse
    account: str | None
    canary: bool
    now: float

    @property
    def aws(self) -> bool:
        """True for AWS access keys, whole or in part."""
        return any(p.role in _AWS_ROLES for p in self.credential.parts)

    @property
    def inert(self) -> bool:
        """True for what opens nothing by itself."""
        return _sort(self) in _INERT


#: rows of BASE for parts that open nothing alone
_INERT = ("lone-id", "lone-session-token", "temporary-incomplete")
_AWS_ROLES = (Role.ACCESS_KEY_ID, Role.SECRET_ACCESS_KEY, Role.SESSION_TOKEN)

BASE: dict[str, Base] = {
    "canary": Base(
        Severity.INFO, "A canary key{account}: it only raises an alarm when used, and keywatch never tests it"
    ),
    "expired": Base(Severity.INFO, "A temporary key that ran out on {expiry}: it opens nothing any more"),
    "cli-cache": Base(Severity.INFO, "A temporary key in the AWS CLI's own cache: the CLI replaces it by itself"),
    "long-lived-pair": Base(
        Severity.HIGH, "A long-lived access key with its secret: it works from anywhere until somebody revokes it"
    ),
    "pair": Base(Severity.HIGH, "An access key id with its secret: whoever reads both can act as their owner"),
    "temporary": Base(
        Severity.MEDIUM, "A temporary key with its secret and session token: it works until {until}, 36 hours at most"
    ),
    "temporary-incomplete": Base(
        Severity.LOW, "A temporary key without its session token: the pair alone opens nothing"
    ),
    "lone-secret": Base(
        Severity.MEDIUM, "A secret access key without its id: whoever learns the id, which is no secret, can use it"
    ),
    "lone-id": Base(Severity.LOW, "An access key id without its secret: it opens nothing, but its secret may be near"),
    "lone-session-token": Base(Severity.LOW, "A session token without its key: it opens nothing by itself"),
    "private-key": Base(None, "A private key: whoever has it is taken for its owner"),
    "password": Base(None, "A password: whoever reads it can log in with it"),
    "token": Base(None, "A token: whoever has it can act as its owner"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a place adds: where it `holds`, its sentence is said."""

    name: str
    holds: Callable[[Facts], bool]
    sentence: str


#: somebody else can have the key already, or it is used for more than one thing: one level up
RAISING: tuple[Ground, ...] = (
    Ground(
        "pushed",
        lambda f: f.exposure.git == "pushed",
        "Pushed with git: everybody with access to the remote has it, and its history keeps it",
    ),
    Ground(
        "readable by everyone",
        lambda f: f.exposure.readable_by == "everyone",
        "Everyone on this machine can read it (mode {mode})",
    ),
    Ground(
        "readable by a group",
        lambda f: f.exposure.readable_by == "group",
        "Other accounts can read it, by its group or its access list (mode {mode})",
    ),
    Ground(
        "cloud-synced folder",
        lambda f: bool(f.exposure.synced),
        "Inside a folder that {synced} copies to the cloud",
    ),
    Ground(
        "several places",
        lambda f: f.reuse.places > 1 and not f.inert,
        "The same key lies in {copies} places: never use one key for two things",
    ),
    Ground(
        "in the vault already",
        lambda f: bool(f.reuse.entry) and not f.inert,
        "It is in the vault already, as '{entry}': this copy is a second use of it",
    ),
    Ground(
        "several programs",
        lambda f: f.reuse.programs > 1 and not f.inert,
        "{programs} programs use '{entry}' out of the vault: never use one key for two things",
    ),
)

#: worth knowing, and no reason to hurry more
TELLING: tuple[Ground, ...] = (
    Ground(
        "part at several places",
        lambda f: f.reuse.places > 1 and f.inert,
        "It lies in {copies} places, though it opens nothing by itself",
    ),
    Ground(
        "tracked by git",
        lambda f: f.exposure.git == "tracked",
        "Tracked by git: the next push publishes it, and history keeps it",
    ),
    Ground(
        "in a repository, not ignored",
        lambda f: f.exposure.git == "untracked",
        "In a git repository and not ignored: the next `git add` takes it",
    ),
    Ground(
        "EC2 instance",
        lambda f: f.aws and "EC2" in f.exposure.server,
        "This machine is {server}: an instance role would serve, and no key need lie here",
    ),
    Ground(
        "other server",
        lambda f: f.aws and bool(f.exposure.server) and "EC2" not in f.exposure.server,
        "This machine is {server}: a role for it would serve better than a key that lies here",
    ),
    Ground(
        "disk not encrypted",
        lambda f: f.exposure.encrypted is False,
        "Not on a disk that this system encrypts{device}: whoever gets the disk or a copy of it reads the key",
    ),
    Ground(
        "foreign owner",
        lambda f: f.exposure.foreign_owner,
        "The file belongs to {owner}, who can read and change it",
    ),
    Ground(
        "inside an archive",
        lambda f: bool(f.place.via),
        "Inside an archive or a wrapped file: each copy of that holds the key too",
    ),
    Ground(
        "open mode",
        lambda f: not f.exposure.readable_by and bool(f.exposure.mode & 0o044),
        "Its mode {mode} lets others read it wherever the folders above let them through",
    ),
    Ground(
        "age",
        lambda f: _days(f) >= OLD_DAYS and f.credential.kind != "temporary",
        "Unchanged here for {age}: a key this old is due for rotation",
    ),
    Ground(
        "ambiguous",
        lambda f: f.credential.ambiguous,
        "Which id and which secret belong together is not certain here",
    ),
)


def judge(
    credential: Credential,
    exposure: Exposure,
    place: Place,
    reuse: Reuse,
    account: str | None,
    canary: bool,  # noqa: FBT001 - one fact among others
    now: float,
    base: Severity | None = None,
) -> tuple[Severity, tuple[str, ...]]:
    """How urgent `credential` at `place` is, and why, most telling reason first.

    `reuse` is where else it is used; `now` is seconds since the epoch; `base` is the
    rule's severity, for credentials that are no AWS access key (high where None).
    """
    facts = Facts(credential, exposure, place, reuse, account, canary, now)
    words = _words(facts)
    row = BASE[_sort(facts)]
    severity = row.severity if row.severity is not None else (Severity.HIGH if base is None else base)
    reasons = [row.sentence]
    if severity is not Severity.INFO:
        raising = [ground.sentence for ground in RAISING if ground.holds(facts)]
        if raising:
            severity = Severity(min(severity + 1, Severity.CRITICAL))
        reasons += raising + [ground.sentence for ground in TELLING if ground.holds(facts)]
    return severity, tuple(reason.format(**words) for reason in reasons)


def advise(
    credential: Credential,
    exposure: Exposure,
    place: Place,
    copies: int,
    canary: bool,  # noqa: FBT001
    now: float,
) -> tuple[str, ...]:
    """What to do next, as names of report/advice.py's sentences, most pressing first."""
    facts = Facts(credential, exposure, place, Reuse(copies), None, canary, now)
    sort = _sort(facts)
    if sort in ("canary", "cli-cache"):
        return ("leave",)
    if sort == "expired":
        return ("delete",)
    inert = sort in _INERT
    known = exposure.git == "pushed" or bool(exposure.readable_by) or bool(exposure.synced)
    steps = (
        ("rotate", known and facts.aws and not inert and credential.kind != "temporary"),
        ("wait", known and credential.kind == "temporary" and not inert),
        ("revoke", known and not facts.aws),
        ("chmod", bool(exposure.readable_by) or bool(exposure.mode & 0o044)),
        ("untrack", exposure.git in ("tracked", "pushed")),
        ("gitignore", exposure.git == "untracked"),
        ("unsync", bool(exposure.synced)),
        ("separate", copies > 1 and not inert),
        ("role", bool(exposure.server) and facts.aws and not inert),
        ("short-lived", facts.aws and not exposure.server and not inert and credential.kind != "temporary"),
        ("store", not facts.aws),
        ("look-near", sort == "lone-id"),
    )
    return tuple(name for name, needed in steps if needed)


def expires(credential: Credential) -> float | None:
    """When the credential runs out, in seconds since the epoch, by a note such as `expires 2026-01-31T12:00:00Z`."""
    found = _expiry(credential)
    return found[0] if found else None


def _expiry(credential: Credential) -> tuple[float, str] | None:
    """That moment, and its day as the note has it."""
    for note in credential.notes:
        if not (found := _EXPIRES.search(note)):
            continue
        year, month, day, hour, minute, second = (int(group or 0) for group in found.groups()[:6])
        sign, hours, minutes = found.groups()[6:]
        if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60):
            continue
        # AWS writes UTC; a time without a zone is one
        ahead = (int(hours or 0) * 3600 + int(minutes or 0) * 60) * (-1 if sign == "-" else 1)
        moment = timegm((year, month, day, hour, minute, second)) - ahead
        return float(moment), f"{year}-{month:02}-{day:02}"
    return None


def _sort(facts: Facts) -> str:
    """The row of BASE that a credential falls under."""
    credential = facts.credential
    roles = {part.role for part in credential.parts}
    if facts.canary:
        return "canary"
    if (end := expires(credential)) is not None and end <= facts.now:
        return "expired"
    if not facts.aws:
        if Role.PRIVATE_KEY in roles:
            return "private-key"
        return "password" if Role.PASSWORD in roles else "token"
    if credential.kind == "temporary" and any(cache in facts.place.path for cache in _CLI_CACHES):
        return "cli-cache"
    if {Role.ACCESS_KEY_ID, Role.SECRET_ACCESS_KEY} <= roles:
        if credential.kind == "temporary":
            return "temporary" if Role.SESSION_TOKEN in roles else "temporary-incomplete"
        return "long-lived-pair" if credential.kind == "long-lived" else "pair"
    if Role.SECRET_ACCESS_KEY in roles:
        return "lone-secret"
    return "lone-id" if Role.ACCESS_KEY_ID in roles else "lone-session-token"


def _words(facts: Facts) -> dict[str, str]:
    """What the sentences' braces stand for."""
    exposure = facts.exposure
    _, day = _expiry(facts.credential) or (None, "")
    years, months = divmod(_days(facts) // 30, 12)
    return {
        "account": f" of account {facts.account}" if facts.account else "",
        "expiry": day,
        "until": day or "its session ends",
        "mode": f"{exposure.mode & 0o7777:04o}",
        "synced": exposure.synced,
        "copies": str(facts.reuse.places),
        "entry": facts.reuse.entry,
        "programs": str(facts.reuse.programs),
        "server": exposure.server,
        "device": f" ({exposure.device})" if exposure.device else "",
        "owner": exposure.owner or "somebody else",
        "age": f"{years} year{'s' * (years > 1)}" if years else f"{months} months",
    }


def _days(facts: Facts) -> int:
    """Whole days since the place was last changed; 0 where that is unknown."""
    return int((facts.now - facts.exposure.modified) / DAY) if facts.exposure.modified > 0 else 0
