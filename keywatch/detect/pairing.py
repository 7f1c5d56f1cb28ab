"""Which secret access key belongs to which access key id: by section, object or command first, by nearness last.

A wrong pair destroys two keys when it is moved, so a guess is marked as one. Pure, and near linear in the
number of parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from keywatch.model import Match, Role


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match waiting for its partner. `rest` is what its name has beside the role's words; `line` counts from 0."""

    match: Match
    line: int
    rest: str = ""
    commented: bool = False
    labelled: bool = True
    structured: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """An id and what belongs to it. `ambiguous` when another partner was as likely."""

    key_id: Candidate
    secret: Candidate
    ambiguous: bool = False


#: an unlabelled secret further from its id than this many lines is taken for something else
UNLABELLED_LINES = 5
#: parts that no structure ties together are paired by nearness up to this many lines
LABELLED_LINES = 25
#: partners looked at on each side when pairing by nearness
_NEIGHBOURS = 6


def pair(candidates: Sequence[Candidate]) -> tuple[list[Pair], list[Candidate]]:
    """Pairs of id and secret, and the candidates left alone. Each candidate is used once at most."""
    pairs: list[Pair] = []
    left = sorted(candidates, key=lambda c: c.match.span)
    for commented in (False, True):
        left = _pair_by_path(left, pairs, commented=commented)
    left = _pair_by_statement(left, pairs)
    left = _pair_by_nearness(left, pairs)
    ids, secrets = _split(candidates)
    if len({c.match.value for c in ids}) == 1 == len({c.match.value for c in secrets}):
        pairs = [replace(each, ambiguous=False) for each in pairs]  # copies of one key: no other partner there is
    return pairs, left


def _split(group: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    ids = [c for c in group if c.match.role is Role.ACCESS_KEY_ID]
    secrets = [c for c in group if c.match.role is Role.SECRET_ACCESS_KEY]
    return ids, secrets


def _pair_by_path(left: list[Candidate], pairs: list[Pair], *, commented: bool) -> list[Candidate]:
    """Pair within one section, object or command; then within the enclosing one, innermost first."""
    depth = max((len(c.match.path) for c in left if c.structured), default=-1)
    while depth >= 0:
        groups: dict[tuple[str, ...], list[Candidate]] = defaultdict(list)
        for candidate in left:
            path = candidate.match.path
            if candidate.structured and candidate.commented is commented and len(path) >= depth:
                groups[path[:depth]].append(candidate)
        used: set[int] = set()
        for path, group in groups.items():
            own = [c for c in group if len(c.match.path) == depth]
            ids, secrets = _split(group)
            # an enclosing object only ties together what one of its own or its children's parts leave no doubt about
            if own or (depth > 0 and len(ids) == len(secrets) == 1):
                made = _pair_group(ids, secrets)
            else:
                continue
            if not path and own and any(len(c.match.path) for c in group):
                made = [p for p in made if p.key_id.match.path == p.secret.match.path or not p.ambiguous]
            pairs += made
            used |= {id(c) for p in made for c in (p.key_id, p.secret)}
        left = [c for c in left if id(c) not in used]
        depth -= 1
    return left


def _pair_group(ids: list[Candidate], secrets: list[Candidate]) -> list[Pair]:
    """Pair the ids and secrets of one group: by what their names have in common, then in order, then by nearness."""
    pairs: list[Pair] = []
    for rest in sorted({c.rest for c in ids} & {c.rest for c in secrets}):
        own_ids, own_secrets = [c for c in ids if c.rest == rest], [c for c in secrets if c.rest == rest]
        if len(own_ids) == len(own_secrets):
            sure = len(own_ids) == 1 or _in_turn(own_ids, own_secrets)
            if sure or _in_blocks(own_ids, own_secrets):
                pairs += [Pair(a, b, ambiguous=not sure) for a, b in zip(own_ids, own_secrets, strict=True)]
    used = {id(c) for p in pairs for c in (p.key_id, p.secret)}
    return pairs + _nearest(
        [c for c in ids if id(c) not in used], [c for c in secrets if id(c) not in used], limit=None
    )


def _in_turn(ids: list[Candidate], secrets: list[Candidate]) -> bool:
    """id secret id secret … or secret id secret id …: each pair is done before the next begins."""
    spans = [sorted((a.match.span.start, b.match.span.start)) for a, b in zip(ids, secrets, strict=True)]
    return all(one[1] < two[0] for one, two in pairwise(spans))


def _in_blocks(ids: list[Candidate], secrets: list[Candidate]) -> bool:
    """All ids before all secrets, or the other way round, as in two parallel lists."""
    return (
        ids[-1].match.span.start < secrets[0].match.span.start or secrets[-1].match.span.start < ids[0].match.span.start
    )


def _pair_by_statement(left: list[Candidate], pairs: list[Pair]) -> list[Candidate]:
    """Pair what stands in one line, where that line holds as many ids as secrets."""
    lines: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in left:
        lines[candidate.line].append(candidate)
    used: set[int] = set()
    for group in lines.values():
        ids, secrets = _split(group)
        labelled = [c for c in secrets if c.labelled]
        secrets = labelled if len(labelled) == len(ids) else secrets
        if not ids or len(ids) != len(secrets) or _cross(ids, secrets):
            continue
        sure = len(ids) == 1 or _in_turn(ids, secrets)
        pairs += [Pair(a, b, ambiguous=not sure) for a, b in zip(ids, secrets, strict=True)]
        used |= {id(c) for c in (*ids, *secrets)}
    return [c for c in left if id(c) not in used]


def _cross(ids: list[Candidate], secrets: list[Candidate]) -> bool:
    """Parts that a structure puts in different sections never pair by standing near each other."""
    return any(not _may_pair(a, b) for a, b in zip(ids, secrets, strict=True))


def _may_pair(a: Candidate, b: Candidate) -> bool:
    if a.structured and b.structured:
        one, other = _section(a.match.path), _section(b.match.path)
        if one and other and one != other:
            return False
    return a.commented is b.commented or a.line == b.line


def _section(path: tuple[str, ...]) -> str:
    """The outermost step of a path. A command is none: people set id and secret by one command after the other."""
    return path[0] if path and not path[0].startswith("line ") else ""


def _pair_by_nearness(left: list[Candidate], pairs: list[Pair]) -> list[Candidate]:
    ids, secrets = _split(left)
    labelled = [c for c in secrets if c.labelled]
    made = _nearest(ids, labelled, limit=LABELLED_LINES)
    used = {id(p.key_id) for p in made}
    made += _nearest(
        [c for c in ids if id(c) not in used], [c for c in secrets if not c.labelled], limit=UNLABELLED_LINES
    )
    pairs += made
    gone = {id(c) for p in made for c in (p.key_id, p.secret)}
    return [c for c in left if id(c) not in gone]


def _nearest(ids: list[Candidate], secrets: list[Candidate], limit: int | None) -> list[Pair]:
    """Greedy by distance in lines, then bytes; a secret after its id wins a tie, as people write them in that order."""
    if ids and len(ids) == len(secrets) and (len(ids) == 1 or _in_turn(ids, secrets)):
        near = [(a, b) for a, b in zip(ids, secrets, strict=True) if _near(a, b, limit)]
        if len(near) == len(ids):
            return [Pair(a, b) for a, b in near]
    order = sorted((*ids, *secrets), key=lambda c: c.match.span)
    options: list[tuple[int, int, int, Candidate, Candidate]] = []
    for at, one in enumerate(order):
        if one.match.role is not Role.ACCESS_KEY_ID:
            continue
        for other in (*order[max(0, at - _NEIGHBOURS) : at], *order[at + 1 : at + 1 + _NEIGHBOURS]):
            if other.match.role is Role.SECRET_ACCESS_KEY and _near(one, other, limit):
                gap = other.match.span.start - one.match.span.start
                options.append((abs(other.line - one.line), int(gap < 0), abs(gap), one, other))
    options.sort(key=lambda o: o[:3])
    pairs: list[Pair] = []
    used: set[int] = set()
    rivals: dict[int, list[int]] = defaultdict(list)
    for lines, _, _, one, other in options:
        rivals[id(one)].append(lines)
        rivals[id(other)].append(lines)
    for lines, _, _, one, other in options:
        if id(one) in used or id(other) in used:
            continue
        used |= {id(one), id(other)}
        doubt = any(sum(1 for n in rivals[key] if n <= lines) > 1 for key in (id(one), id(other)))
        pairs.append(Pair(one, other, ambiguous=doubt))
    return pairs


def _near(a: Candidate, b: Candidate, limit: int | None) -> bool:
    return _may_pair(a, b) and (limit is None or abs(a.line - b.line) <= limit)
