"""Measures the sweep against ripgrep with one pattern, and against other scanners that are installed, in one run.

usage: python scripts/bench/sweep.py [TREE] [--runs N] [--peers]

Without a TREE one of 45,000 files is made in the cache folder, the same every time. Each command runs once to warm the
page cache and then N times, in turns; the medians are compared. Two bare loops in Python (bare.py) show the floor.
`--peers` runs gitleaks, betterleaks, kingfisher, trufflehog and detect-secrets too, where they are installed, once
each: they take minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tree import make_tree

ROOT = Path(__file__).parents[2]
PATTERN = "(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"
#: what no sweep in Python can be quicker than
BARE = [sys.executable, "-I", str(Path(__file__).with_name("bare.py"))]
PEERS = {
    "gitleaks": ["gitleaks", "dir", "--no-banner", "--exit-code", "0", "--log-level", "fatal"],
    "betterleaks": ["betterleaks", "--silent", "--exit-code", "0"],
    "kingfisher": ["kingfisher", "scan", "--no-validate", "--quiet", "--no-update-check"],
    "trufflehog": ["trufflehog", "filesystem", "--no-verification", "--no-update", "--json"],
    "detect-secrets": ["detect-secrets", "scan", "--all-files"],
}


@dataclass
class Contestant:
    """A command; `env` is added to the environment. Each run's wall time in seconds and peak memory in MiB."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    seconds: list[float] = field(default_factory=list)
    memory: float = 0

    def run(self) -> None:
        began = time.perf_counter()
        started = subprocess.Popen(
            self.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **self.env},
            cwd=self.cwd,
        )
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        self.seconds.append(time.perf_counter() - began)
        self.memory = max(self.memory, usage.ru_maxrss / 1024)


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    tree = options.tree or _made_tree()
    with tempfile.TemporaryDirectory() as state:
        _print(_measure(tree, options.runs, Path(state), peers=options.peers), tree)


def _made_tree() -> Path:
    tree = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "keywatch-bench" / "tree-1"
    if not tree.exists():
        print("making the tree …", file=sys.stderr)
        half = tree.with_name("half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        make_tree(half)
        half.rename(tree)
        time.sleep(3)  # files changed in the last seconds are not remembered as clean
    return tree


def _measure(tree: Path, runs: int, state: Path, *, peers: bool) -> list[Contestant]:
    sweep = [sys.executable, "-m", "keywatch", "sweep", "--quiet"]
    home = state / "home"
    home.mkdir()
    own = {"XDG_STATE_HOME": str(state / "s"), "XDG_CACHE_HOME": str(state / "c"), "PYTHONPATH": str(ROOT)}
    quick = [
        Contestant("rg, one pattern", ["rg", "-c", "--no-ignore", "--hidden", "-a", PATTERN, str(tree)]),
        Contestant("keywatch", [*sweep, "--no-cache", str(tree)], own),
        Contestant("keywatch, second sweep", [*sweep, str(tree)], own),
        Contestant("bare Python that reads", [*BARE, "read", str(tree)]),
        Contestant("bare Python, metadata", [*BARE, "stat", str(tree)]),
    ]
    for each in quick:
        each.run()
        each.seconds.clear()
    for _ in range(runs):
        for each in quick:
            each.run()
    places = Contestant("keywatch, an empty home", sweep, {**own, "HOME": str(home)})
    for _ in range(runs):
        places.run()
    slow = [
        Contestant(name, [*command, "."], cwd=tree) for name, command in PEERS.items() if peers and shutil.which(name)
    ]
    for each in slow:
        each.run()
    return [*quick, places, *slow]


def _print(measured: list[Contestant], tree: Path) -> None:
    files = sum(len(names) for _, _, names in os.walk(tree))
    print(f"{tree}: {files:,} files, {os.cpu_count()} processors")
    base = statistics.median(measured[0].seconds)
    for each in measured:
        median = statistics.median(each.seconds)
        print(f"{each.name:24} {median:8.3f} s {median / base:8.2f} × rg {each.memory:7.0f} MiB")


if __name__ == "__main__":
    main()
