"""Puts a policy together: the templates that were asked for, with their parameters, as one document. Pure.

Everything that is wrong is a `UsageError` that names the template and the parameter. A document that comes out of here
allows what its sentences say, over TLS, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from keywatch.aws.policies.base import UNKNOWN_ACCOUNT, Scope, Statement, Template
from keywatch.aws.policies.parameters import GENERAL, PARAMETERS
from keywatch.aws.policies.registry import TEMPLATES
from keywatch.errors import UsageError

#: characters of all inline policies of an IAM user together, blanks not counted (IAM and STS quotas)
MOST = 2048


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy's document, and in sentences what it allows, within which limits, and what to mind.

    The account may be unknown in it.
    """

    document: Mapping[str, Any]
    allows: tuple[str, ...]
    limits: str
    minds: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """The document as IAM gets it: no blanks, in an order that stays."""
        return json.dumps(self.document, separators=(",", ":"))

    def shown(self) -> str:
        """The document as a person reads it."""
        return json.dumps(self.document, indent=2).replace(json.dumps(UNKNOWN_ACCOUNT)[1:-1], "ACCOUNT")


def compose(wanted: Sequence[str], given: Mapping[str, Sequence[str]], scope: Scope) -> Policy:
    """The policy of `wanted`, each `TEMPLATE` or `TEMPLATE,NAME=VALUE…`, with the parameters `given` for all of them.

    `scope` says where it is for; its own parameters do not count.
    """
    if not wanted:
        raise UsageError("say what the key is for: --allow TEMPLATE; keywatch key templates lists them")
    used: set[str] = set()
    statements: list[tuple[str, Statement]] = []
    allows: list[str] = []
    minds: list[str] = []
    sources = tuple(_checked("from-ip", each, "") for each in given.get("from-ip", ()))
    for word in wanted:
        template, own = _parse(word)
        values = _values(template, {**{k: v for k, v in given.items() if k in template.takes}, **own})
        used |= set(template.takes)
        there = replace(scope, values=values, region=next(iter(values.get("region", ())), scope.region))
        try:
            made = template.make(there)
        except ValueError as error:
            raise UsageError(f"{template.id}: {error}") from None
        new = [(template.id, each) for each in made if (template.id, each) not in statements]
        statements += new
        if new:
            allows.append(template.says(there))
        if template.mind and template.mind not in minds:
            minds.append(template.mind)
    if unused := sorted(name for name, value in given.items() if value and name not in used and name not in GENERAL):
        raise UsageError(f"--{unused[0]} goes with none of {', '.join(wanted)}: keywatch key templates says what does")
    limits = "over TLS only" + (f", and from {', '.join(sources)} only" if sources else "")
    policy = Policy(_document(statements, sources), tuple(allows), limits, tuple(minds))
    if len(policy.text().replace(" ", "")) > MOST:
        raise UsageError(
            f"this policy has {len(policy.text()):,} characters, and IAM takes {MOST:,} of a user: "
            "allow less at once, or make a key for each of its parts"
        )
    return policy


def _parse(word: str) -> tuple[Template, dict[str, list[str]]]:
    """The template that a word names, and the parameters that it gives to this one alone."""
    ident, *pairs = word.split(",")
    template = TEMPLATES.get(ident)
    if template is None:
        from difflib import get_close_matches

        near = get_close_matches(ident[:100], TEMPLATES, n=1, cutoff=0.4)
        raise UsageError(
            f"--allow {ident[:100]!a}: there is no such template: "
            + (f"did you mean {near[0]}? " if near else "")
            + "keywatch key templates lists them"
        )
    own: dict[str, list[str]] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if name not in template.takes or not (sign or PARAMETERS[name].flag):
            raise UsageError(f"{template.id}: {name[:100]!a} is none of its parameters: {', '.join(template.takes)}")
        own.setdefault(name, []).append(value)
    return template, own


def _values(template: Template, given: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    values = {
        name: tuple(dict.fromkeys(_checked(name, each, f"{template.id}: ") for each in texts))
        for name, texts in given.items() if texts
    }  # fmt: skip
    for name, texts in values.items():
        if len(texts) > 1 and not PARAMETERS[name].many:
            raise UsageError(f"{template.id}: --{name} was given twice: use {template.id},{name}=… for each of them")
    for need in template.needs:
        names = need.split("|")
        there = [name for name in names if values.get(name)]
        if not there:
            words = " or ".join(_option(name) for name in names)
            raise UsageError(f"{template.id} needs {words}: {PARAMETERS[names[0]].text}")
        if len(there) > 1:
            raise UsageError(f"{template.id}: {' and '.join(map(_option, there))} contradict each other: say one")
    return values


def _option(name: str) -> str:
    return f"--{name} {PARAMETERS[name].metavar}".rstrip()


def _checked(name: str, text: str, where: str) -> str:
    try:
        return PARAMETERS[name].check(text)
    except ValueError as error:
        raise UsageError(f"{where}--{name} {text[:100]!a}: {error}") from None


def _document(statements: Sequence[tuple[str, Statement]], sources: tuple[str, ...]) -> dict[str, Any]:
    made = []
    names: dict[str, int] = {}
    for ident, statement in statements:
        stem = "".join(part[:1].upper() + part[1:] for part in ident.replace("-", ":").split(":"))
        names[stem] = names.get(stem, 0) + 1
        conditions: dict[str, dict[str, Any]] = {"Bool": {"aws:SecureTransport": "true"}}
        if sources:
            conditions["IpAddress"] = {"aws:SourceIp": _plain(sources)}
        for operator, keys in statement.conditions.items():
            conditions[operator] = {key: _plain(value) for key, value in keys.items()}
        made.append({
            "Sid": stem if names[stem] == 1 else f"{stem}{names[stem]}", "Effect": "Allow",
            "Action": _plain(statement.actions), "Resource": _plain(statement.resources), "Condition": conditions,
        })  # fmt: skip
    return {"Version": "2012-10-17", "Statement": made}


def _plain(value: str | tuple[str, ...]) -> str | list[str]:
    """One value as it is, several as a list: IAM takes both, and counts the characters."""
    if isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else list(value)
