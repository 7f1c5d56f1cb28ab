"""The user and policy in Terraform's language, formatted as `terraform fmt` does. Pure; without a key, by design."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from keywatch.aws.code.base import CodedUser, heading
from keywatch.aws.policies.base import UNKNOWN_ACCOUNT

_ACCOUNT = "${data.aws_caller_identity.current.account_id}"


def terraform(user: CodedUser) -> str:
    """A file of its own: two resources, and the account's number looked up where nobody told it."""
    name = "".join(f"_{c.lower()}" if c.isupper() and at else c.lower() for at, c in enumerate(user.symbol))
    lines = [f"# {line}".rstrip() for line in heading(user, "Terraform's state")]
    if UNKNOWN_ACCOUNT in json.dumps(user.document, ensure_ascii=False):
        lines += ["", 'data "aws_caller_identity" "current" {}']
    lines += ["", f'resource "aws_iam_user" "{name}" {{']
    facts = [("name", _quoted(user.name)), ("path", _quoted(user.path))]
    facts += [("permissions_boundary", _quoted(user.boundary))] if user.boundary else []
    lines += _attributes(facts, "  ")
    lines += ["", "  tags = {"]
    lines += _attributes([(_quoted(key), _quoted(value)) for key, value in sorted(user.tags.items())], "    ")
    lines += ["  }", "}", "", f'resource "aws_iam_user_policy" "{name}" {{']
    lines += _attributes([("name", _quoted(user.policy_name)), ("user", f"aws_iam_user.{name}.name")], "  ")
    lines += ["", f"  policy = jsonencode({_value(user.document, '  ')})", "}"]
    return "\n".join(lines) + "\n"


def _attributes(pairs: Sequence[tuple[str, str]], indent: str) -> list[str]:
    """Lines of `name = value`, the signs of neighbours in one column; one of several lines parts its neighbours."""
    lines: list[str] = []
    group: list[tuple[str, str]] = []

    def flush() -> None:
        width = max((len(name) for name, _ in group), default=0)
        lines.extend(f"{indent}{name.ljust(width)} = {value}" for name, value in group)
        group.clear()

    for name, value in pairs:
        group.append((name, value))
        if "\n" in value:
            last = group.pop()
            flush()
            group.append(last)
            flush()
    flush()
    return lines


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Mapping):
        pairs = [(_key(key), _value(each, indent + "  ")) for key, each in value.items()]
        return "\n".join(["{", *_attributes(pairs, indent + "  "), indent + "}"])
    if isinstance(value, str):
        return _quoted(value)
    items = [_value(each, indent + "  ") for each in value]
    if all("\n" not in each for each in items) and len(indent) + sum(map(len, items)) < 80:
        return f"[{', '.join(items)}]"
    return "\n".join(["[", *(f"{indent}  {each}," for each in items), f"{indent}]"])


def _key(key: str) -> str:
    return key if key.isidentifier() else _quoted(key)


def _quoted(text: str) -> str:
    """A quoted template: what begins an interpolation in it is escaped, but for the account that is looked up."""
    escaped = json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    return escaped.replace(UNKNOWN_ACCOUNT, _ACCOUNT)
