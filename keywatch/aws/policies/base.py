"""What a template is: a few statements of a policy, made of checked parameters. Asks nothing, writes nothing.

A statement only ever allows. What it names is exactly what was asked for: no parameter can hold `*`, `?` or `$`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

#: stands for the account's number where nobody has told it; a private-use character, which no parameter can hold
UNKNOWN_ACCOUNT = "\ue000"
#: condition operator → condition key → one value, or several of which one must fit
Conditions = Mapping[str, Mapping[str, "str | tuple[str, ...]"]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a policy is for, and the parameters of one template, each in the form that AWS has it in."""

    account: str = UNKNOWN_ACCOUNT
    partition: str = "aws"
    region: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The value of a parameter, empty where it was not given."""
        return next(iter(self.values.get(name, ())), "")

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a parameter."""
        return self.values.get(name, ())

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource whose service puts neither region nor account into it."""
        return f"arn:{self.partition}:{service}:::{resource}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that allows; what holds for all of them (TLS, addresses) comes with the document."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """One thing that a key can be for.

    `needs` are parameters that must be given, `a|b` meaning one of them; `may` are others that it takes. `says` tells a
    person what the statements allow. `example` are parameters that give a policy, `near_miss` ones that are refused.
    """

    id: str
    text: str
    needs: tuple[str, ...]
    make: Callable[[Scope], tuple[Statement, ...]]
    says: Callable[[Scope], str]
    example: Mapping[str, str]
    near_miss: Mapping[str, str]
    may: tuple[str, ...] = ()
    mind: str = ""

    @property
    def takes(self) -> tuple[str, ...]:
        """The names of all its parameters."""
        return (*(name for need in self.needs for name in need.split("|")), *self.may)
