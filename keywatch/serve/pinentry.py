"""pinentry, GnuPG's program that asks a person for a passphrase or a yes: on the desktop, or on a terminal.

Speaks its Assuan protocol over pipes. What a person types is in no argument, no environment and no message.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from urllib.parse import quote, unquote_to_bytes

from keywatch.errors import UsageError
from keywatch.model import Secret

#: names another pinentry program; empty: none
VARIABLE = "KEYWATCH_PINENTRY"
_MOST = 4096


def find_pinentry() -> str | None:
    """The program to ask with, if there is one."""
    return shutil.which(os.environ.get(VARIABLE, "pinentry") or "\0none")


def ask_pin(program: str, prompt: str, why: str, *, timeout: int = 0) -> Secret | None:
    """What a person types; None where the program can't show itself, `UsageError` where the person declines.

    `timeout`: seconds after which silence is no; 0 waits.
    """
    told = [f"SETPROMPT {quote(prompt + ':')}", f"SETDESC {quote(why or prompt)}"]
    told += [f"SETTIMEOUT {timeout}"] if timeout else []
    reply, answer = _converse(program, told, "GETPIN")
    if reply.startswith(b"OK"):
        return answer
    if b"cancel" in reply.lower() or b"timeout" in reply.lower():
        raise UsageError("declined: nothing was changed")
    return None


def is_code(code: Secret) -> bool:
    """Whether it has an MFA code's shape: six digits."""
    return len(code) == 6 and code.expose().isdigit()


def confirm(program: str, question: str) -> bool:
    """Whether a person says yes. No, silence, or a program that can't show itself are all no."""
    told = [f"SETDESC {quote(question)}", "SETOK Allow", "SETCANCEL Refuse", "SETTIMEOUT 50"]
    reply, _ = _converse(program, told, "CONFIRM")
    return reply.startswith(b"OK")


def _converse(program: str, told: list[str], asked: str) -> tuple[bytes, Secret]:
    """The last reply, empty where there is none, and what came with it."""
    options = [f"OPTION ttyname={tty}" for tty in (_tty_name(),) if tty]
    options += [f"OPTION ttytype={os.environ['TERM']}"] if os.environ.get("TERM") else []
    answer, reply = Secret(b""), b""
    try:
        with subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as run:
            if run.stdin is None or run.stdout is None or not run.stdout.readline(_MOST).startswith(b"OK"):
                run.kill()
                return b"", answer
            for line in (*options, "SETTITLE keywatch", *told, asked):
                run.stdin.write(line.encode() + b"\n")
                run.stdin.flush()
                while (reply := run.stdout.readline(_MOST)) and not reply.startswith((b"OK", b"ERR")):
                    if line == asked and reply.startswith(b"D "):
                        answer = Secret(unquote_to_bytes(reply[2:].rstrip(b"\n")))
            run.stdin.write(b"BYE\n")
            run.stdin.close()
    except OSError:
        return reply, answer
    return reply, answer


def _tty_name() -> str:
    for stream in (sys.stdin, sys.stderr, sys.stdout):
        try:
            return os.ttyname(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    return ""
