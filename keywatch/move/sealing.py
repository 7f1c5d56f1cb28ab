"""Sealing a service's AWS file with systemd-creds(1), to this machine (TPM2, or the host key): only systemd opens it.

What is sealed goes through a pipe; it is in no argument, no environment and no file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache

from keywatch.errors import CannotMoveError, MoveError
from keywatch.model import Role, Secret
from keywatch.move.base import Held

#: the first with LoadCredentialEncrypted= and the specifier %d (systemd's NEWS)
OLDEST = 250
_TIMEOUT = 30
_FIELDS = {
    Role.ACCESS_KEY_ID: b"aws_access_key_id",
    Role.SECRET_ACCESS_KEY: b"aws_secret_access_key",
    Role.SESSION_TOKEN: b"aws_session_token",
}


@cache
def can_seal() -> bool:
    """Whether this machine's systemd opens sealed credentials for services."""
    program = shutil.which("systemd-creds")
    if program is None:
        return False
    try:
        told = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=_TIMEOUT).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(rb"systemd (\d+)", told)
    return version is not None and int(version[1]) >= OLDEST


def aws_file(held: Held) -> Secret:
    """The credential as the `[default]` of an AWS credentials file."""
    lines = [b"[default]"]
    for role, name in _FIELDS.items():
        value = held.value(role)
        if value is None:
            continue
        if not re.fullmatch(rb"[!-~]+", value.expose()):
            raise CannotMoveError(f"{held.path}: the key has characters that no AWS file can hold", "mend it first")
        lines.append(name + b" = " + value.expose())
    return Secret(b"\n".join(lines) + b"\n")


def seal(name: str, content: Secret) -> bytes:
    """`content` sealed under `name`, as LoadCredentialEncrypted= reads it. `MoveError` where that can't be done."""
    command = ["systemd-creds", "encrypt", f"--name={name}", "-", "-"]
    try:
        run = subprocess.run(
            command, input=content.expose(), capture_output=True, check=False, timeout=_TIMEOUT, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MoveError(f"systemd-creds encrypt: {type(error).__name__}: nothing was changed") from None
    if run.returncode or not run.stdout:
        why = " ".join(run.stderr.decode("utf-8", "replace").split())[-200:]
        raise MoveError(f"systemd-creds encrypt failed: {why or run.returncode}: nothing was changed")
    return run.stdout
