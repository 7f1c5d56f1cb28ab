#!/usr/bin/env python3
"""Measures the daemon: from a write to the finding stored, at rest, under floods of events, after kills. On Linux.

usage: scripts/bench/daemon.py [latency] [idle] [flood] [folders] [saves] [kills]      (without a name: all, 12 minutes)
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/watch")]

import psutil  # noqa: E402
from daemonlab import Daemon, Key, wait_for  # noqa: E402

MIB = 1 << 20
#: as a user has it, but for the system's places and the sweep of the home, which are this machine's
USUAL = {"notify": "true", "poll": '"5s"', "recheck": '"60s"', "sweep": '"15m"'}


def main() -> None:
    """Run what is named, each with a home of its own."""
    names = sys.argv[1:] or list(MEASURES)
    if unknown := set(names) - MEASURES.keys():
        sys.exit(f"{unknown.pop()}: no measure\n{__doc__}")
    for name in names:
        root = Path(tempfile.mkdtemp(prefix="keywatch-bench-"))
        daemon = Daemon(root, USUAL)
        try:
            for line in MEASURES[name](daemon):
                print(f"{name:<8} {line}", flush=True)
        finally:
            daemon.stop()
            shutil.rmtree(root, ignore_errors=True)


def process(daemon: Daemon) -> psutil.Process:
    assert daemon.process is not None
    return psutil.Process(daemon.process.pid)


def cpu(daemon: Daemon) -> float:
    """Seconds of processor time of the daemon and its readers that are or were, to the clock's 10 ms."""
    times = process(daemon).cpu_times()
    live = sum(sum(child.cpu_times()[:2]) for child in process(daemon).children())
    return times.user + times.system + times.children_user + times.children_system + live


def own_cpu(daemon: Daemon) -> float:
    """Seconds of the daemon alone, to the nanosecond: all its threads (proc(5), schedstat)."""
    total = 0
    for task in Path(f"/proc/{process(daemon).pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def peak(daemon: Daemon) -> int:
    """The most memory that the daemon ever had resident, in bytes."""
    for line in Path(f"/proc/{process(daemon).pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    raise AssertionError("no VmHWM")


def env_files(daemon: Daemon, count: int) -> list[Path]:
    files = [daemon.home / f"work/p{number}/.env" for number in range(count)]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("A=1\n")
    return files


def latency(daemon: Daemon) -> list[str]:
    """1,000 writes, one after another at odd moments, each until its finding can be read from the database."""
    files = env_files(daemon, 50)
    daemon.start()
    db = sqlite3.connect(f"file:{daemon.state}/state.db?mode=ro", uri=True)
    rng, seconds = random.Random(1), []
    for _ in range(1000):
        file, key = rng.choice(files), Key()
        time.sleep(rng.uniform(0, 0.1))
        begun = time.monotonic()
        file.write_text(key.text)
        query = "SELECT 1 FROM findings WHERE path = ? AND instr(finding, ?)"
        while not db.execute(query, (str(file), key.id[-4:])).fetchall():
            assert time.monotonic() < begun + 30, "a finding was lost"
            time.sleep(0.003)
        seconds.append(time.monotonic() - begun)
    seconds.sort()
    return [
        f"write to finding stored: median {statistics.median(seconds) * 1000:.0f} ms, "
        f"p99 {seconds[990] * 1000:.0f} ms, most {seconds[-1] * 1000:.0f} ms (1,000 writes)"
    ]


def idle(daemon: Daemon) -> list[str]:
    """At rest: after the reader has gone, 60 s."""
    env_files(daemon, 30)
    daemon.start()
    time.sleep(40)
    begun, before = time.monotonic(), own_cpu(daemon)
    time.sleep(60)
    used = (own_cpu(daemon) - before) / (time.monotonic() - begun)
    return [
        f"at rest: {used * 100:.3f} % of a core over 60 s, {process(daemon).memory_info().rss / MIB:.1f} MiB resident, "
        f"{len(process(daemon).children())} children, {daemon.status()['folders']} folders"
    ]


def flood(daemon: Daemon) -> list[str]:
    """100,000 files made in a watched folder, keys written among them."""
    (file,) = env_files(daemon, 1)
    keys = {file.with_name(f".env.n{number}"): Key() for number in range(10)}
    waiting = list(keys)
    daemon.start()
    begun = time.monotonic()
    for number in range(100_000):
        os.close(os.open(file.parent / f"n{number % 5000}", os.O_WRONLY | os.O_CREAT, 0o600))
        if number % 10_000 == 5_000:
            path = waiting.pop()
            path.write_text(keys[path].text)
    wrote = time.monotonic()
    quiet, last = 0.0, cpu(daemon)
    while not quiet and time.monotonic() < wrote + 60:
        time.sleep(0.5)
        now = cpu(daemon)
        if now - last <= 0.01:
            quiet = time.monotonic() - wrote - 0.5
        last = now
    lost = [path for path, key in keys.items() if not daemon.holds(path, key)]
    overflows = sum(line["event"] == "overflow" for line in daemon.log())
    return [
        f"100,000 events in {wrote - begun:.1f} s: {len(lost)} of {len(keys)} findings lost, "
        f"at rest {quiet:.1f} s after, at most {peak(daemon) / MIB:.0f} MiB, {overflows} overflows"
    ]


def folders(daemon: Daemon) -> list[str]:
    """The start over 5,000 folders."""
    env_files(daemon, 5000)
    begun = time.time()
    daemon.start()
    listening = daemon.wait_for_log("sweep-begun")["time"] - begun
    swept = daemon.wait_for_log("sweep-done")["time"] - begun
    file, key = daemon.home / "work/p4321/.env", Key()
    file.write_text(key.text)
    daemon.wait_for_key(file, key)
    time.sleep(40)
    before, at = own_cpu(daemon), time.monotonic()
    time.sleep(60)
    used = (own_cpu(daemon) - before) / (time.monotonic() - at)
    return [
        f"5,000 folders with a file each: listening after {listening:.2f} s, swept after {swept:.2f} s, "
        f"{process(daemon).memory_info().rss / MIB:.1f} MiB; at rest {used * 100:.3f} % of a core"
    ]


def saves(daemon: Daemon) -> list[str]:
    """100,000 saves of 100 files, half in place and half by rename, with a key each tenth time."""
    files = env_files(daemon, 100)
    daemon.start()
    rng = random.Random(2)
    told: list[tuple[int, float, int]] = []
    for number in range(1, 100_001):
        file = rng.choice(files)
        text = Key().text if number % 10 == 0 else f"A={number}\n"
        if number % 2:
            file.write_text(text)
        else:
            file.with_name(".t").write_text(text)
            file.with_name(".t").rename(file)
        if number % 100 == 0:
            time.sleep(0.1)
        if number in (10_000, 50_000, 100_000):
            time.sleep(3)
            told.append((number, process(daemon).memory_info().rss / MIB, process(daemon).num_fds()))
    last = {file: Key() for file in files}
    for file, key in last.items():
        file.write_text(key.text)
    for file, key in last.items():
        daemon.wait_for_key(file, key)
    return [f"after {number:,} saves: {rss:.1f} MiB, {fds} descriptors" for number, rss, fds in told]


def kills(daemon: Daemon) -> list[str]:
    """kill -9 at random 200 times while keys are written."""
    rng = random.Random()
    keys: dict[Path, Key] = {}
    for number in range(200):
        daemon.start(wait=False)
        end = time.monotonic() + rng.uniform(0.05, 1.0)
        while time.monotonic() < end:
            again = bool(keys) and rng.random() < 0.5
            path = rng.choice(list(keys)) if again else daemon.home / f"work/p{len(keys)}/.env"
            path.parent.mkdir(parents=True, exist_ok=True)
            keys[path] = Key()
            path.write_text(keys[path].text)
            time.sleep(rng.uniform(0, 0.1))
        assert daemon.process is not None
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
        daemon.process = None
        if number % 50 == 49:
            print(f"         {number + 1} kills, {len(keys)} files with keys", file=sys.stderr)
    begun = time.monotonic()
    daemon.start(wait=False)
    wait_for(lambda: all(daemon.holds(path, key) for path, key in keys.items()), deadline=60)
    left = len(daemon.remembered()) - len(keys)
    return [
        f"killed 200 times: all {len(keys)} keys found {time.monotonic() - begun:.1f} s after the last start, "
        f"{left} remembered that are not there"
    ]


MEASURES: dict[str, Callable[[Daemon], list[str]]] = {
    "latency": latency, "idle": idle, "flood": flood, "folders": folders, "saves": saves, "kills": kills,
}  # fmt: skip

if __name__ == "__main__":
    main()
