"""Many writers at once lose nothing, and readers beside them always see a whole vault."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from vaultlab import Lab, fake_deposit

from tests.warm import unmeasured

WRITER = Path(__file__).parent / "vaultwriter.py"


@pytest.mark.e2e
def test_twenty_processes_with_fifty_deposits_each(lab: Lab) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, WRITER, str(lab.path), lab.state, f"w{number}-", "50"],
            stdout=subprocess.PIPE,
            env=unmeasured(),
        )
        for number in range(20)
    ]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        count = len(lab.depositor().list_entries())
        assert count >= seen
        seen = count
        time.sleep(0.05)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    names = {f"w{writer}-{number}" for writer in range(20) for number in range(50)}
    assert {entry.name for entry in lab.depositor().list_entries()} == names
    assert lab.document().serial == 1001
    assert lab.reader().get("w7-33") == fake_deposit("w7-33").payload
    assert lab.reader().verify() == 1000
