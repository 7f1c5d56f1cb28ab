"""Hurts a move and an undo at every system call they make, in every way, and checks that nothing is lost.

Killed, failed with EIO, ENOSPC and EROFS, and the power cut under a real ext4 (as root). CI takes a sample of the same
(tests/move/test_move_faults.py, test_power_cut.py). Needs strace; takes a quarter of an hour.

    python scripts/faults.py [EVERY]      EVERY 1, the default, hurts all of them
"""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> int:
    """Run the test with every injection."""
    every = sys.argv[1] if len(sys.argv) > 1 else "1"
    env = {**os.environ, "KEYWATCH_FAULTS_EVERY": every, "KEYWATCH_E2E": "required"}
    tests = ["tests/move/test_power_cut.py", "tests/move/test_move_faults.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
