"""What every kind of code says of a user, and the words that stand above it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CodedUser:
    """A user and its policy. `document` may hold `UNKNOWN_ACCOUNT`; `remake` is the command that makes the key."""

    name: str
    path: str
    policy_name: str
    tags: Mapping[str, str]
    document: Mapping[str, Any]
    allows: Sequence[str]
    limits: str
    remake: str
    boundary: str = ""

    @property
    def symbol(self) -> str:
        """Its name in the code: a letter, then letters and digits."""
        words = re.findall(r"[A-Za-z0-9]+", self.name)
        text = "".join(word[:1].upper() + word[1:] for word in words)
        return text if text[:1].isalpha() else f"User{text}"


def heading(user: CodedUser, state: str) -> list[str]:
    """The comment above: what the user may do, and why no key stands below."""
    return [
        f"IAM user {user.name}, by keywatch. It may:",
        *(f"  - {each}" for each in user.allows),
        f"and nothing else; {user.limits}.",
        "",
        f"No access key stands here on purpose: {state} would hold its secret in plaintext.",
        "Make it when the user is there; it goes straight into the vault:",
        f"  {user.remake}",
    ]
