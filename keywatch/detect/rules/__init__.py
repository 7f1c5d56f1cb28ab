"""The rules that keywatch brings, one file a family of issuers. A new kind of key is one row in one of these files.

AWS access keys are not here: they are pairs, found by aws.py. `RULES` is in the order of the files and rows; that order
decides only where two rules of equal weight overlap.
"""

from __future__ import annotations

from keywatch.detect.rule import Rule
from keywatch.detect.rules import ai, clouds, forges, keys, messaging, packages, services, urls

RULES: tuple[Rule, ...] = (
    *forges.RULES,
    *clouds.RULES,
    *ai.RULES,
    *packages.RULES,
    *messaging.RULES,
    *services.RULES,
    *keys.RULES,
    *urls.RULES,
)


def load(*, verify: bool = False) -> tuple[Rule, ...]:
    """The rules; with `verify`, `ConfigError` for the first whose examples or near misses are missing or wrong."""
    if verify:
        from keywatch.detect.rule import verify as verify_rules
        from keywatch.detect.tokens import matches_rule

        verify_rules(RULES, matches_rule, "built-in rules")
    return RULES
