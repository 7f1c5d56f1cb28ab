"""Kill a move or an undo, or fail it, at system calls of its own: no key lost, no half file, nothing left in plaintext.

CI hurts a sample of the calls; scripts/faults.py hurts every one.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from victim import Victim, needs_strace

from tests.move import movelab
from tests.move.movelab import MoveLab

VICTIM = Path(__file__).parent / "movevictim.py"


class Hurting:
    """A lab, its victim, and the home as it was at the beginning."""

    def __init__(self, lab: MoveLab, victim: Victim, fresh: Path) -> None:
        self.lab, self.victim, self.fresh = lab, victim, fresh

    def keep(self) -> None:
        """Take the home as it is for the beginning."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        self._copy(self.lab.home, self.fresh)

    def renew(self) -> None:
        """Back to the beginning."""
        shutil.rmtree(self.lab.home)
        self._copy(self.fresh, self.lab.home)

    def _copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target, symlinks=True)
        place = target / self.lab.place.relative_to(self.lab.home)
        if self.lab.linked:
            (target / "second-name").unlink()
            os.link(place, target / "second-name")

    def line(self, operation: str) -> str:
        return f"{operation} {self.lab.home} {self.lab.kind} {'linked' if self.lab.linked else 'alone'}"

    def hurt(self, operation: str, every: int) -> int:
        """Hurt an operation at every `every`th injection, check, recover, check; how many."""
        self.keep()
        injections = list(self.victim.injections(self.line(operation)))
        count = 0
        for inject in islice(injections, 0, None, max(1, every)):
            self.renew()
            status, said = self.victim.run(self.line(operation), inject)
            where = f"{operation} {inject}: {status}: {said}"
            assert status in (0, 3, -signal.SIGKILL), where
            assert movelab.SECRET not in said, where
            try:
                self.lab.check_now()
                waiting = [each.words for each in self.lab.recover() if not each.ended]
                assert not waiting, waiting
                self.lab.check_ended()
                again = getattr(self.lab, operation)
                again()
                moved = operation == "move"
                assert self.lab.is_moved(self.lab.place.read_bytes()) is moved
                if not moved:
                    assert self.lab.place.read_bytes() == self.lab.text
            except AssertionError as error:
                raise AssertionError(f"{where}: {error}") from error
            count += 1
        print(f"{operation}, {'linked' if self.lab.linked else 'alone'}: {count} injections of {len(injections)}")
        return count


@pytest.fixture
def hurting(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, request) -> Iterator[Hurting]:
    linked = request.param
    root = tmp_path_factory.mktemp("hurt")
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")  # so that all are as before when the test is over
    monkeypatch.setattr("sys.argv", ["keywatch"])
    monkeypatch.setitem(movelab.sys.modules, "botocore", None)
    lab = MoveLab(root / "home", linked=linked)
    lab.home.mkdir(mode=0o700)
    movelab.be_one_home(lab.home)
    lab.prepare()
    (root / "trace").mkdir()
    victim = Victim(VICTIM, [str(root / "warm")], root / "trace")
    movelab.be_one_home(lab.home)
    yield Hurting(lab, victim, root / "fresh")
    victim.close()


@needs_strace
@pytest.mark.e2e
@pytest.mark.parametrize("hurting", [False, True], ids=["alone", "linked"], indirect=True)
def test_a_move_and_an_undo_hurt_anywhere_lose_nothing(hurting: Hurting) -> None:
    assert hurting.hurt("move", EVERY) >= 10
    hurting.renew()
    hurting.lab.move()
    assert hurting.hurt("undo", EVERY) >= 10


#: scripts/faults.py sets this to 1
EVERY = int(os.environ.get("KEYWATCH_FAULTS_EVERY", "23"))
