"""Fake keys of the right shape, made at run time so that no complete key stands in the repository."""

from __future__ import annotations

import random
import string

ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECRET_LETTERS = string.ascii_letters + string.digits + "+/"


class Fakes:
    """A seeded source of fake keys."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)

    def _draw(self, letters: str, count: int) -> str:
        return "".join(self.random.choice(letters) for _ in range(count))

    def key_id(self, prefix: str = "AKIA") -> str:
        """An access key id."""
        return prefix + self._draw(ID_LETTERS, 16)

    def secret(self, length: int = 40) -> str:
        """A secret access key; drawn again until it has a letter of each case and a digit, as nearly all have."""
        while True:
            value = self._draw(SECRET_LETTERS, length)
            if any(c.islower() for c in value) and any(c.isupper() for c in value) and any(c.isdigit() for c in value):
                return value

    def session_token(self) -> str:
        """A session token."""
        return "IQoJb3JpZ2lu" + "X2Vj" + self._draw(string.ascii_letters + string.digits + "+/", 320) + "=="
