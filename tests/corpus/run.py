"""Sweeps a generated corpus with the real command line, in a process and with homes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.corpus.labels import Labels
from tests.corpus.score import Score, score

REPOSITORY = Path(__file__).resolve().parents[2]


def sweep_and_score(labels: Labels, root: Path, home: Path, *options: str) -> Score:
    """What keywatch makes of the corpus that was generated at `root`; its own files go below `home`."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "KEYWATCH_", "AWS_"))}
    env |= {"HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "keywatch", "sweep", "--json", "--no-cache", *options, str(root)]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the sweep ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    key = (home / ".local/state/keywatch/installation.key").read_bytes()
    return score(labels, json.loads(done.stdout), key, str(root))
