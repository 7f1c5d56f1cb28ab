"""Which rules are in force, and the engine compiled from them, kept in the cache folder between runs.

Compiling takes longer than sweeping a home, so the compiled engine is cached under an HMAC of the installation's key: a
cache that somebody else wrote is never loaded. A cache that can't be read or written only costs time.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from keywatch import __version__
from keywatch.detect.engine import CASELESS, Engine, Pattern
from keywatch.detect.rule import Rule
from keywatch.detect.rules import RULES
from keywatch.detect.tokens import patterns
from keywatch.detect.triggers import TRIGGERS
from keywatch.errors import ConfigError, StateError
from keywatch.paths import private_dir

_CACHE_MAX = 64 << 20
_RULES_MAX = 16 << 20


@dataclass(frozen=True)
class RuleSet:
    """The rules in force. Bits 0 to `len(TRIGGERS)`-1 of the engine are AWS triggers, the rest the rules in order."""

    rules: tuple[Rule, ...] = tuple(RULES)
    _engine: Engine | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def aws_bits(self) -> int:
        """The engine's bits that ask for a search for AWS credentials."""
        return (1 << len(TRIGGERS)) - 1

    @cached_property
    def name_bits(self) -> int:
        """Those of them that stand for names: what these announce stands near them."""
        return sum(1 << bit for bit, trigger in enumerate(TRIGGERS) if trigger.name)

    @property
    def rule_bits(self) -> list[tuple[int, Rule]]:
        """Each rule with the number of its engine bit."""
        return list(enumerate(self.rules, len(TRIGGERS)))

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What the engine is compiled from."""
        aws = [(trigger.pattern, CASELESS if trigger.caseless else 0) for trigger in TRIGGERS]
        triggers = tuple((number, text, flags) for number, (text, flags) in enumerate(aws))
        return triggers + patterns(self.rules, first=len(triggers))

    @cached_property
    def hints(self) -> dict[int, str]:
        """What the engine looks for first instead of some of them."""
        return {number: rule.hint for number, rule in self.rule_bits if rule.hint}

    @cached_property
    def digest(self) -> str:
        """Names the compiled engine in the cache: another with anything that could change what is found."""
        facts = repr((__version__, self.patterns, self.hints, [(r.id, r.exact, r.left, r.right) for r in self.rules]))
        return hashlib.sha256(facts.encode()).hexdigest()[:32]

    def engine(self, cache: str | None, key: bytes) -> Engine:
        """The compiled engine, from the cache folder where it is there and whole; else compiled, and kept there.

        Asked again, the same one: whoever keeps the rules keeps it.
        """
        engine = self._engine
        if engine is None:
            engine = self._make(cache, key)
            object.__setattr__(self, "_engine", engine)
        return engine

    def _make(self, cache: str | None, key: bytes) -> Engine:
        if cache is None:
            return Engine(self.patterns, self.hints)
        path = os.path.join(cache, f"engine-{self.digest}")
        blob = _load(path, key)
        loaded = Engine.load(self.patterns, blob, self.hints) if blob else None
        if loaded is not None:
            return loaded
        engine = Engine(self.patterns, self.hints)
        if dump := engine.dump():
            _store(cache, path, key, dump)
        return engine


def load_rules(files: Iterable[str]) -> tuple[RuleSet, tuple[str, ...]]:
    """keywatch's own rules and those of the person's files, and what of those is not supported. `ConfigError` names all
    that is wrong with a file."""
    if not files:
        return RuleSet(), ()
    from keywatch.detect import custom

    rules, notes = list(RULES), []
    for path in files:
        more, unsupported = custom.load_rules(_read_rules(path), path)
        known = {rule.id for rule in rules}
        for rule in more:
            if rule.id in known:
                raise ConfigError(f"{path}: rule '{rule.id}' is known already: rename it")
        rules += more
        notes += unsupported
    return RuleSet(tuple(rules)), tuple(notes)


def _read_rules(path: str) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            return file.read(_RULES_MAX)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def _tag(key: bytes, blob: bytes) -> bytes:
    return hmac.new(key, b"keywatch engine cache\0" + blob, hashlib.sha256).digest()


def _load(path: str, key: bytes) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        blob = file.read(_CACHE_MAX)
    tag, body = blob[:32], blob[32:]
    return body if hmac.compare_digest(tag, _tag(key, body)) else None


def _store(folder: str, path: str, key: bytes, blob: bytes) -> None:
    """Write the cache beside and rename it in place; older ones go."""
    try:
        private_dir(folder)
        temp = os.path.join(folder, f".engine-{secrets.token_hex(8)}")
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(_tag(key, blob) + blob)
        os.replace(temp, path)
        _forget(folder, os.path.basename(path))
    except (OSError, StateError):
        return


def _forget(folder: str, kept: str) -> None:
    old: Sequence[str] = [n for n in os.listdir(folder) if n.startswith("engine-") and n != kept]
    by_age = sorted(old, key=lambda name: os.stat(os.path.join(folder, name)).st_mtime, reverse=True)
    for name in by_age[4:]:
        os.unlink(os.path.join(folder, name))
