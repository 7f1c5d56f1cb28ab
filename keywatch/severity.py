"""How urgent a finding is, and from which urgency on a sweep fails. Every command loads this, so it loads little."""

from __future__ import annotations

from enum import IntEnum

#: instead of a severity: no finding is a failure
NEVER = "never"


class Severity(IntEnum):
    """How urgent a finding is; compared as numbers, printed by name."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name in lower case, as printed and as in JSON."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Severity:
        """The severity of that label; `ValueError` names the choices."""
        try:
            return cls[label.upper()]
        except KeyError:
            raise ValueError(f"'{label}' is no severity: use {', '.join(s.label for s in cls)}") from None


def parse_fail_on(label: str) -> Severity | None:
    """The severity of that label, None for `never`. `ValueError` names the choices."""
    if label == NEVER:
        return None
    try:
        return Severity.parse(label)
    except ValueError as error:
        raise ValueError(f"{error} or {NEVER}") from None
