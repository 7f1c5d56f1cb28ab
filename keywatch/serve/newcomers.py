"""What becomes of a program that has not used an entry before: told of, asked about, or refused, as its policy says."""

from __future__ import annotations

import contextlib
from typing import Protocol

from keywatch.errors import StateError
from keywatch.serve.consumers import Consumers
from keywatch.serve.programs import OWN


class NewPolicies(Protocol):
    """What is to become of one, by entry."""

    def new(self, name: str, /) -> str:
        """`tell`, `ask` or `deny`."""


class Newcomers:
    """Judges programs by what has used an entry so far, and learns."""

    def __init__(self, state_dir: str, policies: NewPolicies) -> None:
        self._policies = policies
        self._consumers = Consumers(state_dir)

    def is_one(self, name: str, program: str) -> bool:
        """Whether the program is new to an entry that others have used, or this can't be told."""
        known = program == OWN or self._consumers.is_known(name, program)
        return not known and (bool(self._consumers.trouble) or not self._consumers.is_first(name))

    def is_to_be_asked_about(self, name: str, program: str) -> bool:
        """Whether a person is to be asked first. Where it can't be told, the refusal says so instead."""
        return self._policies.new(name) == "ask" and self.is_one(name, program) and not self._consumers.trouble

    def why_not(self, name: str, program: str) -> str | None:
        """Why a program is not given an entry that it has not used before."""
        new = self._policies.new(name)
        if new == "tell" or not self.is_one(name, program):
            return None
        if trouble := self._consumers.trouble:
            return f"whether {program} is new to it can't be told: {trouble}"
        if new == "ask":
            return f"{program} has not used it before, and nobody was asked"
        return f'{program} has not used it before (new = "deny")'

    def allow(self, name: str, program: str) -> None:
        """A person consented to a program. `StateError` where that can't be kept."""
        self._consumers.note(name, program, count=0)

    def note(self, name: str, program: str, masked: str) -> bool:
        """Count a use; whether it is news. What can't be noted stops nothing."""
        if program == OWN:
            return False
        news = self.is_one(name, program) and not self._consumers.trouble and not self._consumers.is_learning(name)
        with contextlib.suppress(StateError):
            self._consumers.note(name, program, masked)
        return news

    def write(self) -> None:
        """Write what was only counted."""
        with contextlib.suppress(StateError):
            self._consumers.write()
