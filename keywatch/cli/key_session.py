"""`keywatch key session ENTRY`: programs get temporary keys of an entry from then on, and never the entry itself.

Written into the configuration only once a session was really obtained.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keywatch.cli.ask import ask_code
from keywatch.cli.vault import unlock_for
from keywatch.config import FILE_NAME, LONGEST_ROLE, LONGEST_SESSION, SHORTEST, EntryPolicy, read_config
from keywatch.errors import EntryMissingError, UsageError
from keywatch.paths import own_homes
from keywatch.policyfile import toml_text, write_keys
from keywatch.report.escape import show, show_path
from keywatch.serve.reads import note_read
from keywatch.serve.temporary import keep_session, kept_session
from keywatch.vault.base import check_name
from keywatch.vault.opening import KEYRING, SYSTEM, open_vault
from keywatch.vault.session import PREFIX, Session, as_record, moment
from keywatch.wire.client import ask_agent
from keywatch.wire.protocol import GIVEN, socket_path

if TYPE_CHECKING:
    from keywatch.paths import Homes
    from keywatch.vault.base import Vault

SCHEMA = "keywatch.session/1"
#: seconds where none are named: an hour; with a code, and no role that may allow less, as AWS itself has it
_USUAL, _WITH_CODE = 3600.0, 43200.0
_KEYS = ("session", "role", "mfa", "duration", "external_id")
_REMARK = "Programs get temporary keys of this entry: keywatch key session wrote this."


def run_session(options: argparse.Namespace) -> int:
    """Set, show, renew or end it; the exit status."""
    homes = own_homes()
    if homes.system or options.vault == SYSTEM:
        raise UsageError("the system agent has no network to get temporary keys by: move the key into a user's vault")
    entry = check_name(options.entry)
    old = read_config(os.path.join(homes.config, FILE_NAME)).entries.get(entry.casefold()) or EntryPolicy()
    wishes = any(each is not None for each in (options.role, options.mfa, options.duration, options.external_id))
    if options.off:
        if wishes or options.now:
            raise UsageError("--off goes alone")
        return _end(options, entry, old, homes)
    vault = open_vault(options.vault, homes, unlock=unlock_for(options), interactive=True)
    if old.session and not wishes and not options.now:
        return _tell(options, entry, old, _held(entry, old, vault, homes), where="")
    payload = vault.get(entry)
    policy = _policy(options, old, payload) if wishes or not old.session else old
    from keywatch.aws.sessions import check_usable, obtain

    check_usable(payload)  # before a person is asked for a code
    note_read(homes.state, "session", entry)
    session = obtain(entry, payload, policy, ask_code(entry, policy) if policy.mfa else None)
    where = ""
    if policy != old:
        values: dict[str, str | None] = {
            "session": "true", "role": toml_text(policy.role) if policy.role else None,
            "mfa": toml_text(policy.mfa) if policy.mfa else None, "duration": f"{policy.duration:g}",
            "external_id": toml_text(policy.external_id) if policy.external_id else None,
        }  # fmt: skip
        where = write_keys(homes.config, entry, values, _REMARK)
    record = b64encode(json.dumps(as_record(session)).encode())
    if options.vault or not _tell_agent(homes, b" ".join((b"session", entry.encode(), record))):
        keep_session(vault, entry, session)
    return _tell(options, entry, policy, session, where=where)


def _policy(options: argparse.Namespace, old: EntryPolicy, payload: object) -> EntryPolicy:
    """What the options say, and of what they do not say as it was."""
    role = old.role if options.role is None else options.role
    mfa = old.mfa if options.mfa is None else options.mfa
    external = old.external_id if options.external_id is None else options.external_id
    if options.mfa == "":
        from keywatch.aws.sessions import find_mfa

        mfa = find_mfa(payload)  # type: ignore[arg-type]  # a payload
    usual = old.duration if old.session else _WITH_CODE if mfa and not role else _USUAL
    duration = usual if options.duration is None else float(options.duration)
    longest = LONGEST_ROLE if role else LONGEST_SESSION
    if not SHORTEST <= duration <= longest:
        raise UsageError(f"--duration: AWS gives 15 minutes to {longest // 3600} hours here")
    if external and not role:
        raise UsageError("--external-id goes with a --role")
    return replace(old, session=True, role=role, mfa=mfa, duration=duration, external_id=external)


def _end(options: argparse.Namespace, entry: str, old: EntryPolicy, homes: Homes) -> int:
    if not old.session:
        raise UsageError(f"entry '{entry}' has no temporary keys: nothing was changed")
    where = write_keys(homes.config, entry, dict.fromkeys(_KEYS), _REMARK)
    vault = open_vault(options.vault, homes, unlock=unlock_for(options), interactive=True)
    with contextlib.suppress(EntryMissingError):
        vault.remove(f"{PREFIX}{entry}")
    if options.json:
        return _tell(options, entry, EntryPolicy(), None, where="")
    sys.stdout.write(
        f"{show(entry)}: programs get the long-lived key again, as {show_path(where, os.path.expanduser('~'))} says. "
        "Sessions that were given live until their end.\n"
    )
    return 0


def _held(entry: str, policy: EntryPolicy, vault: Vault, homes: Homes) -> Session | dict[str, str] | None:
    """The session that is at hand: the agent's, as far as it may be shown, or the vault's."""
    if told := _tell_agent(homes, b"session " + entry.encode()):
        return told if told.get("until") else None
    return kept_session(vault, entry, policy, vault.get(entry))


def _tell_agent(homes: Homes, line: bytes) -> dict[str, str]:
    """The agent's answer; nothing where it is locked, or not there, or does not know the session."""
    answer = ask_agent(socket_path(homes.runtime), line, 5.0)
    if answer is None or answer[0] != GIVEN:
        return {}
    found = json.loads(answer[1])
    return found if isinstance(found, dict) else {}


def _tell(
    options: argparse.Namespace, entry: str, policy: EntryPolicy, held: Session | dict[str, str] | None, where: str
) -> int:
    """Say how an entry is served, and what is at hand."""
    if isinstance(held, Session):
        held = {"masked": held.payload.masked(), "who": held.who, "until": held.expires}
    held = held or {}
    if options.json:
        facts = {
            "schema": SCHEMA, "entry": entry, "session": policy.session, "role": policy.role, "mfa": policy.mfa,
            "duration": policy.duration, "external_id": policy.external_id, "masked": held.get("masked", ""),
            "who": held.get("who", ""), "until": held.get("until", ""),
        }  # fmt: skip
        sys.stdout.write(json.dumps(facts) + "\n")
        return 0
    rows = [("of", policy.role or "the key's own user"), ("for", _time(policy.duration))]
    rows += [("MFA", policy.mfa)] if policy.mfa else []
    if held:
        left = (moment(held["until"]) - datetime.now(UTC)).total_seconds()
        rows.append(("now", f"{held['masked']} until {held['until']} ({_time(max(left, 0))} more)"))
        rows += [("as", held["who"])] if held["who"] else []
    else:
        rows.append(("now", "none at hand: the next program that asks has one made"))
    rows += [("set in", show_path(where, os.path.expanduser("~")))] if where else []
    sys.stdout.write(f"{show(entry)}: programs get temporary keys only\n")
    for label, text in rows:
        sys.stdout.write(f"  {label:>6}  {show(text)}\n")
    if where and policy.mfa and options.vault in ("", KEYRING) and not policy.role:
        sys.stdout.write("          AWS is asked for a code again when it ends: by pinentry, or --now here\n")
    return 0


def _time(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    minutes = rest // 60
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else "") if part
    )
