"""A closer look at one content that triggered the engine: parse, detect, and say where the parts lie.

Gives sightings: credentials at a place with masked parts and fingerprints. Secrets end here. How severe a sighting
is, is judged later, when all of a sweep's sightings are known.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from keywatch.detect.account import account_of
from keywatch.detect.aws import find_aws
from keywatch.detect.blocks import blocks_of
from keywatch.detect.regions import MARGIN, NAME_MARGIN, regions_of
from keywatch.detect.tokens import find_tokens
from keywatch.errors import FormatError
from keywatch.formats.registry import find as find_format
from keywatch.model import Binding, Credential, Match, Part, Place, Role, Span, mask_key_id
from keywatch.places.encoding import LineIndex
from keywatch.suppress import allows
from keywatch.sweep.ruleset import RuleSet
from keywatch.sweep.sighting import FileFacts, Sighting

#: larger contents are looked at only around what triggered: of a format, without one, and not text
STRUCTURED_MAX = 2 << 20
#: larger contents of a format are parsed only where there is something to parse them for
PARSED_MAX = 32 << 10
#: the same for what only has names in it: documentation, source code
CHECKED_MAX = 4 << 10
TEXT_MAX = 128 << 10
BINARY_MAX = 16 << 10
#: base64 in base64 in base64 …
MAX_NESTING = 2


@dataclass(frozen=True, slots=True)
class Before:
    """What stands before a content in its file: bytes, whole lines, and characters of the line it begins in.

    `looked` is how far into the present content this reaches.
    """

    offset: int = 0
    lines: int = 0
    characters: int = 0
    looked: int = 0

    def past(self, content: bytes, offset: int) -> Before:
        """What stands before `offset` of the same content, which must not lie further back."""
        lines = content.count(b"\n", self.looked, offset)
        line = content.rfind(b"\n", self.looked, offset) + 1 if lines else self.looked
        characters = len(content[line:offset].decode("utf-8", "replace")) + (0 if lines else self.characters)
        return Before(self.offset + offset - self.looked, self.lines + lines, characters, offset)


START = Before()


@dataclass(slots=True)
class Examiner:
    """What all looks share: the installation's key, the rules by their engine bit, and where results go."""

    key: bytes
    rules: RuleSet
    report: Callable[[Sighting], None]
    trouble: Callable[[str, str], None]
    #: for a move: also the credential with its values, its spans as in the file, and the bindings around it
    hold: Callable[[Sighting, Credential, Sequence[Binding]], None] | None = None
    dropped: Counter[str] = field(default_factory=Counter)
    _seen: dict[str, int] | None = None

    @contextmanager
    def once(self) -> Iterator[dict[str, int]]:
        """Within this block a credential is reported once, at the first way that led to it.

        What an archive or a database holds is often readable in its raw bytes as well. The block's value holds the
        credentials reported.
        """
        outer = self._seen
        self._seen = {} if outer is None else outer
        try:
            yield self._seen
        finally:
            self._seen = outer

    def look(
        self, content: bytes, mask: int, place: Place, file: FileFacts | None = None, before: Before = START
    ) -> int:
        """Look at `content`, an ASCII-compatible text that triggered the bits of `mask`; the number of sightings."""
        if _is_bulky(content, place.format):
            return self._look_at_regions(content, mask, place, file, before)
        most = CHECKED_MAX if self._names_only(mask) and place.format != "csv" else PARSED_MAX
        if len(content) > most and not self._is_promising(content, mask):
            return 0
        return self._look_at_all(content, mask, place, file, before)

    def _is_promising(self, content: bytes, mask: int) -> bool:
        """True when there is something around the triggers of a content: most only talk of keys."""
        for region in self._regions(content, mask):
            if self._detect(content[region.start : region.end], mask, (), dropped=Counter()):
                return True
        return False

    def _regions(self, content: bytes, mask: int) -> list[Span]:
        triggered = [(text, flags) for bit, text, flags in self.rules.patterns if mask >> bit & 1]
        return regions_of(content, triggered, NAME_MARGIN if self._names_only(mask) else MARGIN)

    def _names_only(self, mask: int) -> bool:
        """True when nothing triggered but names of credentials' parts."""
        return not mask & ~self.rules.name_bits

    def _look_at_regions(self, content: bytes, mask: int, place: Place, file: FileFacts | None, before: Before) -> int:
        """Only what stands around the triggers: a library of 100 MB may hold three names of interest."""
        found, plain = 0, replace(place, format="text")
        for region in self._regions(content, mask):
            before = before.past(content, region.start)
            found += self._look_at_all(content[region.start : region.end], mask, plain, file, before)
        return found

    def _look_at_all(self, content: bytes, mask: int, place: Place, file: FileFacts | None, before: Before) -> int:
        bindings = self._bindings(content, place)
        credentials = self._detect(content, mask, bindings, dropped=self.dropped)
        if not credentials:
            return 0
        index = LineIndex(content)
        for credential in credentials:
            spans = [match.span for match in credential.parts]
            allowed = allows(content, spans, credential.rule)
            parts = tuple(self._part(match, index, before) for match in credential.parts)
            sighting = self._sighting(credential, parts, place, file, allowed=allowed)
            self._tell(sighting)
            if self.hold is not None:
                matches = tuple(
                    replace(match, span=part.span) for match, part in zip(credential.parts, parts, strict=True)
                )
                self.hold(sighting, replace(credential, parts=matches), bindings)
        return len(credentials)

    def _tell(self, sighting: Sighting) -> None:
        """Report, unless an earlier way in led to the same credential."""
        way = hash(sighting.place.via)
        if self._seen is not None and self._seen.setdefault(sighting.identity, way) != way:
            return
        self.report(sighting)

    def _detect(
        self, content: bytes, mask: int, bindings: Sequence[Binding], depth: int = 0, *, dropped: Counter[str]
    ) -> list[Credential]:
        credentials: list[Credential] = []
        if mask & self.rules.aws_bits:
            found = find_aws(content, bindings)
            credentials += found.credentials
            dropped.update(found.dropped)
        if hit := [rule for bit, rule in self.rules.rule_bits if mask >> bit & 1]:
            matches, unlikely = find_tokens(content, hit)
            dropped.update(unlikely)
            taken = [part.span for credential in credentials for part in credential.parts]
            credentials += [
                Credential(match.rule, "unknown", (match,))
                for match in matches
                if not any(match.span.overlaps(span) for span in taken)
            ]
        if depth < MAX_NESTING and mask & self.rules.aws_bits:
            credentials += self._in_blocks(content, credentials, depth, dropped)
        return credentials

    def _in_blocks(
        self, content: bytes, known: Sequence[Credential], depth: int, dropped: Counter[str]
    ) -> list[Credential]:
        """Credentials in base64 blocks, placed at the characters that hold them."""
        seen = {part.value for credential in known for part in credential.parts}
        found = []
        for block in blocks_of(content):
            for inner in self._detect(block.plain, self.rules.aws_bits, (), depth + 1, dropped=dropped):
                if any(part.value not in seen for part in inner.parts):
                    parts = tuple(replace(part, span=block.raw(part.span), path=()) for part in inner.parts)
                    found.append(replace(inner, parts=parts, notes=(*inner.notes, "encoded in base64")))
        return found

    def _bindings(self, content: bytes, place: Place) -> list[Binding]:
        """The bindings of a content; none where it is plain text or not of its format: names and nearness must do."""
        if place.format == "text":
            return []
        try:
            return find_format(place.format).parse(content)
        except FormatError:
            return []
        except Exception as error:  # noqa: BLE001 - a defect in one format must not hide a key from a sweep
            kind = type(error).__name__
            self.trouble(
                place.path, f"the {place.format} reader failed ({kind}): read as plain text; please report this"
            )
            return []

    def _part(self, match: Match, index: LineIndex, before: Before) -> Part:
        line, column = index.locate(match.span.start)
        if line == 1:
            column += before.characters
        masked = mask_key_id(match.value.expose()) if match.role is Role.ACCESS_KEY_ID else "…"
        span = Span(match.span.start + before.offset, match.span.end + before.offset)
        fingerprint = match.value.fingerprint(self.key)
        return Part(match.role, line + before.lines, column, masked, fingerprint, span, match.name)

    def _sighting(
        self, credential: Credential, parts: tuple[Part, ...], place: Place, file: FileFacts | None, *, allowed: bool
    ) -> Sighting:
        key_id = credential.part(Role.ACCESS_KEY_ID)
        secret = credential.part(Role.SECRET_ACCESS_KEY)
        lead = key_id if key_id is not None else credential.parts[0]
        identity = lead.value.fingerprint(self.key)
        with_secret = secret.value.fingerprint(self.key) if secret is not None else ""
        where = "\0".join((identity, with_secret, credential.rule, place.path, *place.via))
        return Sighting(
            id=hmac.new(self.key, where.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:12],
            identity=identity,
            rule=credential.rule,
            kind=credential.kind,
            place=place,
            parts=parts,
            account=account_of(key_id.value.expose()) if key_id is not None else None,
            ambiguous=credential.ambiguous,
            allowed=allowed,
            notes=credential.notes,
            file=file,
        )


def _is_bulky(content: bytes, format_name: str) -> bool:
    """Too large to be looked at whole, or no text at all."""
    if len(content) > (TEXT_MAX if format_name == "text" else STRUCTURED_MAX):
        return True
    return len(content) > BINARY_MAX and b"\0" in content[:4096]
