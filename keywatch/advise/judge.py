"""The best next step for one key: a table of conditions, most pressing first, each with its words and commands. Pure.

The first row that holds is the step; others that hold are told as further ones.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from keywatch.advise.machine import Machine
from keywatch.advise.replace import REPLACEMENTS
from keywatch.advise.services import creations
from keywatch.report.escape import show_path

#: days without a use after which a key is thought of as unused, and days after which one is old
UNUSED, OLD = 90, 90
_EXPOSED = frozenset({"rotate", "revoke"})
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one key. Times are seconds of the Unix clock, 0 where unknown.

    `places` hold it in plaintext, `consumers` are their programs, `advice` what their findings advise (severity.py).
    `entry` is its name in the vault, empty where it is in none; `since` when it was first known, `used` its last use.
    `home` is the folder that is told as `~`; where it is empty, paths are told whole.
    """

    title: str
    masked: str
    aws: bool
    long_lived: bool
    machine: Machine
    now: float
    places: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    entry: str = ""
    since: float = 0.0
    used: float = 0.0
    home: str = ""

    @property
    def age(self) -> float:
        """Days since it was first known, at least."""
        return (self.now - self.since) / _DAY if self.since else 0.0

    @property
    def idle(self) -> float:
        """Days since its last known use."""
        last = self.used or self.since
        return (self.now - last) / _DAY if last else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What to do: a name that stays, a sentence, commands to copy, and the section of docs/advice.md that says more."""

    name: str
    text: str
    commands: tuple[str, ...] = ()
    more: str = ""


def judge(facts: Facts) -> list[Step]:
    """The steps for a key, the best first; never empty."""
    found = [make(facts) for holds, make in TABLE if holds(facts)]
    return found or [Step("look", "Nothing is known that would decide what to do with it: look at what uses it")]


def _move(facts: Facts) -> tuple[str, ...]:
    return (f"keywatch move {' '.join(_word(path, facts.home) for path in facts.places)}",) if facts.places else ()


def _word(path: str, home: str) -> str:
    """A path as a word for a shell, which puts the home for `~/` where that is not quoted."""
    rest = path.removeprefix(f"{home}/")
    return f"~/{shlex.quote(rest)}" if home and rest and rest != path else shlex.quote(path)


def _name(facts: Facts) -> str:
    return facts.entry or "ENTRY"


def _by_itself(facts: Facts, command: str) -> str:
    """A call that the key makes about itself: its id never has to be typed."""
    return f"keywatch exec {_name(facts)} -- sh -c 'aws iam {command} --access-key-id \"$AWS_ACCESS_KEY_ID\"'"


def _rotation(facts: Facts) -> tuple[str, ...]:
    if not facts.aws:
        return _move(facts)
    entry = _name(facts)
    return (*_move(facts), f"keywatch key rotate {entry}", f"keywatch key retire {entry}")


def _rotate_exposed(facts: Facts) -> Step:
    return Step(
        "rotate",
        "Rotate it: others may have it already. Make a new key, switch over what uses it, deactivate the old one",
        _rotation(facts), "rotate",
    )  # fmt: skip


def _delete(facts: Facts) -> Step:
    use = f"its last use that keywatch knows of is {int(facts.idle)} days ago"
    if not facts.used:
        use = f"keywatch knows of no use in {int(facts.age)} days"
    return Step(
        "delete",
        f"Delete it: {use}. Deactivate it first, and wait whether somebody misses it",
        (_by_itself(facts, "update-access-key --status Inactive"), _by_itself(facts, "delete-access-key")), "delete",
    )  # fmt: skip


def _replace(facts: Facts) -> Step:
    found = REPLACEMENTS[facts.machine]
    return Step("replace", found.text, found.commands, found.section)


def _split(facts: Facts) -> Step:
    uses = ", ".join(show_path(each, facts.home) for each in facts.consumers[:4]) or f"{len(facts.places)} places"
    return Step(
        "split",
        f"Split it: one key serves {uses}. With one for each, one can be revoked without breaking the others",
        creations(facts.consumers),
        "split",
    )


def _rotate_old(facts: Facts) -> Step:
    return Step("rotate", f"Rotate it: it is {int(facts.age)} days old at least", _rotation(facts), "rotate")


def _store(facts: Facts) -> Step:
    return Step("move", "Move it to safety: its programs go on as before, and it can be undone", _move(facts), "move")


def _keep(_: Facts) -> Step:
    return Step("keep", "Keep it where it is: in the vault, in no file in plaintext, and in use")


#: most pressing first
TABLE: tuple[tuple[Callable[[Facts], bool], Callable[[Facts], Step]], ...] = (
    (lambda f: bool(_EXPOSED & set(f.advice)), _rotate_exposed),
    (lambda f: f.aws and f.long_lived and bool(f.entry) and not f.places and f.idle >= UNUSED, _delete),
    (lambda f: f.aws and f.long_lived and f.machine is not Machine.PERSONS, _replace),
    (lambda f: f.aws and len(set(f.consumers)) > 1, _split),
    (lambda f: f.aws and f.long_lived and f.age >= OLD and not _EXPOSED & set(f.advice), _rotate_old),
    (lambda f: bool(f.places), _store),
    (lambda f: f.aws and f.long_lived and f.machine is Machine.PERSONS and bool(f.places), _replace),
    (lambda f: bool(f.entry) and not f.places and f.idle < UNUSED, _keep),
)
