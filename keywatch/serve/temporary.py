"""Temporary keys where no agent answers: kept sealed in the vault as `session.NAME`, obtained anew when they run out.

Also the look at the configuration that every use of an entry takes: light, for the helper is on every AWS command's
path. Asks nobody anything.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from keywatch.config import EntryPolicy
    from keywatch.model import Secret
    from keywatch.paths import Homes
    from keywatch.vault.base import Payload, Vault
    from keywatch.vault.session import Session

_MOST = 1 << 20


def session_policy(folder: str, name: str) -> EntryPolicy | None:
    """The policy of an entry whose temporary keys alone are to be given; None for any other entry.

    A configuration that can't be read is an error (`ConfigError`) wherever the word `session` stands in it: the
    long-lived key must not be given by mistake. Others are not even parsed: that takes 10 ms and more.
    """
    if not _speaks_of_sessions(folder):
        return None
    from keywatch.config import FILE_NAME, read_config

    policy = read_config(os.path.join(folder, FILE_NAME)).entries.get(name.casefold())
    return policy if policy is not None and policy.session else None


def _speaks_of_sessions(folder: str) -> bool:
    more = os.path.join(folder, "conf.d")
    try:
        names = [os.path.join(more, name) for name in os.listdir(more) if name.endswith(".toml")]
    except OSError:
        names = []
    for path in (os.path.join(folder, "keywatch.toml"), *names):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        except OSError:
            return True
        try:
            content = os.read(fd, _MOST)
        except OSError:
            return True
        finally:
            os.close(fd)
        # a backslash may spell the word in another way
        if b"session" in content or b"\\" in content or len(content) == _MOST:
            return True
    return False


def temporary(
    vault: Vault,
    name: str,
    policy: EntryPolicy,
    payload: Payload,
    ask: Callable[[str, EntryPolicy], Secret] | None = None,
) -> Session:
    """A session of the entry: the vault's own while it serves, else a new one of AWS's, which the vault keeps.

    Where there can be none but the old one is of use, that is given. `ask` gets a code where the policy wants one.
    """
    from datetime import UTC, datetime

    from keywatch.errors import KeywatchError

    now = datetime.now(UTC)
    kept = kept_session(vault, name, policy, payload)
    if kept is not None and not kept.is_due(now):
        return kept
    try:
        from keywatch.aws.sessions import obtain

        code = ask(name, policy) if policy.mfa and ask is not None else None
        session = obtain(name, payload, policy, code, once=kept is not None)
    except KeywatchError:
        if kept is None:
            raise
        return kept
    keep_session(vault, name, session)
    return session


def kept_session(vault: Vault, name: str, policy: EntryPolicy, payload: Payload) -> Session | None:
    """What the vault keeps, where it is of this key, as the policy wants it, and of use."""
    from datetime import UTC, datetime

    from keywatch.errors import KeywatchError
    from keywatch.vault.session import PREFIX, session_of

    try:
        session = session_of(vault.get(f"{PREFIX}{name}"))
    except KeywatchError:
        return None
    return session if session.fits(payload, policy) and session.is_useful(datetime.now(UTC)) else None


def keep_session(vault: Vault, name: str, session: Session) -> None:
    """Have the vault keep it; one that can't be kept serves all the same, once."""
    import contextlib

    from keywatch.errors import KeywatchError
    from keywatch.vault.session import deposit_of

    with contextlib.suppress(KeywatchError):
        vault.put(deposit_of(name, session), replace=True)


def from_agent(homes: Homes, name: str) -> Payload | None:
    """What the agent gives for an entry; None where it is locked or not there. `UsageError` where it refuses."""
    import json

    from keywatch.errors import UsageError
    from keywatch.model import Secret
    from keywatch.serve.output import fields_of
    from keywatch.vault.base import Payload
    from keywatch.wire.client import ask_agent
    from keywatch.wire.protocol import GIVEN, LOCKED, socket_path

    answer = ask_agent(socket_path(homes.runtime), b"variables " + name.encode(), 2.0)
    if answer is None or answer[0] == LOCKED:
        return None
    if answer[0] != GIVEN:
        raise UsageError(answer[1].decode("utf-8", "replace"))
    fields = fields_of(json.loads(answer[1]))
    return Payload({field: Secret(value.encode()) for field, value in fields.items()})
