"""Reads a person's own rules: keywatch's TOML (`[[rule]]`) and gitleaks' rule files (`[[rules]]`). Bytes in, rules out.

What is wrong in a keywatch file is an error that names file and rule. What a gitleaks file has that keywatch does not
do is left out and said, one sentence each; that alone is never an error. docs/rules.md lists both.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from keywatch.detect.re2 import Translation, UnsupportedPatternError, translate
from keywatch.detect.rule import ID, Rule, WhyNot, verify
from keywatch.detect.tokens import matches_rule
from keywatch.errors import ConfigError
from keywatch.severity import Severity

MOST_BYTES = 4 << 20
MOST_RULES = 2000

_OWN_REQUIRED = ("id", "title", "pattern", "examples", "near_misses")
_OWN_KEYS = (*_OWN_REQUIRED, "keywords", "severity")
_GITLEAKS_KEYS = frozenset(
    {"id", "description", "regex", "secretGroup", "entropy", "keywords", "allowlist", "allowlists", "path", "tags"}
)


def load_rules(content: bytes, name: str) -> tuple[list[Rule], list[str]]:
    """The rules of the file `name` holding `content`, and a sentence for each part of it that is not supported.

    `ConfigError` for what is no TOML, no rule file, or (in keywatch's own form) anything unknown, missing or wrong.
    """
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{name}: larger than {MOST_BYTES >> 20} MiB: no rule file is")
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: byte {error.start}: not UTF-8: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{name}: not valid TOML: a number is too long or brackets are too deep") from None
    if "rule" in data:
        return _own_rules(data, name), []
    if "rules" in data or "extend" in data:
        return _gitleaks_rules(data, name)
    raise ConfigError(
        f"{name}: has neither [[rule]] (keywatch) nor [[rules]] (gitleaks): see docs/rules.md for both forms"
    )


# keywatch's own form


def _own_rules(data: dict[str, Any], name: str) -> list[Rule]:
    _refuse_unknown(data, ("rule",), name)
    tables = _tables(data["rule"], f"{name}: rule")
    rules = [_own_rule(table, f"{name}: rule {number}") for number, table in enumerate(tables, 1)]
    verify(rules, matches_rule, name)
    return rules


def _own_rule(table: dict[str, Any], at: str) -> Rule:
    if isinstance(table.get("id"), str) and ID.fullmatch(table["id"]):
        at = f"{at} ('{table['id']}')"
    _refuse_unknown(table, _OWN_KEYS, at)
    for key in _OWN_REQUIRED:
        if key not in table:
            raise ConfigError(f"{at}: '{key}' is missing: a rule needs {', '.join(_OWN_REQUIRED)}")
    for key in ("id", "title", "pattern"):
        if not isinstance(table[key], str) or not table[key].strip():
            raise ConfigError(f"{at}: '{key}' must be a text")
    try:
        severity = Severity.parse(str(table.get("severity", "high")))
    except ValueError as error:
        raise ConfigError(f"{at}: severity: {error}") from None
    try:
        translated = _translate(table["pattern"])
    except UnsupportedPatternError as error:
        raise ConfigError(f"{at}: pattern: {error}") from None
    return Rule(
        id=table["id"],
        title=table["title"],
        pattern=translated.hyperscan,
        exact=translated.python,
        keywords=_texts(table, "keywords", at),
        examples=_texts(table, "examples", at),
        near_misses=_texts(table, "near_misses", at),
        severity=severity,
        left="",
        right="",
        foreign=True,
    )


def _refuse_unknown(table: dict[str, Any], known: Iterable[str], at: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known)}"
            raise ConfigError(f"{at}: unknown key '{key[:40]}': {hint}")


def _tables(value: object, at: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ConfigError(f"{at}: must be tables, each under its own [[…]] heading")
    if len(value) > MOST_RULES:
        raise ConfigError(f"{at}: more than {MOST_RULES} rules: split the file")
    return value


def _texts(table: dict[str, Any], key: str, at: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{at}: '{key}' must be a list of texts")
    return tuple(value)


def _translate(pattern: str) -> Translation:
    """The translated pattern, tried on `re`; its errors name a position and no text of the pattern."""
    translated = translate(pattern)
    try:
        compiled = re.compile(translated.python.encode())
    except (re.error, OverflowError, RecursionError) as error:
        reason = getattr(error, "msg", "too large")
        raise UnsupportedPatternError(f"not a valid pattern: {reason}") from None
    if compiled.match(b""):
        raise UnsupportedPatternError("it matches nothing at all, and so everywhere")
    return translated


# gitleaks' form


def _gitleaks_rules(data: dict[str, Any], name: str) -> tuple[list[Rule], list[str]]:
    notes: list[str] = []
    if "extend" in data:
        notes.append(f"{name}: [extend] is not supported: keywatch's own rules are always on; load other files by name")
    everywhere = _allowlists(data, f"{name}: global", notes)
    rules: list[Rule] = []
    seen: set[str] = set()
    for number, table in enumerate(_tables(data.get("rules", []), f"{name}: rules"), 1):
        written = table.get("id")
        ident = re.sub(r"[^a-z0-9]+", "-", str(written or f"rule-{number}").lower()).strip("-")
        ident = ident if ID.fullmatch(ident) else f"rule-{number}"
        at = f"{name}: rule '{ident}'"
        if ident in seen:
            notes.append(f"{at}: a second rule of this id is left out")
            continue
        seen.add(ident)
        rule = _gitleaks_rule(table, ident, at, everywhere, notes)
        if rule is not None:
            rules.append(rule)
    return rules, notes


def _gitleaks_rule(
    table: dict[str, Any], ident: str, at: str, everywhere: list[_Allow], notes: list[str]
) -> Rule | None:
    notes += [f"{at}: '{key[:40]}' is not supported" for key in sorted(set(table) - _GITLEAKS_KEYS)]
    if not isinstance(table.get("regex"), str):
        notes.append(f"{at}: left out: it has no regex (rules by path alone are not supported)")
        return None
    if "path" in table:
        notes.append(f"{at}: left out: it holds for some paths only, and keywatch's rules hold everywhere")
        return None
    group = table.get("secretGroup", 0)
    entropy = table.get("entropy", 0)
    try:
        translated = _translate(table["regex"])
    except UnsupportedPatternError as error:
        notes.append(f"{at}: left out: {error}")
        return None
    groups = re.compile(translated.python.encode()).groups
    if not isinstance(group, int) or not 0 <= group <= groups or not isinstance(entropy, int | float):
        notes.append(f"{at}: left out: secretGroup or entropy is no number that fits its regex")
        return None
    return Rule(
        id=ident,
        title=str(table.get("description") or ident)[:200],
        pattern=translated.hyperscan,
        exact=translated.python,
        keywords=tuple(str(keyword) for keyword in _list(table.get("keywords")) if keyword),
        examples=(),
        near_misses=(),
        why_not=_judgement(float(entropy), [*everywhere, *_allowlists(table, at, notes)]),
        secret_group=group or (-1 if groups else 0),
        left="",
        right="",
        foreign=True,
    )


#: says whether an allowlist lets this match pass, given the secret
_Allow = Callable[["re.Match[bytes]", bytes], bool]


def _allowlists(table: dict[str, Any], at: str, notes: list[str]) -> list[_Allow]:
    """The `[allowlist]` and `[[allowlists]]` of a rule or of the file, as judgements."""
    allows = []
    for allow in [table.get("allowlist"), *_list(table.get("allowlists"))]:
        if not isinstance(allow, dict) or not allow:
            continue
        missing = [key for key in ("paths", "commits", "targetRules") if allow.get(key)]
        notes.extend(f"{at}: an allowlist's '{key}' is not supported: use keywatch's ignore file" for key in missing)
        if "targetRules" in missing or (missing and _needs_all(allow)):
            notes.append(f"{at}: an allowlist that also needs '{missing[-1]}' is left out")
        else:
            allows.append(_allow(allow, at, notes))
    return allows


def _list(value: object) -> list[Any]:
    """A list stays one; what should have been one and is none counts as empty."""
    return value if isinstance(value, list) else []


def _needs_all(allow: dict[str, Any]) -> bool:
    return str(allow.get("condition", "OR")).upper() in {"AND", "&&"}


def _allow(allow: dict[str, Any], at: str, notes: list[str]) -> _Allow:
    regexes: list[re.Pattern[bytes]] = []
    for pattern in _list(allow.get("regexes")):
        try:
            regexes.append(re.compile(translate(str(pattern)).python.encode()))
        except (UnsupportedPatternError, re.error) as error:
            notes.append(f"{at}: an allowlist's regex is left out: {getattr(error, 'msg', error)}")
    stopwords = [str(word).lower().encode() for word in _list(allow.get("stopwords")) if word]
    both = _needs_all(allow)
    target = str(allow.get("regexTarget", "secret"))

    def allows(found: re.Match[bytes], secret: bytes) -> bool:
        text = {"match": found[0], "line": _line(found)}.get(target, secret)
        checks = []
        if regexes:
            checks.append(any(regex.search(text) for regex in regexes))
        if stopwords:
            checks.append(any(word in secret.lower() for word in stopwords))
        return bool(checks) and (all(checks) if both else any(checks))

    return allows


def _line(found: re.Match[bytes]) -> bytes:
    """The line around the match, as far as a window reaches."""
    content, reach = found.string, 1024
    start = content.rfind(b"\n", max(0, found.start() - reach), found.start()) + 1 or max(0, found.start() - reach)
    end = content.find(b"\n", found.end(), found.end() + reach)
    return content[start : end if end >= 0 else found.end() + reach]


def _judgement(entropy: float, allows: list[_Allow]) -> WhyNot | None:
    def why_not(found: re.Match[bytes], secret: bytes) -> str | None:
        if entropy and shannon(secret) <= entropy:
            return "entropy"
        return "allowed" if any(allow(found, secret) for allow in allows) else None

    return why_not if entropy or allows else None


def shannon(value: bytes) -> float:
    """Shannon entropy of the bytes of `value`, in bits a byte, as gitleaks reckons it."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) if value else 0.0
