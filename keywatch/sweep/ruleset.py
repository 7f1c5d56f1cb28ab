"""Which rules are in force: keywatch's own and those of a person's files, and the engine compiled from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from keywatch.detect.engine import CASELESS, Engine, Pattern
from keywatch.detect.rule import Rule
from keywatch.detect.rules import RULES
from keywatch.detect.tokens import patterns
from keywatch.detect.triggers import TRIGGERS
from keywatch.errors import ConfigError
from keywatch.sweep.enginefile import load_engine, store_engine
from keywatch.sweep.stamp import stamp

_RULES_MAX = 16 << 20


@dataclass(frozen=True)
class RuleSet:
    """The rules in force. Bits 0 to `len(TRIGGERS)`-1 of the engine are AWS triggers, the rest the rules in order.

    `under` names what they were made from (sweep/stamp.py); without it the engine is not kept between runs.
    """

    rules: tuple[Rule, ...] = tuple(RULES)
    under: str = ""
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

    def engine(self, cache: str | None, key: bytes) -> Engine:
        """The compiled engine, from the cache folder where it is there and whole; else compiled, and kept there.

        Asked again, the same one: whoever keeps the rules keeps it.
        """
        engine = self._engine
        if engine is None:
            engine = load_engine(cache, key, self.under) if cache and self.under else None
            if engine is None:
                engine = Engine(self.patterns, self.hints)
                if cache and self.under:
                    store_engine(cache, key, self.under, engine)
            object.__setattr__(self, "_engine", engine)
        return engine


def load_rules(files: Sequence[str]) -> tuple[RuleSet, tuple[str, ...]]:
    """keywatch's own rules and those of the person's files, and what of those is not supported. `ConfigError` names all
    that is wrong with a file."""
    under = stamp(files)  # before a file is read: one that changes meanwhile has another stamp the next time
    if not files:
        return RuleSet(under=under), ()
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
    return RuleSet(tuple(rules), under), tuple(notes)


def _read_rules(path: str) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            return file.read(_RULES_MAX)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
