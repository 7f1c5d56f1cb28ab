"""What a person has said need not be reported: inline `keywatch:allow`, ignore files, and a baseline. Pure.

Whoever reads the files gives their bytes; the findings left out are counted by reason, and every report says so.
"""

from __future__ import annotations

import binascii
import datetime
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from keywatch.errors import ConfigError
from keywatch.globs import covers
from keywatch.model import Finding, Span
from keywatch.request import Baseline, IgnoreEntry

ALLOW = b"keywatch:allow"
#: what begins a comment anywhere on a line, and what only as its first sign (vim, VB, batch, X resources, C blocks)
_COMMENTS = (b"#", b"//", b"--", b"/*", b"<!--", b";", b"%", b"{-", b"(*")
_FIRST = (b'"', b"'", b"rem ", b"REM ", b"!", b"..", b"*", *_COMMENTS)
#: how far from a key on its line the comment is looked for: lines may be as long as their file
_REACH = 4096
MAX_IGNORE_BYTES = 1 << 20
MAX_BASELINE_BYTES = 64 << 20
_MAX_LINE = 4096

#: the reasons under which left-out findings are counted
INLINE = "inline-allow"
IGNORED = "ignore-file"
KNOWN = "baseline"

_SURROGATE = re.compile("[\ud800-\udfff]")

SCHEMA = "keywatch.sweep/1"


def allows(content: bytes, spans: Iterable[Span], rule: str) -> bool:
    """True when a comment on the first or last line of one of `spans` says `keywatch:allow`, for all or for `rule`.

    Rule ids may follow, separated by commas or blanks; then it speaks of those rules only.
    """
    for span in spans:
        before = content[max(0, span.start - _REACH) : span.start]
        head = before[before.rfind(b"\n") + 1 :]
        tail = content[span.end : span.end + _REACH].split(b"\n", 1)[0]
        comment = head.lstrip().startswith(_FIRST)
        if _allowed_in(head, rule, in_comment=comment) or _allowed_in(tail, rule, in_comment=comment):
            return True
    return False


def _allowed_in(text: bytes, rule: str, *, in_comment: bool) -> bool:
    at = text.find(ALLOW)
    while at >= 0:
        if in_comment or any(mark in text[:at] for mark in _COMMENTS):
            words = text[at + len(ALLOW) :].replace(b",", b" ").split(None, 32)[:32]
            named: list[str] = []
            for word in words:
                if not _is_rule_id(word):
                    break
                named.append(word.decode())
            if not named or rule in named:
                return True
        at = text.find(ALLOW, at + len(ALLOW))
    return False


def _is_rule_id(word: bytes) -> bool:
    return word[:1].islower() and word.islower() and all(step.isalnum() for step in word.split(b"-"))


def parse_ignore(content: bytes, source: str, base: str, home: str = "/") -> tuple[IgnoreEntry, ...]:
    """The entries of an ignore file. Its globs start from the folder `base`, those with `~/` from `home`.

    `ConfigError` names the line: an unknown form, a fingerprint that is none, a date that is none.
    """
    if len(content) > MAX_IGNORE_BYTES:
        raise ConfigError(f"{source}: larger than {MAX_IGNORE_BYTES} bytes")
    entries = []
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        line = os.fsdecode(raw).strip()
        if line and not line.startswith("#"):
            try:
                entries.append(_entry(line, IgnoreEntry("path", "", base, source=source, line=number), home))
            except ValueError as error:
                raise ConfigError(f"{source}:{number}: {error}") from None
    return tuple(entries)


def _entry(line: str, blank: IgnoreEntry, home: str) -> IgnoreEntry:
    """`blank` filled in by what `line` says."""
    if len(line) > _MAX_LINE:
        raise ValueError(f"longer than {_MAX_LINE} characters")
    line, _, reason = _cut(line, "reason=")
    line, dated, day = _cut(line, "until=")
    blank = replace(blank, reason=reason, until=_date(day) if dated else None)
    what, _, value = line.partition(":")
    if what == "fingerprint":
        if not 16 <= len(value) <= 64 or set(value.lower()) - set("0123456789abcdef"):
            raise ValueError("a fingerprint is 32 hex digits, as a report shows it")
        return replace(blank, what="fingerprint", value=value.lower())
    if what == "finding":
        if len(value) != 12 or set(value.lower()) - set("0123456789abcdef"):
            raise ValueError("a finding's id is 12 hex digits, as a report shows it")
        return replace(blank, what="finding", value=value.lower())
    if what == "rule":
        if not _is_rule_id(os.fsencode(value)):
            raise ValueError("expected a rule's id, such as rule:aws-access-key")
        return replace(blank, what="rule", value=value)
    negated = line.startswith("!")
    glob = line[1:] if negated else line
    base = blank.base
    if glob.startswith("~/"):
        glob, base = glob[1:], home
    if not glob.rstrip("/"):
        raise ValueError("expected a path, finding:ID, fingerprint:HEX or rule:ID")
    return replace(blank, value=glob.rstrip("/"), base=base, negated=negated, folders_only=glob.endswith("/"))


def _cut(line: str, word: str) -> tuple[str, bool, str]:
    """`line` up to a blank and `word`, whether they are there, and what follows."""
    head, found, tail = line.replace("\t", " ").partition(" " + word)
    return (head.rstrip(), True, tail.strip()) if found else (line, False, "")


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no date: write until=YYYY-MM-DD") from None


def parse_baseline(content: bytes, source: str) -> Baseline:
    """What an earlier `--json` report holds. `ConfigError` when `content` is no such report."""
    if len(content) > MAX_BASELINE_BYTES:
        raise ConfigError(f"{source}: larger than {MAX_BASELINE_BYTES} bytes")
    try:
        report = json.loads(content)
    except (ValueError, RecursionError):
        raise ConfigError(f"{source}: not valid JSON: write it with keywatch sweep --json --output FILE") from None
    if not isinstance(report, dict) or report.get("schema") != SCHEMA or not isinstance(report.get("findings"), list):
        raise ConfigError(f'{source}: no report of a sweep: expected an object with "schema": "{SCHEMA}"')
    identities: set[tuple[str, str]] = set()
    fingerprints: set[tuple[str, str]] = set()
    for number, finding in enumerate(report["findings"], 1):
        try:
            place = _place_of(finding["place"])
            if identity := finding.get("identity"):
                identities.add((str(identity), place))
            fingerprints.update((str(part["fingerprint"]), place) for part in finding["parts"])
        except (KeyError, TypeError, AttributeError, ValueError):
            raise ConfigError(f"{source}: finding {number} is not as docs/json.md says") from None
    return Baseline(frozenset(identities), frozenset(fingerprints))


def _place_of(place: dict[str, object]) -> str:
    path = str(place["path"])
    if "path_base64" in place:
        try:
            path = os.fsdecode(binascii.a2b_base64(str(place["path_base64"]), strict_mode=True))
        except binascii.Error:
            raise ValueError("path_base64") from None
    via = place.get("via") or []
    if not isinstance(via, list):
        raise TypeError("via")
    return _key(path, via)


def _key(path: str, via: Iterable[object]) -> str:
    """A place as one text. A report writes steps that are no UTF-8 with U+FFFD, so they are compared so."""
    return "\0".join((path, *(_SURROGATE.sub("\ufffd", str(step)) for step in via)))


def suppress(
    findings: Iterable[Finding], ignore: Sequence[IgnoreEntry], baseline: Baseline | None, today: datetime.date
) -> tuple[list[Finding], dict[str, int]]:
    """The findings that are still to be reported, in order, and how many others were left out, by reason."""
    valid = [entry for entry in ignore if entry.until is None or today <= entry.until]
    kept: list[Finding] = []
    left_out: dict[str, int] = {}
    for finding in findings:
        why = IGNORED if _ignored(finding, valid) else KNOWN if baseline and _known(finding, baseline) else ""
        if why:
            left_out[why] = left_out.get(why, 0) + 1
        else:
            kept.append(finding)
    return kept, left_out


def ran_out(ignore: Iterable[IgnoreEntry], today: datetime.date) -> tuple[str, ...]:
    """A sentence for each entry whose date has passed: its findings are reported again."""
    return tuple(
        f"{entry.source}:{entry.line}: ran out on {entry.until}: what it ignored is reported again"
        for entry in ignore
        if entry.until is not None and today > entry.until
    )


def _known(finding: Finding, baseline: Baseline) -> bool:
    place = _key(finding.place.path, finding.place.via)
    if (finding.identity, place) in baseline.identities:
        return True
    return bool(finding.parts) and all((part.fingerprint, place) in baseline.fingerprints for part in finding.parts)


def _ignored(finding: Finding, entries: Sequence[IgnoreEntry]) -> bool:
    by_path = False
    for entry in entries:
        if entry.what == "rule":
            if finding.rule == entry.value:
                return True
        elif entry.what == "finding":
            if finding.id == entry.value:
                return True
        elif entry.what == "fingerprint":
            marks = (finding.identity, finding.id, *(part.fingerprint for part in finding.parts))
            if any(mark.startswith(entry.value) for mark in marks):
                return True
        elif by_path is entry.negated and covers(
            entry.value, finding.place.path, entry.base, folders_only=entry.folders_only
        ):
            by_path = not entry.negated
    return by_path
