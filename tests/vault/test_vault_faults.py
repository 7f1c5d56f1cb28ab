"""Kill the writer, or fail it, at every system call it makes: the old vault or the new one stands, never neither."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from vaultlab import Lab, fake_deposit
from victim import Victim, needs_strace

VICTIM = Path(__file__).parent / "vaultvictim.py"


@pytest.fixture
def victim(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    made = Victim(VICTIM, [str(lab.identity.recipient())], tmp_path_factory.mktemp("trace"))
    yield made
    made.close()


def names(lab: Lab) -> set[str]:
    return {entry.name for entry in lab.depositor().list_entries()}


def leftovers(lab: Lab) -> list[str]:
    return [str(file) for file in lab.folder.rglob("*") if file.name.endswith(".tmp")]


@needs_strace
@pytest.mark.e2e
@pytest.mark.parametrize(("operation", "after"), [("put", {"old", "new"}), ("remove", set())])
def test_a_write_hurt_anywhere_leaves_the_old_or_the_new_vault(
    lab: Lab, victim: Victim, operation: str, after: set[str]
) -> None:
    lab.depositor().put(fake_deposit("old"))
    shutil.copytree(lab.folder, fresh(lab))
    started, count = time.monotonic(), 0
    for inject in victim.injections(f"{operation} {lab.path} {lab.state}"):
        renew(lab)
        status, said = victim.run(f"{operation} {lab.path} {lab.state}", inject)
        assert status in (0, 3, -signal.SIGKILL), f"{inject}: {status}: {said}"
        now = names(lab)
        assert now in ({"old"}, after), inject
        assert status != 0 or now == after, f"{inject}: promised and lost"
        assert status != 3 or re.match(r"keywatch: error: /.*: .+\n$", said), f"{inject}: {said}"
        assert lab.reader().verify() == len(now), inject
        lab.depositor().put(fake_deposit("again"))
        assert names(lab) == {*now, "again"}, inject
        assert leftovers(lab) == [], inject
        count += 1
    assert count > 100
    print(f"{operation}: {count} injections in {time.monotonic() - started:.0f} s")


@needs_strace
@pytest.mark.e2e
def test_making_a_vault_hurt_anywhere_can_be_done_again(lab: Lab, victim: Victim) -> None:
    create = f"create {lab.path} {lab.state}"
    for file in lab.folder.glob("*vault.json*"):
        file.unlink()
    shutil.copytree(lab.folder, fresh(lab))
    for inject in victim.injections(create):
        renew(lab)
        status, said = victim.run(create, inject)
        assert status in (0, 3, -signal.SIGKILL), f"{inject}: {status}: {said}"
        if not lab.path.exists():
            assert status != 0, inject
            assert victim.run(create)[0] == 0, inject
        lab.depositor().put(fake_deposit("again"))
        assert lab.reader().verify() == 1, inject


def fresh(lab: Lab) -> Path:
    return lab.folder.with_name(lab.folder.name + "-fresh")


def renew(lab: Lab) -> None:
    for file in lab.folder.iterdir():
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    shutil.copytree(fresh(lab), lab.folder, dirs_exist_ok=True)
