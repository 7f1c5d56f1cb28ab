"""Made-up results of sweeps, judged by the real judgement, with nothing in them that a scanner could take for a key."""

from __future__ import annotations

import hashlib

from keywatch.detect.severity import advise, judge
from keywatch.model import (
    Credential,
    Exposure,
    Finding,
    Kind,
    Match,
    Part,
    Place,
    Reuse,
    Role,
    Secret,
    Skipped,
    Span,
    Summary,
    SweepResult,
)
from keywatch.severity import Severity

NOW = 1_790_000_000.0
DAY = 86400.0
ID, SECRET, SESSION = Role.ACCESS_KEY_ID, Role.SECRET_ACCESS_KEY, Role.SESSION_TOKEN


def digest(text: str) -> str:
    """Something that looks like a fingerprint."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def credential(
    *roles: Role,
    kind: Kind = "long-lived",
    rule: str = "aws-access-key",
    notes: tuple[str, ...] = (),
    ambiguous: bool = False,
) -> Credential:
    """A credential of those roles, with empty secrets."""
    parts = tuple(Match(rule, role, Span(0, 0), Secret(b"")) for role in roles)
    return Credential(rule, kind, parts, ambiguous, notes)


def finding(
    name: str,
    path: str,
    *roles: Role,
    line: int = 3,
    kind: Kind = "long-lived",
    rule: str = "aws-access-key",
    title: str = "AWS access key",
    exposure: Exposure | None = None,
    via: tuple[str, ...] = (),
    copies: int = 1,
    account: str | None = None,
    canary: bool = False,
    base: Severity | None = None,
) -> Finding:
    """The finding of the made-up credential `name` at `path`."""
    place = Place(path, via, "text", "alice", "")
    whole = credential(*roles, kind=kind, rule=rule)
    facts = exposure or Exposure(owner="alice")
    severity, reasons = judge(whole, facts, place, Reuse(copies), account, canary, NOW, base)
    masked = {ID: "AKIA…" + digest(name)[:4].upper()}
    parts = tuple(
        Part(role, line + number, 25 + number, masked.get(role, "…"), digest(name + role.value), Span(0, 0))
        for number, role in enumerate(roles)
    )
    return Finding(
        id=digest(name + path + "!".join(via)),
        identity=digest(name),
        rule=rule,
        title=title,
        kind=kind,
        severity=severity,
        reasons=reasons,
        place=place,
        parts=parts,
        account=account,
        advice=advise(whole, facts, place, copies, canary, NOW),
    )


def full_result() -> SweepResult:
    """A sweep that found some of everything."""
    home = "/home/alice"
    laptop = {"owner": "alice", "encrypted": False, "device": "nvme0n1p2"}
    opened = Exposure(mode=0o644, readable_by="everyone", modified=NOW - 800 * DAY, **laptop)
    plain = Exposure(mode=0o600, **laptop)
    pushed = Exposure(mode=0o644, git="pushed", **laptop)
    synced = Exposure(mode=0o600, synced="Dropbox", **laptop)
    pair = (ID, SECRET)
    return SweepResult(
        findings=[
            finding("one", f"{home}/.bashrc", *pair, exposure=opened, copies=3, account="123456789012"),
            finding("one", f"{home}/work/app/.env", *pair, exposure=pushed, copies=3, account="123456789012", line=12),
            finding("one", f"{home}/old/backup.tgz", *pair, exposure=synced, copies=3, account="123456789012",
                    via=("etc/crontab",), line=4),
            finding("two", f"{home}/.aws/credentials", *pair, exposure=plain, account="210987654321", line=2),
            finding("three", f"{home}/.aws/cli/cache/x.json", *pair, SESSION, kind="temporary", exposure=plain),
            finding("four", f"{home}/.netrc", Role.PASSWORD, kind="unknown", rule="netrc-password",
                    title="Password in .netrc", exposure=plain, base=Severity.MEDIUM),
            finding("five", "/etc/cron.d/backup\x1b[31mevil\nname", ID, exposure=opened),
            finding("six", f"{home}/canary \udcff 'x'.txt", *pair, exposure=opened, canary=True,
                    account="052310077262"),
        ],
        dropped={"documented-example": 3, "placeholder": 1, "checksum": 2},
        skipped=[
            Skipped("/root/secret", "permission denied", asked=True),
            Skipped(f"{home}/pipe", "a FIFO"),
            Skipped(f"{home}/huge.img", "larger than 256 MiB"),
            Skipped(f"{home}/other", "permission denied"),
        ],
        summary=Summary(files=12345, bytes=678_901_234, seconds=1.234, cached=11_000),
        places=(home, "/etc"),
        notes=("state database not usable: sweeping without it",),
        suppressed={"inline-allow": 2, "baseline": 1},
        machine="laptop",
        swept=NOW,
        scope="well-known",
    )  # fmt: skip
