"""The agent's temporary keys: obtained by a process of their own, held in memory, one request for all who wait.

The long-lived key goes to that process through a pipe and to nobody else. A person is asked for an MFA code where the
entry's policy names a device. Forgotten with the rest of what is held (keeper.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from keywatch.errors import KeywatchError, UsageError
from keywatch.serve.errands import Errand
from keywatch.vault.session import session_from

if TYPE_CHECKING:
    from keywatch.config import EntryPolicy
    from keywatch.model import Secret
    from keywatch.vault.base import Payload
    from keywatch.vault.session import Session

#: seconds for AWS to answer, tries included: less than a client waits for the agent
_AWS_TIME = 40.0
#: seconds in which a failure is not tried again: where nothing is at hand, where a session still serves, and after a
#: person said no
_PAUSE, _PAUSE_SERVED, _PAUSE_PERSON = 3.0, 60.0, 30.0
_CODES = 3
#: variables that say where AWS is; a manager's process does not inherit them
_PASSED = ("PYTHONPATH", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM")

#: asks a person for a code, told why it is asked again; None where nobody can be asked
AskCode = Callable[[str], "Secret | None"]


class Sessions:
    """Sessions by entry."""

    def __init__(self) -> None:
        self._held: dict[str, Session] = {}
        self._quiet: dict[str, tuple[float, str]] = {}

    def find(self, name: str, payload: Payload, policy: EntryPolicy) -> Session | None:
        """A session that is of use now."""
        session = self._held.get(name)
        if session is None or not session.fits(payload, policy) or not session.is_useful(datetime.now(UTC)):
            return None
        return session

    def put(self, name: str, session: Session) -> None:
        """Hold a session."""
        self._held[name] = session
        self._quiet.pop(name, None)

    def why_none(self, name: str) -> str:
        """What went wrong the last time."""
        return self._quiet.get(name, (0.0, "no temporary key is at hand: ask again"))[1]

    def errand(self, name: str, payload: Payload, policy: EntryPolicy, who: str) -> Errand | None:
        """What is to be done for a session, if anything. `who` is the program that wants one."""
        session = self.find(name, payload, policy)
        if session is not None and not session.is_due(datetime.now(UTC)):
            return None
        if time.monotonic() < self._quiet.get(name, (0.0, ""))[0]:
            return None
        run = partial(self._obtain, name, payload, policy, partial(_ask_code, name, policy.mfa, who))
        return Errand(run, key=f"session {name}", asks=bool(policy.mfa), wait=session is None)

    def _obtain(self, name: str, payload: Payload, policy: EntryPolicy, ask: AskCode) -> str:
        """Have a session, or say why not; where an older one still serves, that is no failure."""
        why, pause = "", _PAUSE
        for _ in range(_CODES if policy.mfa else 1):
            code = None
            if policy.mfa:
                try:
                    code = ask(why)
                except UsageError as error:
                    why, pause = str(error), _PAUSE_PERSON
                    break
                if code is None:
                    why = (
                        "AWS wants an MFA code, and no pinentry can show itself to ask for it: "
                        f"keywatch key session {name} --now asks on a terminal"
                    )
                    break
            found, why, again = run_apart(name, payload, policy, code)
            if found is not None:
                self.put(name, found)
                return ""
            if not again:
                break
        served = self.find(name, payload, policy) is not None
        self._quiet[name] = (time.monotonic() + max(pause, _PAUSE_SERVED if served else 0.0), why)
        return "" if served else why


def run_apart(
    name: str, payload: Payload, policy: EntryPolicy, code: Secret | None
) -> tuple[Session | None, str, bool]:
    """A new session by a process of its own, or why there is none, and whether another code may do."""
    fields = {field: secret.expose().decode("utf-8", "replace") for field, secret in payload.fields.items()}
    wanted = {
        "session": True, "role": policy.role, "mfa": policy.mfa, "duration": policy.duration,
        "external_id": policy.external_id,
    }  # fmt: skip
    asked = {"entry": name, "fields": fields, "policy": wanted, "code": code.expose().decode() if code else ""}
    try:
        done = subprocess.run(
            _command(), input=json.dumps(asked).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=_AWS_TIME, check=False,
        )  # fmt: skip
        answer = json.loads(done.stdout)
        if "session" in answer:
            return session_from(answer["session"]), "", False
        return None, str(answer["error"]), bool(answer["again"])
    except subprocess.TimeoutExpired:
        return None, f"AWS did not answer within {_AWS_TIME:.0f} s", False
    except OSError as error:
        return None, f"what asks AWS can't be started: {error.strerror}", False
    except (KeywatchError, ValueError, TypeError, KeyError):
        return None, "what asks AWS ended without an answer: is keywatch[aws] installed?", False


def _command() -> list[str]:
    isolated = "-P" if "PYTHONPATH" in os.environ else "-I"
    command = [sys.executable, isolated, "-m", "keywatch.aws.sessions"]
    if _has_network():
        return command
    # the daemon's unit has no network, and neither has what it starts: its manager starts this beside it
    passed = [f"--setenv={variable}={os.environ[variable]}" for variable in _PASSED if variable in os.environ]
    return ["systemd-run", "--user", "--pipe", "--quiet", "--collect", "--wait", *passed, "--", *command]


def _has_network() -> bool:
    import socket

    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def _ask_code(name: str, device: str, who: str, again: str) -> Secret | None:
    """A code of six digits that a person types; `UsageError` where the person declines."""
    from keywatch.serve.pinentry import ask_pin, find_pinentry, is_code

    program = find_pinentry()
    if program is None:
        return None
    why = f"{who} asks for a temporary key of '{name}'. AWS wants a code of {device}."
    for _ in range(_CODES):
        code = ask_pin(program, "MFA code", f"{again[:300]}\n{why}" if again else why, timeout=45)
        if code is None or is_code(code):
            return code
        again = "A code has six digits."
    raise UsageError("no MFA code of six digits was typed")


def told_of(session: Session) -> Mapping[str, str]:
    """What may be shown of a session."""
    return {"masked": session.payload.masked(), "who": session.who, "made": session.made, "until": session.expires}
