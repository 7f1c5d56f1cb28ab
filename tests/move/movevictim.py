"""A program whose children move, undo or recover: movevictim.py WARM-UP-FOLDER (see tests/victim.py)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from victim import serve_victims  # noqa: E402 - the path comes first

from tests.move import movelab  # noqa: E402


def hurt(words: Sequence[str]) -> None:
    """One operation in the home that the words name."""
    movelab.be_one_home(Path(words[1]))
    movelab.operate(list(words))


if __name__ == "__main__":
    home = Path(sys.argv[1])
    # import what is imported on first use, so that the children make no system calls but for the move
    for linked in (False, True):
        lab = movelab.MoveLab(home / f"linked-{linked}", linked=linked)
        lab.home.mkdir(parents=True, mode=0o700)
        movelab.be_one_home(lab.home)
        lab.prepare()
        lab.move()
        lab.undo()
    serve_victims(hurt)
