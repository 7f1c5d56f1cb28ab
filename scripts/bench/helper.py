"""Measures the AWS helper against `python -I -c pass`, in turns, in one run: with the agent, and on its own.

usage: python scripts/bench/helper.py [--runs N]      (needs keywatch installed: pip install -e .)
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BIN = Path(sys.executable).parent
#: of the right shape and no key
ENTRY = b"aws_access_key_id=AKIA" + b"B" * 16 + b"\naws_secret_access_key=" + b"c" * 40 + b"\n"


def main() -> None:
    """Make a vault in a folder of its own, measure, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "KEYWATCH_PINENTRY": ""}
        _run(env, "vault", "init", "--key-file", f"{home}/key", "--no-recovery")
        _run(env, "vault", "add", "work", given=ENTRY)
        nothing = [sys.executable, "-I", "-c", "pass"]
        helper = [str(BIN / "keywatch-credential"), "work"]
        alone = _measure({"python -I -c pass": nothing, "helper, key file": helper}, env, runs)
        with subprocess.Popen([BIN / "keywatch", "agent"], env=env, stderr=subprocess.DEVNULL) as agent:
            while not os.path.exists(f"{home}/keywatch/agent.sock"):
                time.sleep(0.02)
            _run(env, "unlock")
            served = _measure({"python -I -c pass": nothing, "helper, agent": helper}, env, runs)
            p99 = _crowd(f"{home}/keywatch/agent.sock")
            agent.terminate()
    for name, median, base in (
        ("helper, key file", alone["helper, key file"], alone["python -I -c pass"]),
        ("helper, agent", served["helper, agent"], served["python -I -c pass"]),
    ):
        print(f"{name:18} {median * 1000:7.1f} ms   {median / base:5.2f} × python -I -c pass")
    print(f"1,000 requests over 50 connections at once: 99 % answered within {p99 * 1000:.1f} ms")


def _run(env: dict[str, str], *words: str, given: bytes = b"") -> None:
    subprocess.run([BIN / "keywatch", *words], input=given, env=env, check=True, capture_output=True)


def _measure(commands: dict[str, list[str]], env: dict[str, str], runs: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, env=env, check=True, capture_output=True)
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in taken.items()}


def _crowd(path: str) -> float:
    import socket

    taken: list[float] = []

    def ask() -> None:
        for _ in range(20):
            began = time.perf_counter()
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                connection.sendall(b"credential work\n")
                while connection.recv(65536):
                    pass
            taken.append(time.perf_counter() - began)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(taken)[int(len(taken) * 0.99)]


if __name__ == "__main__":
    main()
