"""Asks a person: passphrases and secrets through pinentry where it is installed, else on the terminal, unseen.

Answers never pass through arguments or the environment. Where there is nobody to ask, that is an error.
"""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from keywatch.errors import UsageError
from keywatch.model import Secret
from keywatch.report.escape import show
from keywatch.serve.pinentry import ask_pin, find_pinentry, is_code

if TYPE_CHECKING:
    from keywatch.config import EntryPolicy

_MOST = 4096


def ask_secret(prompt: str, why: str = "") -> Secret:
    """What a person types, unseen. `UsageError` where nobody can be asked or the person declines."""
    program = find_pinentry()
    if program is not None and (answer := ask_pin(program, prompt, why)) is not None:
        return answer
    with _terminal() as tty:
        if why:
            tty.write(f"{why}\n".encode())
        return _unseen(tty, prompt)


def can_ask() -> bool:
    """Whether there is a terminal, or a desktop for pinentry to show itself on."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return True


def ask_line(prompt: str) -> str:
    """A line that a person types, seen."""
    with _terminal() as tty:
        tty.write(prompt.encode())
        return tty.readline(_MOST).decode("utf-8", "replace").strip()


def confirm_word(what: str, word: str) -> None:
    """Have the person type `word`. `UsageError` otherwise."""
    if ask_line(f"{show(what)}\nType {show(word)} to go on: ") != word:
        raise UsageError("not confirmed: nothing was changed")


def ask_code(entry: str, policy: EntryPolicy) -> Secret:
    """A code of an MFA device, six digits."""
    why = f"AWS wants a code of {policy.mfa} for a temporary key of '{entry}'."
    while not is_code(code := ask_secret("MFA code", why)):
        if not code:
            raise UsageError("no MFA code was typed: nothing was done")
        why = "A code has six digits."
    return code


def ask_new_passphrase(fd: int | None = None) -> Secret:
    """A new passphrase, typed twice; advice where it is weak and the `strength` extra is installed."""
    if fd is not None:
        return read_passphrase(fd)
    while True:
        first = ask_secret("New passphrase", "A passphrase that opens the vault. Four or more random words are good.")
        if not first:
            raise UsageError("an empty passphrase protects nothing: nothing was changed")
        if advice := _advice(first):
            sys.stderr.write(f"keywatch: {advice}\n")
        if ask_secret("The same again") == first:
            return first
        sys.stderr.write("keywatch: these differ: once more\n")


def read_passphrase(fd: int) -> Secret:
    """A passphrase from an open descriptor, up to its first line's end, for scripts."""
    try:
        with os.fdopen(fd, "rb") as file:
            line = file.readline(_MOST).rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(f"--passphrase-fd {fd}: {error.strerror}") from None
    if not line:
        raise UsageError(f"--passphrase-fd {fd}: holds no passphrase")
    return Secret(line)


def _advice(passphrase: Secret) -> str:
    try:
        from zxcvbn import zxcvbn
    except ImportError:
        return "" if len(passphrase) >= 12 else "this passphrase is short: one of twelve or more characters is better"
    found = zxcvbn(passphrase.expose().decode("utf-8", "replace")[:72])
    if found["score"] >= 3:
        return ""
    hints = [found["feedback"]["warning"], *found["feedback"]["suggestions"]]
    return "this passphrase is weak: " + " ".join(hint.rstrip(".") + "." for hint in hints if hint)


@contextmanager
def _terminal() -> Iterator[IO[bytes]]:
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise UsageError("there is no terminal to ask on: run this on one, or see keywatch vault --help") from None
    with os.fdopen(fd, "rb+", buffering=0) as tty:
        yield tty


def _unseen(tty: IO[bytes], prompt: str) -> Secret:
    fd = tty.fileno()
    before = termios.tcgetattr(fd)
    silent = termios.tcgetattr(fd)
    silent[3] &= ~termios.ECHO
    tty.write(f"{prompt}: ".encode())
    try:
        termios.tcsetattr(fd, termios.TCSAFLUSH, silent)
        line = tty.readline(_MOST)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
        tty.write(b"\n")
    return Secret(line.rstrip(b"\r\n"))
