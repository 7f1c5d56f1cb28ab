"""To whom an entry is given: the `[entries.NAME]` sections of the configuration, and a record of each change of them.

Judges, and never gives anything itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

from keywatch import atomic, audit
from keywatch.config import EntryPolicy
from keywatch.errors import FileReadError
from keywatch.paths import private_dir
from keywatch.serve.reads import Peer

_NAME = "policies.json"
_MOST = 1 << 20


class Policies(Protocol):
    """The entries' policies, as they are when they are asked for: `LivePolicies`."""

    def get(self, name: str, /) -> EntryPolicy | None:
        """The policy of an entry, by its name in lower case."""

    def new(self, name: str, /) -> str:
        """What becomes of a program that is new to the entry: `tell`, `ask` or `deny`."""


def why_not(policy: EntryPolicy | None, peer: Peer) -> str | None:
    """Why the policy of an entry keeps it from a peer; None where it does not."""
    if policy is None:
        return None
    if policy.deny:
        return "[entries] denies it"
    if policy.uids and peer.uid not in policy.uids:
        return f"[entries] does not name user {peer.uid}"
    # the helper is asked by a client, its parent: either may be the program that is meant
    if policy.executables and not {peer.executable, peer.parent} & set(policy.executables):
        return f"[entries] does not name {peer.parent or peer.executable or 'this program'}"
    return None


def policy_of(policies: Policies, name: str) -> EntryPolicy | None:
    """The policy of an entry; those that a rotation keeps beside it (docs/rotation.md) have its own."""
    name = name.casefold()
    beside = (name.removesuffix(end) for end in (".next", ".old") if name.endswith(end))
    return policies.get(name) or next((found for each in beside if (found := policies.get(each)) is not None), None)


def note_policies(state_dir: str, policies: Mapping[str, EntryPolicy]) -> list[str]:
    """Have the audit log tell which entries' policies changed since they were last noted; their names.

    `StateError` where that can't be recorded: then the new policies must not be used.
    """
    now = {name: _said(asdict(policy)) for name, policy in policies.items()}
    now = json.loads(json.dumps(now))
    before = {name: _said(told) for name, told in _read(state_dir).items() if isinstance(told, dict)}
    changed = sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
    for name in changed:
        what = "removed" if name not in now else "changed" if name in before else "made"
        told = now.get(name, {})
        audit.append(
            state_dir, "policy", durable=True, entry=name, what=what,
            **{key: value if isinstance(value, list) else str(value) for key, value in told.items() if value},
        )  # fmt: skip
    if changed:
        with atomic.open_folder(private_dir(state_dir)) as folder, atomic.locked(folder, _NAME):
            atomic.replace(folder, _NAME, json.dumps(now).encode() + b"\n", keep_previous=False)
    return changed


def _said(policy: Mapping[str, object]) -> dict[str, object]:
    """What a policy says that is not so by default anyway: an older keywatch's record has fewer keys."""
    usual = asdict(EntryPolicy())
    return {key: value for key, value in policy.items() if value and value != usual.get(key)}


def _read(state_dir: str) -> dict[str, object]:
    try:
        with atomic.open_folder(private_dir(state_dir)) as folder:
            raw = atomic.read(folder, _NAME, limit=_MOST)
        read = json.loads(raw or b"{}")
    except (ValueError, FileReadError):
        return {}
    return read if isinstance(read, dict) else {}
