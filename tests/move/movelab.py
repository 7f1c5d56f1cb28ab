"""One home with a vault and one place with a key, for tests that hurt a move: used by the victim and by the checker.

Everything runs in this process; `verify` asks the real helper, and no botocore, whose half second would add up.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from keywatch.cli.workbench import find_programs, own_account
from keywatch.detect.engine import Engine
from keywatch.errors import KeywatchError
from keywatch.model import Finding
from keywatch.move.apply import Workshop, apply_plan
from keywatch.move.find import Finder, find_again
from keywatch.move.journal import ENDED, Journal, Move, MoveState
from keywatch.move.locate import read_place
from keywatch.move.plan import Planner, Wish
from keywatch.move.recover import Recovered, recover_all
from keywatch.move.steps import Ground
from keywatch.move.undo import undo_move
from keywatch.paths import installation_key
from keywatch.sweep.ruleset import RuleSet
from keywatch.vault.file import FileVault, create_vault
from keywatch.vault.identity import unlock_quietly
from keywatch.vault.recipients import hold_in_file
from tests.fakes import Fakes

fakes = Fakes(404)
ID, SECRET, OTHER_ID, OTHER_SECRET = fakes.key_id(), fakes.secret(), fakes.key_id(), fakes.secret()
#: a kind of place: the file's name below the home, and its text
PLACES: dict[str, tuple[str, str]] = {
    "aws": (
        ".aws/credentials",
        f"[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\nregion=eu-west-1\n"
        f"[other]\naws_access_key_id = {OTHER_ID}\naws_secret_access_key = {OTHER_SECRET}\n",
    ),
}


@cache
def finder() -> Finder:
    """The default rules."""
    rules = RuleSet()
    return Finder(b"k" * 32, rules, Engine(rules.patterns).scan)


@dataclass(frozen=True)
class MoveLab:
    """The home at `home`; `linked` gives the place a second name, so that it is rewritten in place."""

    home: Path
    kind: str = "aws"
    linked: bool = False

    @property
    def place(self) -> Path:
        return self.home / PLACES[self.kind][0]

    @property
    def text(self) -> bytes:
        return PLACES[self.kind][1].encode()

    @property
    def state(self) -> str:
        return str(self.home / ".local/state/keywatch")

    def prepare(self) -> None:
        """An untouched home."""
        for folder in (self.home, self.place.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.place.write_bytes(self.text)
        self.place.chmod(0o600)
        if self.linked:
            (self.home / "second-name").unlink(missing_ok=True)
            os.link(self.place, self.home / "second-name")
        vault = self.home / ".local/share/keywatch/vault.json"
        vault.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_vault(str(vault), self.state, [hold_in_file(str(self.home / "vault.key"))])

    @contextmanager
    def workshop(self) -> Iterator[Workshop]:
        vault = FileVault(str(self.home / ".local/share/keywatch/vault.json"), self.state, unlock_quietly(timeout=5))
        with Journal(self.state) as journal:
            yield Workshop(vault, Ground(journal, installation_key(self.state)), self.state, own_account())

    def move(self) -> None:
        """Move the key of the place."""
        with self.workshop() as workshop:
            recover_all(workshop)
            read = partial(read_place, owner=os.geteuid())
            planner = Planner(
                finder(), read, workshop.account, find_programs(), workshop.vault, Wish(), time.time()
            )  # fmt: skip
            if wanted := self.findings():
                apply_plan(planner.plan(wanted), workshop)

    def undo(self) -> None:
        """Undo the move that is done."""
        with self.workshop() as workshop:
            recover_all(workshop)
            for move in workshop.journal.all():
                if move.state is MoveState.DONE:
                    undo_move(move, workshop)

    def recover(self) -> list[Recovered]:
        """As each start of keywatch does."""
        with self.workshop() as workshop:
            return recover_all(workshop)

    def moves(self) -> list[Move]:
        with self.workshop() as workshop:
            return workshop.journal.all()

    def findings(self) -> list[Finding]:
        """The findings of the moved key at the place."""
        original = read_place(str(self.place))
        assert original is not None
        found = find_again(finder(), str(self.place), original.content, None, 0.0)
        return [
            held.finding for held in found if any(p.value.expose() == SECRET.encode() for p in held.credential.parts)
        ]

    # -- what must always hold -----------------------------------------------------------------------------------------

    def in_vault(self) -> bool:
        """True when the vault gives the key."""
        with self.workshop() as workshop:
            for entry in workshop.vault.list_entries():
                fields = workshop.vault.get(entry.name).fields
                if fields.get("secret_access_key") and fields["secret_access_key"].expose() == SECRET.encode():
                    return True
        return False

    def check_now(self) -> None:
        """At every instant: the key is in its place or in the vault, and the rest of the file is whole."""
        now = self.place.read_bytes()
        assert SECRET.encode() in now or self.in_vault(), "the key is lost"
        if not self.linked:
            assert now == self.text or self.is_moved(now), "half a file"

    def is_moved(self, now: bytes) -> bool:
        """True for the new text: the key gone, every other line as it was."""
        kept = [line for line in self.text.splitlines() if SECRET.encode() not in line and ID.encode() not in line]
        rest = [line for line in now.splitlines() if b"keywatch" not in line]
        return SECRET.encode() not in now and b"keywatch" in now and rest == kept

    def check_ended(self) -> None:
        """After a recovery: moved or not, nothing in between, nothing left beside, no plaintext anywhere else."""
        assert all(move.state in ENDED for move in self.moves()), [move.state for move in self.moves()]
        now = self.place.read_bytes()
        assert now == self.text or self.is_moved(now)
        beside = {name for name in os.listdir(self.place.parent) if name != self.place.name}
        assert beside <= {name for name in beside if "keywatch" not in name}, beside
        for path in self.home.rglob("*"):
            if path.is_file() and path != self.place and path.name != "second-name":
                content = path.read_bytes()
                assert SECRET.encode() not in content, f"plaintext in {path}"
                assert OTHER_SECRET.encode() not in content, f"another key's plaintext in {path}"


OPERATIONS: dict[str, Callable[[MoveLab], object]] = {
    "move": MoveLab.move, "undo": MoveLab.undo, "recover": MoveLab.recover
}  # fmt: skip


def operate(words: list[str]) -> None:
    """`OPERATION HOME KIND LINKED` for the victim."""
    operation, home, kind, linked = words
    try:
        OPERATIONS[operation](MoveLab(Path(home), kind, linked == "linked"))
    except KeywatchError as error:
        assert SECRET not in str(error)
        raise


def be_one_home(home: Path) -> None:
    """Have this process, and the helpers it starts, live in that home."""
    os.environ.update(HOME=str(home), XDG_RUNTIME_DIR=str(home / "run"))
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    sys.modules["botocore"] = None  # type: ignore[assignment] - as where it is not installed
    sys.argv[0] = os.path.join(os.path.dirname(sys.executable), "keywatch")
