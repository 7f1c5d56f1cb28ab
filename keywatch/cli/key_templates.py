"""`keywatch key templates`: what a service's key can be allowed, with the options for it. Asks nobody anything."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from keywatch.aws.policies.base import Scope, Template
from keywatch.aws.policies.compose import compose
from keywatch.aws.policies.parameters import PARAMETERS
from keywatch.aws.policies.registry import TEMPLATES
from keywatch.cli.move_text import Page, colored
from keywatch.errors import UsageError

SCHEMA = "keywatch.templates/1"


def run_templates(options: argparse.Namespace) -> int:
    """Print all of them, or some with their policies."""
    if unknown := [name for name in options.templates if name not in TEMPLATES]:
        raise UsageError(f"{unknown[0][:100]!a}: there is no such template: keywatch key templates lists them")
    chosen = [TEMPLATES[name] for name in options.templates] or list(TEMPLATES.values())
    if options.json:
        json.dump({"schema": SCHEMA, "templates": [_plain(each) for each in chosen]}, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 0
    page = Page(sys.stdout, color=colored(sys.stdout))
    width = max(len(each.id) for each in chosen)
    for each in chosen:
        page.heading(each.id.ljust(width), f" {each.text}")
        page.rows("needs", [", ".join(" or ".join(map(option, need.split("|"))) for need in each.needs)])
        if each.may:
            page.rows("may have", [", ".join(map(option, each.may))])
        if each.mind:
            page.rows("mind", [each.mind])
        if options.templates:
            page.json(example(each).shown())
    return 0


def option(name: str) -> str:
    """A parameter as it is typed."""
    each = PARAMETERS[name]
    return f"--{name} {each.metavar}{'…' if each.many else ''}".rstrip()


def example(template: Template) -> Any:
    """The policy of a template's own example."""
    return compose([template.id], {name: [value] for name, value in template.example.items()}, Scope())


def _plain(each: Template) -> dict[str, Any]:
    policy = example(each)
    return {
        "id": each.id, "text": each.text, "needs": [need.split("|") for need in each.needs], "may": list(each.may),
        "mind": each.mind, "example": dict(each.example), "policy": json.loads(policy.shown()),
    }  # fmt: skip
