"""A judge of IAM policies for tests: what a document allows, by AWS's published evaluation logic, and default deny.

Knows what keywatch's policies use and refuses to judge what it does not know (IAM User Guide: policy evaluation logic;
condition operators; wildcards in Resource). Written without a look at keywatch's own code.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

#: what every request has, where a test says nothing else
USUAL = {"aws:SecureTransport": "true", "aws:SourceIp": "203.0.113.7", "aws:ResourceAccount": "123456789012"}


def allowed(document: Mapping[str, Any], action: str, resource: str, **context: Any) -> bool:
    """Whether a request is allowed. `context`: condition keys, `__` for `:` and `/`, e.g. `s3__prefix="a"`."""
    keys = USUAL | {name.replace("__", ":"): value for name, value in context.items()}
    assert document["Version"] == "2012-10-17"
    found = False
    for statement in document["Statement"]:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}, statement
        assert statement["Effect"] == "Allow"
        fits = any(_like(each, action, fold=True) for each in _list(statement["Action"]))
        fits = fits and any(_like(each, resource) for each in _list(statement["Resource"]))
        found = found or (fits and all(_holds(op, test, keys) for op, test in statement["Condition"].items()))
    return found


def _holds(operator: str, test: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    for name, wanted in test.items():
        values = [str(each) for each in _list(wanted)]
        there = keys.get(name)
        if operator == "Null":
            if (there is None) != (values == ["true"]):
                return False
            continue
        for_all = operator.startswith("ForAllValues:")
        plain = operator.removeprefix("ForAllValues:")
        if there is None:
            if for_all:
                continue
            return False
        tests = [any(_fits(plain, value, each) for value in values) for each in _list(there)]
        if not (all(tests) if for_all else any(tests)):
            return False
    return True


def _fits(operator: str, value: str, there: str) -> bool:
    match operator:
        case "StringEquals":
            assert "*" not in value
            assert "$" not in value
            return value == there
        case "StringLike":
            return _like(value, there)
        case "Bool":
            return value == there
        case "IpAddress":
            return ipaddress.ip_address(there) in ipaddress.ip_network(value)
    raise AssertionError(f"no judge of {operator}")


def _like(pattern: str, text: str, *, fold: bool = False) -> bool:
    assert "${" not in pattern, pattern
    regex = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(regex, text, re.DOTALL | (re.IGNORECASE if fold else 0)) is not None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
