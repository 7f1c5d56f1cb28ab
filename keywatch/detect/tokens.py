"""Finds the exact places of tokens in a content, given the rules whose prefilter hit. Pure, and linear in the content.

The engine says which rules are worth asking; here `re` finds where, boundaries, checksums and placeholders are judged,
and of matches that overlap the most telling one is kept. AWS credentials are not found here but in aws.py.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keywatch.detect.engine import APPROXIMATE, CASELESS, Pattern, locate
from keywatch.detect.rule import Rule
from keywatch.model import Match, Secret, Span

#: most tokens reported of one content: more is a test fixture or an attack on the reader
MOST = 10_000
#: a person's own pattern never sees more than twice this many bytes at once
WINDOW = 4096

#: ends in a letter or digit and still is no part of the word after it: `\n` in a string, `%3D`, `\u003d`, colours
_ESCAPE = re.compile(rb"(?:\\[nrtfvb0]|%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\x1b\[[0-9;]{0,8}m)\Z")


@dataclass(frozen=True, slots=True)
class _Candidate:
    rule: Rule
    order: int
    whole: int
    span: Span
    why_not: str | None

    def rank(self) -> tuple[bool, bool, bool, int, int, int]:
        """Smaller is kept: real before dropped, own kind before generic, proven by a check, longer, earlier rule."""
        rule = self.rule
        return (
            self.why_not is not None,
            rule.generic,
            rule.check is None,
            -len(self.span),
            -self.whole,
            self.order,
        )


def patterns(rules: Iterable[Rule], first: int = 0) -> tuple[Pattern, ...]:
    """What the engine needs of the rules, numbered from `first` in their order."""
    return tuple(
        (number, rule.prefilter, (CASELESS if rule.caseless else 0) | (APPROXIMATE if rule.foreign else 0))
        for number, rule in enumerate(rules, first)
    )


def find_tokens(content: bytes, hit_rules: Iterable[Rule]) -> tuple[list[Match], dict[str, int]]:
    """Every token of these rules in `content`, in order and without overlap, at most 10,000 of them; and the drops.

    The second value counts what looked like a token and is none, by reason: `checksum`, `too-many`, those of
    `looks_like_placeholder`, and what a rule's own judgement says.
    """
    kept: list[_Candidate] = []
    dropped: Counter[str] = Counter()
    for order, rule in enumerate(hit_rules):
        for count, found in enumerate(_places(content, rule)):
            if count >= MOST:
                dropped["too-many"] += 1
                break
            kept.append(_judge(found, rule, order))
    taken: list[Span] = []
    matches: list[Match] = []
    for candidate in sorted(kept, key=_Candidate.rank):
        if not _take(taken, candidate.span):
            continue
        if candidate.why_not is not None:
            dropped[candidate.why_not] += 1
        elif len(matches) >= MOST:
            dropped["too-many"] += 1
        else:
            span = candidate.span
            value = Secret(content[span.start : span.end])
            matches.append(Match(candidate.rule.id, candidate.rule.role, span, value))
    matches.sort(key=lambda match: match.span)
    return matches, dict(dropped)


def matches_rule(content: bytes, rule: Rule) -> bool:
    """True when the rule alone finds a token in `content` (how examples and near misses are verified)."""
    return bool(find_tokens(content, [rule])[0])


def _take(taken: list[Span], span: Span) -> bool:
    """Add `span` to the sorted, disjoint spans unless it overlaps one."""
    at = bisect_left(taken, span)
    if any(taken[i].overlaps(span) for i in (at - 1, at) if 0 <= i < len(taken)):
        return False
    insort(taken, span)
    return True


def _judge(found: re.Match[bytes], rule: Rule, order: int) -> _Candidate:
    start, end = rule.secret_span(found)
    secret = found.string[start:end]
    from keywatch.detect.placeholder import looks_like_placeholder  # 10 ms: only where something matched

    why = looks_like_placeholder(secret)
    if why is None and rule.check is not None and not rule.check(secret):
        why = "checksum"
    if why is None and rule.why_not is not None:
        why = rule.why_not(found, secret)
    return _Candidate(rule, order, found.end() - found.start(), Span(start, end), why)


def _places(content: bytes, rule: Rule) -> Iterator[re.Match[bytes]]:
    """The rule's matches that stand free on their left and have a secret."""
    found = (
        _foreign_matches(content, rule) if rule.foreign else _matches(rule.regex(), content, 0, len(content), rule.left)
    )
    for match in found:
        start, end = rule.secret_span(match)
        if start < end:
            yield match


def _matches(regex: re.Pattern[bytes], content: bytes, start: int, end: int, left: str) -> Iterator[re.Match[bytes]]:
    touching = re.compile(f"[{left}]".encode()) if left else None
    while match := regex.search(content, start, end):
        at = match.start()
        if touching and at and touching.match(content, at - 1) and not _ESCAPE.search(content, max(0, at - 12), at):
            start = at + 1
            continue
        yield match
        start = max(match.end(), at + 1)


def _foreign_matches(content: bytes, rule: Rule) -> Iterator[re.Match[bytes]]:
    """A person's own pattern, which nobody vouches for: Hyperscan says where, `re` sees no more than a window."""
    lowered = content.lower()
    if rule.keywords and not any(keyword.lower().encode() in lowered for keyword in rule.keywords):
        return
    del lowered
    regex = rule.regex()
    regions = locate(rule.prefilter, CASELESS if rule.caseless else 0, content, WINDOW)
    for start, end in [(0, len(content))] if regions is None else regions:
        yield from _windowed(regex, content, start, end)


def _windowed(regex: re.Pattern[bytes], content: bytes, start: int, end: int) -> Iterator[re.Match[bytes]]:
    """Matches between two offsets, none longer than a window, each search over two windows at most."""
    window = start
    while window < end:
        limit = min(window + 2 * WINDOW, end)
        last = limit if limit == end else window + WINDOW
        for match in _matches(regex, content, max(start, window), limit, ""):
            if match.start() >= last:
                break
            yield match
            start = max(match.end(), match.start() + 1)
        window = last
