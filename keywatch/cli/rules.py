"""`keywatch rules`: the kinds of keys that are looked for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from keywatch.model import Role
from keywatch.report.escape import show
from keywatch.severity import Severity

#: AWS access keys are pairs and have no row in the rule table
AWS = (("aws-access-key", "AWS access key, with its secret and session token"),)


class Row(Protocol):
    """What is listed of a rule."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def severity(self) -> Severity: ...


def _built_in() -> Iterable[Row]:
    from keywatch.detect.rules import RULES

    return RULES


def run_rules(options: argparse.Namespace, load: Callable[[], Iterable[Row]] | None = None) -> int:
    """List the rules, AWS first, then by id. Tests bring their own `load`."""
    rows = [(rule_id, Severity.HIGH.label, title) for rule_id, title in AWS]
    rows += sorted((rule.id, rule.severity.label, rule.title) for rule in (load or _built_in)())
    if options.json:
        listed = [{"id": rule_id, "severity": severity, "title": title} for rule_id, severity, title in rows]
        json.dump(listed, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 0
    width = max(len(rule_id) for rule_id, _, _ in rows)
    for rule_id, severity, title in rows:
        sys.stdout.write(f"{show(rule_id):<{width}}  {severity:<8}  {show(title)}\n")
    return 0
