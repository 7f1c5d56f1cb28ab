"""AWS credentials in a content: ids by shape, secrets by name and by standing with their id, session tokens.

Two views are brought together. The format's bindings tell names, values and which section, object or command they stand
in; a scan of the text, escapes resolved, finds what no format explains: comments, prose, source code, logs. Pure.
"""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from keywatch.detect import decoys
from keywatch.detect.labels import Label, Labels
from keywatch.detect.names import Meaning, meaning_of
from keywatch.detect.pairing import Candidate, Pair, pair
from keywatch.detect.view import View, view_of
from keywatch.model import Binding, Credential, Kind, Match, Role, Secret, Span

RULE = "aws-access-key"
LONE_SECRET_RULE = "aws-secret-access-key"  # noqa: S105 - the id of a rule
LONE_TOKEN_RULE = "aws-session-token"  # noqa: S105

# In compiled Python a text stands between its kind and length (z, Z and a byte) and the kind of what follows; in the
# undo files of vim what ends a line's record stands right behind it.
_ID = re.compile(
    rb"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}"
    rb"(?:(?![A-Za-z0-9])|(?=5\x81)|(?<=[zZ\xda\xfa]\x14[A-Z0-9]{20}))"
)
_USUAL_ID = re.compile(rb"[A-Z0-9]{4}[A-Z2-7]{16}")
_SECRET = re.compile(
    rb"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?:(?![A-Za-z0-9/+=])|(?=5\x81)|(?<=[zZ\xda\xfa]\x28[A-Za-z0-9/+]{40}))"
)
_TOKEN = re.compile(
    rb"(?<![A-Za-z0-9/+])(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz|AQoDYXdz)[A-Za-z0-9/+=]{60,4096}"
)
_SIGNATURE_SCOPE = re.compile(rb"/\d{8}/")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]*")
_COMMENT = re.compile(rb"[ \t]*(?:#|//|;|--|REM\b|rem\b|<!--|\*|%|[\"'](?=[ \t]))")
_KINDS: dict[bytes, Kind] = {
    b"AKIA": "long-lived",
    b"ASIA": "temporary",
    b"ABIA": "service-bearer",
    b"ACCA": "context-specific",
}
#: more parts than this in one content are not looked at: a real file holds a handful
MAX_PARTS = 10_000
#: names that say nothing of their value; what stands before them may
_NEUTRAL = frozenset(("value", "default", "data", "string", "text", "val", "content", "defaultvalue", "plaintext", ""))


@dataclass(slots=True)
class Found:
    """The credentials of a content, and what was dropped, by reason."""

    credentials: list[Credential] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def find_aws(content: bytes, bindings: Sequence[Binding] = ()) -> Found:
    """Every AWS credential in `content`, an ASCII-compatible text. `bindings` are those of its format, in order."""
    return _Search(content, bindings).run()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A value taken for a part. `sure` parts are reported alone; the others only together with an id."""

    candidate: Candidate
    sure: bool


class _Search:
    """One content's search: the two views, and what has been seen so far by the raw start of its value."""

    def __init__(self, content: bytes, bindings: Sequence[Binding]) -> None:
        self.content = content
        self.bindings = bindings
        self.starts = [b.span.start for b in bindings]
        self.view: View = view_of(content)
        self.newlines = [m.start() for m in re.finditer(rb"\n", content)]
        self.seen: dict[int, _Seen] = {}
        self.tokens: dict[int, Candidate] = {}
        self.dropped: dict[int, str] = {}

    def run(self) -> Found:
        self._take_bindings()
        labels = Labels(self.view.text)
        self._take_ids(labels)
        self._take_named(labels)
        self._take_secrets(labels)
        self._take_tokens(labels)
        pairs, lone = pair([seen.candidate for seen in self.seen.values()])
        return Found(_assemble(pairs, self._sure(lone), list(self.tokens.values())), Counter(self.dropped.values()))

    # --- what the format's bindings say -------------------------------------------------------------------------

    def _take_bindings(self) -> None:
        for binding in self.bindings:
            if len(self.seen) >= MAX_PARTS:
                return
            name = _own_name(binding)
            meaning = meaning_of(name) if name else None
            if meaning is None or len(binding.value) < 16 or len(binding.value) > 8192:
                continue
            value = _unwrap(binding.value.expose().strip())
            if b"\n" in value or b" " in value:
                continue
            self._take_value(value, meaning, binding.span, name, literal=True)

    def _take_value(self, value: bytes, meaning: Meaning, span: Span, name: str, *, literal: bool) -> None:
        """A value that its name takes for a part: judged, and turned to the role that its shape tells."""
        role, why = meaning.role, None
        if _ID.fullmatch(value):
            role = Role.ACCESS_KEY_ID
            why = decoys.why_not_key_id(value, named=True, plain=False)
        elif role is Role.ACCESS_KEY_ID and len(value) == 40 and decoys.is_random(value):
            role = Role.SECRET_ACCESS_KEY
        elif role is Role.ACCESS_KEY_ID:
            why = decoys.why_not_named_id(value)
        elif role is Role.SESSION_TOKEN:
            why = _why_not_token(value, strong=meaning.strong)
        else:
            why = decoys.why_not_secret(value, literal=literal)
        if why is None and not meaning.strong and role is Role.SECRET_ACCESS_KEY and not decoys.is_random(value):
            why = "weak-name"
        if why is None and not meaning.strong and role is Role.ACCESS_KEY_ID and not _ID.fullmatch(value):
            why = "weak-name"
        if why is not None:
            if why not in ("weak-name", "code"):
                self.dropped[span.start] = why
            return
        self._put(role, span, value, name=name, rest=meaning.rest, sure=meaning.strong, labelled=True)

    # --- what the text says -------------------------------------------------------------------------------------

    def _take_ids(self, labels: Labels) -> None:
        text = self.view.text
        for match in _ID.finditer(text):
            if len(self.seen) >= MAX_PARTS:
                return
            span = self.view.raw(Span(*match.span()))
            if span.start in self.seen:
                continue
            value = match.group()
            label = labels.before(match.start())
            named = label is not None and label.meaning.role is Role.ACCESS_KEY_ID
            if (why := decoys.why_not_key_id(value, named=named, plain=not named)) is None:
                why = _why_in_base64(text, match.start(), match.end())
            if why is not None:
                self.dropped[span.start] = why
                continue
            signed = _SIGNATURE_SCOPE.match(text, match.end()) is not None
            usual = named or _USUAL_ID.fullmatch(value) is not None
            name, rest = (label.name, label.meaning.rest) if named and label is not None else ("", "")
            self._put(Role.ACCESS_KEY_ID, span, value, name=name, rest=rest, sure=usual, labelled=not signed)

    def _take_named(self, labels: Labels) -> None:
        """Values of any length right behind a strong name: `AWS_SECRET_ACCESS_KEY="…"`, whatever the language."""
        for label in labels.strict(self.view.text):
            if len(self.seen) >= MAX_PARTS:
                return
            span = self.view.raw(label.value)
            if span.start in self.seen or span.start in self.tokens or self._is_bound(span):
                continue
            value = _unwrap(self.view.text[label.value.start : label.value.end])
            self._take_value(value, label.meaning, span, label.name, literal=label.quoted)

    def _take_secrets(self, labels: Labels) -> None:
        """Values of the shape of a secret access key, by a name not far before or an id not far away."""
        text = self.view.text
        ids = sorted(s.candidate.line for s in self.seen.values() if s.candidate.match.role is Role.ACCESS_KEY_ID)
        for match in _SECRET.finditer(text):
            if len(self.seen) >= MAX_PARTS:
                return
            span = self.view.raw(Span(*match.span()))
            if span.start in self.seen or not decoys.is_random(match.group()):
                continue
            if b"EXAMPLE" in match.group():
                self.dropped[span.start] = "documented-example"
                continue
            label = self._loose_label(labels, match.start(), span)
            line = self._line(span.start)
            if label is not None:
                self._put(
                    Role.SECRET_ACCESS_KEY, span, match.group(), name=label.name, rest=label.meaning.rest,
                    sure=label.meaning.strong, labelled=True,
                )  # fmt: skip
            elif _line_near(ids, line):
                self._put(Role.SECRET_ACCESS_KEY, span, match.group(), name="", rest="", sure=False, labelled=False)

    def _loose_label(self, labels: Labels, start: int, span: Span) -> Label | None:
        """A secret's name up to some 160 bytes before its value, unless the format says it has another name."""
        binding = self._binding_at(span)
        if binding is not None and binding.span == span and not _is_neutral(_own_name(binding)):
            return None
        label = labels.before(start)
        return label if label is not None and label.meaning.role is Role.SECRET_ACCESS_KEY else None

    def _take_tokens(self, labels: Labels) -> None:
        for match in _TOKEN.finditer(self.view.text):
            span = self.view.raw(Span(*match.span()))
            if b"EXAMPLE" in match.group():
                self.dropped[span.start] = "documented-example"
            elif span.start not in self.tokens and len(self.tokens) < MAX_PARTS:
                label = labels.before(match.start())
                self._put(
                    Role.SESSION_TOKEN, span, match.group(), name=label.name if label else "", rest="", sure=True,
                    labelled=True,
                )  # fmt: skip

    # --- bookkeeping --------------------------------------------------------------------------------------------

    def _put(self, role: Role, span: Span, value: bytes, *, name: str, rest: str, sure: bool, labelled: bool) -> None:
        binding = self._binding_at(span)
        path: tuple[str, ...] = ()
        if binding is not None and binding.span == span and _is_neutral(binding.name) and binding.path:
            path = binding.path[:-1]
        elif binding is not None:
            path = binding.path if binding.span == span else (*binding.path, f"@{binding.span.start}")
        commented = binding.commented if binding is not None else self._is_comment(span.start)
        match = Match(RULE, role, span, Secret(value), name, path)
        structured = binding is not None and binding.span == span
        candidate = Candidate(match, self._line(span.start), rest, commented, labelled, structured)
        if role is Role.SESSION_TOKEN:
            self.tokens[span.start] = candidate
        else:
            self.seen[span.start] = _Seen(candidate, sure)

    def _binding_at(self, span: Span) -> Binding | None:
        at = bisect_right(self.starts, span.start) - 1
        if at >= 0 and self.bindings[at].span.end >= span.end:
            return self.bindings[at]
        return None

    def _is_bound(self, span: Span) -> bool:
        """The format has this very value under a name of its own, and that name was judged already."""
        binding = self._binding_at(span)
        return binding is not None and binding.span == span and meaning_of(_own_name(binding)) is not None

    def _line(self, offset: int) -> int:
        return bisect_right(self.newlines, offset - 1)

    def _is_comment(self, offset: int) -> bool:
        line = self._line(offset)
        start = self.newlines[line - 1] + 1 if line else 0
        return _COMMENT.match(self.content, start, offset) is not None

    def _sure(self, lone: list[Candidate]) -> list[Candidate]:
        return [c for c in lone if self.seen[c.match.span.start].sure]


def _is_neutral(name: str) -> bool:
    return "".join(c for c in name.lower() if c.isalnum()) in _NEUTRAL


def _own_name(binding: Binding) -> str:
    """The name that tells of the value: `{"secret_key": {"value": …}}` means `secret_key`."""
    return binding.path[-1] if binding.path and _is_neutral(binding.name) else binding.name


def _unwrap(value: bytes) -> bytes:
    """A value that is the base64 of an id or a secret, as in a Kubernetes Secret, unwrapped; others as they are."""
    if not (26 <= len(value) <= 60) or len(value) % 4:
        return value
    try:
        plain = base64.b64decode(value, validate=True).strip()
    except binascii.Error:
        return value
    return plain if _ID.fullmatch(plain) or (_SECRET.fullmatch(plain) and decoys.is_random(plain)) else value


def _why_not_token(value: bytes, *, strong: bool) -> str | None:
    if len(value) >= 60 and re.fullmatch(rb"[A-Za-z0-9/+=_-]+", value) and len(set(value)) >= 16:
        return None if strong or _TOKEN.fullmatch(value) else "weak-name"
    return decoys.why_not_secret(value, literal=True) or (None if strong and decoys.is_random(value) else "weak-name")


def _why_in_base64(text: bytes, start: int, end: int) -> str | None:
    """An id by chance inside a longer base64 run: joined to it by `/` or `+`, as in certificates and data URIs."""
    left = right = b""
    if start and text[start - 1] in b"/+":
        left = bytes(reversed(_run(text[max(0, start - 80) : start][::-1])))
    if end < len(text) and text[end] in b"/+" and not _SIGNATURE_SCOPE.match(text, end):
        right = _run(text[end : end + 80])
    around = left + right
    if len(around) >= 20 and decoys.is_random(around.replace(b"/", b"").replace(b"+", b"")):
        return "inside-base64"
    return None


def _run(data: bytes) -> bytes:
    match = _BASE64_RUN.match(data)
    return match.group() if match else b""


def _line_near(lines: list[int], line: int) -> bool:
    at = bisect_right(lines, line)
    return any(abs(near - line) <= 5 for near in lines[max(0, at - 1) : at + 1])


def _assemble(pairs: list[Pair], lone: list[Candidate], tokens: list[Candidate]) -> list[Credential]:
    """One credential for each id and secret, however often it is written; tokens go to the id they stand with."""
    groups: dict[tuple[bytes, bytes], list[Match]] = {}
    doubtful: set[tuple[bytes, bytes]] = set()
    of_id: dict[bytes, tuple[bytes, bytes]] = {}
    of_secret: dict[bytes, tuple[bytes, bytes]] = {}
    homes: list[tuple[Candidate, tuple[bytes, bytes]]] = []
    for made in pairs:
        key_id, secret = made.key_id.match.value.expose(), made.secret.match.value.expose()
        key = (key_id, secret)
        groups.setdefault(key, []).extend((made.key_id.match, made.secret.match))
        of_id.setdefault(key_id, key)
        of_secret.setdefault(secret, key)
        homes.append((made.key_id, key))
        if made.ambiguous:
            doubtful.add(key)
    for candidate in lone:
        value, is_id = candidate.match.value.expose(), candidate.match.role is Role.ACCESS_KEY_ID
        key = (of_id if is_id else of_secret).get(value, (value, b"") if is_id else (b"", value))
        groups.setdefault(key, []).append(candidate.match)
        if is_id:
            homes.append((candidate, key))
    for token in tokens:
        home = _home_of(token, homes)
        groups.setdefault(home or (b"", token.match.value.expose()), []).append(token.match)
    made_of = [_credential(key, parts, ambiguous=key in doubtful) for key, parts in groups.items()]
    return sorted(made_of, key=lambda c: c.parts[0].span)


def _home_of(token: Candidate, homes: list[tuple[Candidate, tuple[bytes, bytes]]]) -> tuple[bytes, bytes] | None:
    """The credential whose id stands in the token's section or object, else the nearest within 25 lines."""

    def distance(home: Candidate) -> tuple[int, int, int]:
        same = token.structured and home.structured and token.match.path == home.match.path
        temporary = home.match.value.expose().startswith(b"ASIA")
        return (not same, not temporary, abs(home.line - token.line))

    near = [
        (distance(home), key)
        for home, key in homes[:200]
        if abs(home.line - token.line) <= 25 or (token.structured and token.match.path == home.match.path)
    ]
    return min(near, key=lambda item: item[0])[1] if near else None


def _credential(key: tuple[bytes, bytes], parts: list[Match], *, ambiguous: bool) -> Credential:
    kind = _KINDS.get(key[0][:4], "unknown")
    rule = RULE if key[0] else LONE_SECRET_RULE
    if all(p.role is Role.SESSION_TOKEN for p in parts):
        rule, kind = LONE_TOKEN_RULE, "temporary"
    elif any(p.role is Role.SESSION_TOKEN for p in parts):
        kind = "temporary"
    ordered = sorted(parts, key=lambda p: p.span)
    return Credential(rule, kind, tuple(replace(p, rule=rule) for p in ordered), ambiguous)
