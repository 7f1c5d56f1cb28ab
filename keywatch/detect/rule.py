"""What a rule is: one kind of key, its pattern, its examples and near misses, in one frozen row. Matches nothing.

A rule's `pattern` is written in the subset that Python's `re` and Hyperscan both read with the same meaning (no
lookaround, no possessive repeats), so that one text serves as the engine's prefilter and as the exact locator.
What may not stand left and right of it is said by two character classes beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from keywatch.detect.examples import expand
from keywatch.errors import ConfigError
from keywatch.model import Role
from keywatch.severity import Severity

Check = Callable[[bytes], bool]
#: takes the whole match and the secret in it, gives why that is none (a name counted in the report's `dropped`) or None
WhyNot = Callable[["re.Match[bytes]", bytes], str | None]

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
WORD = "A-Za-z0-9_"
TOKEN = r"A-Za-z0-9_\-"  # noqa: S105 - a character class
BASE64 = "A-Za-z0-9+/="

#: between a name and its value, in any of the usual syntaxes: `=`, `:`, `=>`, `:=`, a comma, with quotes and blanks
SEP = r"""["'`\]]{0,2}\s{0,4}(?:=>|:=|[:=,])\s{0,4}["'`]{0,1}"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of key.

    The secret is the group `secret` of `pattern`, or else the whole match. `keywords`: one of them stands in every
    match. `left` and `right`: classes of bytes that may not touch the match. `check`: the secret's checksum or
    structure; what fails it is dropped as `checksum`. `generic` rules yield to any other rule on overlap. `foreign`
    rules come from a person's file: their patterns are not trusted to be quick. `exact`: what `re` is given when that
    must differ from `pattern`: of long counts the engine is told the least, for each would take it a tenth of a second
    to compile. `hint`: a pattern that is met wherever `pattern` is and costs the engine less. `secret_group`: the
    number of the secret's group where no group is named `secret`; -1 is the first group that matched something.
    """

    id: str
    title: str
    pattern: str
    keywords: tuple[str, ...]
    examples: tuple[str, ...]
    near_misses: tuple[str, ...]
    role: Role = Role.TOKEN
    severity: Severity = Severity.HIGH
    check: Check | None = None
    why_not: WhyNot | None = None
    left: str = WORD
    right: str = WORD
    caseless: bool = False
    generic: bool = False
    foreign: bool = False
    exact: str = ""
    hint: str = ""
    secret_group: int = 0

    def secret_span(self, found: re.Match[bytes]) -> tuple[int, int]:
        """Where the secret of a match stands; an empty span when the match has none."""
        if "secret" in found.re.groupindex:
            return found.span("secret")
        if self.secret_group >= 0:
            return found.span(self.secret_group)
        spans = (found.span(number) for number in range(1, found.re.groups + 1))
        return next((span for span in spans if span[0] < span[1]), (0, 0))

    @property
    def prefilter(self) -> str:
        """The pattern as Hyperscan takes it: without group names."""
        return re.sub(r"\(\?P<\w+>", "(?:", self.pattern)

    def regex(self) -> re.Pattern[bytes]:
        """The exact pattern for `re`, with what may not follow. (`re` keeps compiled patterns itself.)"""
        source = self.exact or self.pattern
        if self.right:
            source = f"(?:{source})(?![{self.right}])"
        return re.compile(source.encode(), re.IGNORECASE if self.caseless else 0)


def verify(rules: Iterable[Rule], find: Callable[[bytes, Rule], bool], where: str = "rules") -> None:
    """Raise `ConfigError` for the first rule whose id, examples or near misses are not what they should be."""
    seen: set[str] = set()
    for rule in rules:
        at = f"{where}: rule '{rule.id}'"
        if not ID.fullmatch(rule.id):
            raise ConfigError(f"{at}: an id is lower-case words joined by hyphens, such as 'my-token'")
        if rule.id in seen:
            raise ConfigError(f"{at}: two rules have this id: rename one")
        seen.add(rule.id)
        if not rule.examples or not rule.near_misses:
            raise ConfigError(f"{at}: needs at least one example and one near miss")
        for number, example in enumerate(rule.examples, 1):
            if not find(expand(example), rule):
                raise ConfigError(f"{at}: example {number} is not found by its pattern")
        for number, near_miss in enumerate(rule.near_misses, 1):
            if find(expand(near_miss), rule):
                raise ConfigError(f"{at}: near miss {number} is found, and must not be")
