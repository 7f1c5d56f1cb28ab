"""From findings to a plan: each place read again, its key found again, a way chosen and tried. Changes nothing.

One plan is one credential at all its chosen places. What can't be rewritten is in the plan too, with the reason and
what a person can do instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from keywatch.errors import CannotMoveError, KeywatchError, UsageError, VaultError
from keywatch.model import Finding, Match, Role, Secret
from keywatch.move.base import Account, Change, Held, Note, Plan, ProfileCheck, Topic, Unmoved
from keywatch.move.draft import Draft, Original, Programs
from keywatch.move.find import Finder, find_again
from keywatch.move.leftovers import find_remains
from keywatch.move.redaction import redact_rest, spellings
from keywatch.move.trouble import told
from keywatch.move.ways.registry import choose_way
from keywatch.paths import own_homes
from keywatch.places.git import Git
from keywatch.serve.temporary import session_policy
from keywatch.sweep.sighting import FileFacts
from keywatch.vault.base import Entry, Payload, Vault, check_given

#: reads a place: see `Draft`
Reader = Callable[[str], Original | None]
#: shorter secrets are found by chance
_SHORTEST = 16
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for: the way by name, the entry's name, the vault; empty is for keywatch to choose."""

    way: str = ""
    entry: str = ""
    vault: str = ""


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning needs. `others` are all findings of the last sweep, to say where else a key lies."""

    finder: Finder
    read: Reader
    account: Account
    programs: Programs
    vault: Vault
    wish: Wish
    now: float
    others: Sequence[Finding] = ()

    def plan(self, findings: Sequence[Finding]) -> Plan:
        """The plan for one credential at these places; its `changes` are empty when none can be rewritten."""
        with told("nothing was changed"):
            return self._plan(findings)

    def _plan(self, findings: Sequence[Finding]) -> Plan:
        draft = Draft(self.account, self.programs, self.read)
        found, unmoved = self._find(findings, draft)
        if not found:
            return Plan("", Payload({"token": Secret(b"-")}), tuple(findings), (), unmoved=tuple(unmoved))
        payload = _payload(found)
        entry, known = self._entry(found, payload)
        if (policy := session_policy(own_homes().config, entry)) is not None:
            whose = f"of {policy.role}" if policy.role else "of its user"
            draft.say(
                Topic.WARNING, f"[entries.{entry}] has programs get temporary keys only, {whose}: these will, too"
            )
        moved: list[Finding] = []
        for held in found:
            named = replace(held, entry=entry)
            try:
                with draft.attempt():
                    self._apply(named, draft)
            except CannotMoveError as error:
                unmoved.append(Unmoved(held.finding, error.why, error.instead))
            else:
                moved.append(held.finding)
        secrets = _secrets(found)
        try:
            for path in draft.changed():
                self._redact_rest(draft, path, secrets)
        except CannotMoveError as error:
            unmoved += [Unmoved(finding, error.why, error.instead) for finding in moved]
            moved = []
        self._say_elsewhere(draft, found)
        self._say_remains(draft, secrets)
        raw = [Secret(content[part.span.start : part.span.end]) for content, part in self._raw_parts(found, draft)]
        every = {
            *spellings(secrets),
            *raw,
            *(value for path in draft.changed() for value in self._all_secrets(draft, path)),
        }
        changes = _places_last(draft.changes(tuple(every)), findings) if moved else ()
        return Plan(
            entry=entry,
            payload=payload,
            findings=tuple(dict.fromkeys(moved)) or tuple(findings),
            changes=changes,
            notes=tuple(draft.notes),
            checks=tuple(draft.checks),
            reloads=tuple(draft.reloads),
            unmoved=tuple(_once(unmoved)),
            vault=self.wish.vault,
            known=known,
        )

    def _find(self, findings: Sequence[Finding], draft: Draft) -> tuple[list[Held], list[Unmoved]]:
        """Each finding again, with its values; one that stands in a file twice is there twice."""
        found: list[Held] = []
        unmoved: list[Unmoved] = []
        for finding in findings:
            if finding.place.via:
                unmoved.append(Unmoved(finding, "inside another file", "unpack it, or delete it if it is not needed"))
                continue
            try:
                found += self._again(finding, draft)
            except CannotMoveError as error:
                unmoved.append(Unmoved(finding, error.why, error.instead))
            except KeywatchError as error:
                unmoved.append(Unmoved(finding, str(error), "change it by hand"))
        return found, unmoved

    def _again(self, finding: Finding, draft: Draft) -> list[Held]:
        path = finding.place.path
        content = draft.content(path)
        if content is None:
            raise CannotMoveError("the file is gone", "look again with keywatch sweep")
        every = find_again(self.finder, path, content, _facts(draft.real(path)), self.now)
        again = [held for held in every if held.finding.id == finding.id]
        if not again:
            raise CannotMoveError("the key is no longer there", "look again with keywatch sweep")
        if any(held.credential.ambiguous for held in again):
            raise CannotMoveError(
                "which secret belongs to which id can't be told",
                "put each pair into a section or on lines of its own, and sweep again",
            )
        return again

    def _apply(self, held: Held, draft: Draft) -> None:
        """Try the way that suits best, or the one that was wished for."""
        way = choose_way(held, self.wish.way)
        if way is None:
            raise CannotMoveError("no way is known to replace a key here", _by_hand(held))
        self._check_owner(held, way.name)
        way.apply(held, draft)

    def _check_owner(self, held: Held, way: str) -> None:
        """Root puts no keys of a user into root's vault: that user's programs could not read them there."""
        owner = held.finding.place.owner
        if self.account.uid == 0 and owner not in ("", "root", self.account.name) and way not in ("redact", "literal"):
            raise CannotMoveError(f"the file belongs to {owner}", f"let {owner} run keywatch move")

    def _entry(self, found: Sequence[Held], payload: Payload) -> tuple[str, bool]:
        """The entry's name, and whether the vault has exactly this credential under it already."""
        entries = self.vault.list_entries()
        masked = payload.masked()
        for entry in entries:
            if masked and entry.masked == masked and self.wish.entry in ("", entry.name):
                try:
                    if dict(self.vault.get(entry.name).fields) == dict(payload.fields):
                        return entry.name, True
                except VaultError:
                    continue
        if self.wish.entry:
            check_given(self.wish.entry)
            if any(entry.name.lower() == self.wish.entry.lower() for entry in entries):
                raise UsageError(f"there is another entry '{self.wish.entry}' already: choose another name")
            return self.wish.entry, False
        return _free_name(_suggest(found), entries), False

    def _redact_rest(self, draft: Draft, path: str, secrets: Sequence[Secret]) -> None:
        """Copies of the key in comments of the same file. `CannotMoveError` for one that something may use."""
        content = draft.content(path) or b""
        for span, new in redact_rest(path, content, secrets, lambda span: draft.edited(path, span)):
            draft.replace(path, span, new)
            draft.say(Topic.AFTER, "the copy in a comment is overwritten", path)

    def _all_secrets(self, draft: Draft, path: str) -> list[Secret]:
        """The values of every credential in a file, those that are not moved too: none goes into the journal."""
        content = draft.content(path) or b""
        try:
            held = find_again(self.finder, path, content, None, self.now)
        except CannotMoveError:
            return []
        return [part.value for each in held for part in each.credential.parts if part.role is not Role.ACCESS_KEY_ID]

    def _raw_parts(self, found: Sequence[Held], draft: Draft) -> list[tuple[bytes, Match]]:
        """Each part with its file's content: as it is written there, it may be escaped or encoded."""
        return [(draft.content(held.path) or b"", part) for held in found for part in held.credential.parts]

    def _say_remains(self, draft: Draft, secrets: Sequence[Secret]) -> None:
        """What the rewriting will not reach: editors' copies, git's history, a disk's old blocks."""
        git = Git()
        keys = [secret for secret in secrets if len(secret) >= _SHORTEST]
        for path in draft.changed():
            remains = find_remains(path, self.account.home, keys, git)
            for copy in remains.copies:
                draft.say(
                    Topic.ELSEWHERE, "a copy with the key in it, and stays: keywatch redact it, or delete it", copy
                )
            for words in remains.words:
                draft.say(Topic.WARNING, words, path)

    def _say_elsewhere(self, draft: Draft, found: Sequence[Held]) -> None:
        chosen = {held.finding.id for held in found}
        identity = found[0].finding.identity
        for other in self.others:
            if other.identity == identity and other.id not in chosen:
                draft.say(Topic.ELSEWHERE, "the same key lies here too, and stays", other.place.path)
        if any(isinstance(check, ProfileCheck) for check in draft.checks):
            for other in self.others:
                if other.place.format in ("shell", "fish", "csh") and other.id not in chosen and _is_exported(other):
                    draft.say(
                        Topic.WARNING,
                        "exports a key, which wins over every profile, today as after the move",
                        other.place.path,
                    )


def _is_exported(finding: Finding) -> bool:
    return any(part.name.upper().endswith("AWS_ACCESS_KEY_ID") for part in finding.parts)


def _once(unmoved: Iterable[Unmoved]) -> list[Unmoved]:
    return list({(each.finding.id, each.why): each for each in unmoved}.values())


def _payload(found: Sequence[Held]) -> Payload:
    """The parts of the most complete of the findings, by the name of their role."""
    best = max(found, key=lambda held: len({part.role for part in held.credential.parts}))
    return Payload({part.role.value: part.value for part in best.credential.parts})


def _secrets(found: Sequence[Held]) -> list[Secret]:
    return list(dict.fromkeys(part.value for held in found for part in held.credential.parts))


def _places_last(changes: Sequence[Change], findings: Sequence[Finding]) -> tuple[Change, ...]:
    """First what the replacements need, then the places themselves: a consumer never finds neither."""
    places = {os.path.realpath(finding.place.path) for finding in findings}
    return tuple(sorted(changes, key=lambda change: (change.old is not None, change.path in places)))


def _suggest(found: Sequence[Held]) -> str:
    for held in found:
        if held.format == "aws-ini" and held.credential.parts[0].path:
            step = re.sub(r"#\d+\Z", "", held.credential.parts[0].path[0])
            return "aws-" + step.removeprefix("profile ").strip()
    held = found[0]
    if held.finding.rule.startswith("aws-"):
        key_id = held.value(Role.ACCESS_KEY_ID)
        return "aws-" + (key_id.expose().decode("ascii", "replace")[-4:].lower() if key_id is not None else "key")
    return held.finding.rule


def _free_name(wanted: str, entries: Sequence[Entry]) -> str:
    stem = _UNFIT.sub("-", wanted).strip("-._")[:56] or "key"
    taken = {entry.name.lower() for entry in entries}
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem}-{number}", number + 1
    return name


def _by_hand(held: Held) -> str:
    if held.credential.part(Role.ACCESS_KEY_ID) is not None:
        return "store it with keywatch vault add, remove it here, and start the program with keywatch exec"
    return "store it with keywatch vault add, and give it to the program with keywatch exec"


def _facts(path: str) -> FileFacts | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return FileFacts(info.st_mode, info.st_uid, info.st_gid, info.st_dev, info.st_ino, info.st_mtime)


def notes_of(plan: Plan, topic: Topic) -> list[Note]:
    """The plan's sentences of one topic."""
    return [note for note in plan.notes if note.topic is topic]
