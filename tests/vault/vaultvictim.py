"""A program whose children do one operation on a vault each, so that a tracer can hurt them: vaultvictim.py PUBLIC_KEY

Each line on standard input is `OPERATION PATH STATE`. It forks a child that stops itself and prints its pid; once the
child was continued and has ended, it prints the child's exit status (-9 for killed). A fork spares the time to start.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from vaultlab import fake_deposit  # noqa: E402 - the path comes first

from keywatch.errors import KeywatchError  # noqa: E402
from keywatch.vault.document import VaultRecipient  # noqa: E402
from keywatch.vault.file import FileVault, create_vault  # noqa: E402

PR_SET_PTRACER = 0x59616D61


def operate(operation: str, path: str, state: str, key: str) -> int:
    """Do it as the command line would: errors of ours are one line, anything else is a traceback and status 1."""
    try:
        if operation == "create":
            create_vault(path, state, [VaultRecipient("0" * 16, "recovery", key, "")])
        elif operation == "put":
            FileVault(path, state).put(fake_deposit("new"), replace=True)
        else:
            FileVault(path, state).remove("old")
    except KeywatchError as error:
        print(f"keywatch: error: {error}", file=sys.stderr)
        return 3
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def warm_up() -> None:
    """Import what is imported on first use, so that the children make no system calls but for the vault."""
    with tempfile.TemporaryDirectory() as folder:
        for operation in ("create", "put"):
            operate(operation, f"{folder}/vault.json", f"{folder}/state", sys.argv[1])


def main() -> None:
    warm_up()
    for line in sys.stdin:
        operation, path, state = line.split()
        child = os.fork()
        if child == 0:
            # Yama lets only parents trace, unless the tracee says otherwise (man 2 PR_SET_PTRACER).
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            status = operate(operation, path, state, sys.argv[1])
            sys.stderr.flush()
            os._exit(status)
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
