"""Every error a person can meet, with its exit code. A message names what is wrong, where, and what to do.

No message ever holds a secret. Exit codes: 0 nothing found, 1 findings at or above the chosen severity, 2 wrong usage
or configuration, 3 something that was asked for could not be done.
"""

from __future__ import annotations


class KeywatchError(Exception):
    """Base of all: printed as `keywatch: error: MESSAGE`, never as a traceback."""

    exit_code = 3


class UsageError(KeywatchError):
    """The person asked for something that makes no sense; nothing was done."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration, rule, ignore or baseline file is wrong; the message names file and line or key."""


class SweepError(KeywatchError):
    """Something that was asked for could not be swept."""


class StateError(KeywatchError):
    """The state database can't be used; a sweep goes on without it."""


class FormatError(KeywatchError):
    """A content is not of the format it was taken for; `line` counts from 1."""

    def __init__(self, format_name: str, line: int, expected: str) -> None:
        super().__init__(f"not valid {format_name}: line {line}: expected {expected}")
        self.format_name = format_name
        self.line = line
        self.expected = expected
