"""The system vault, as its agent gives it: over a socket that is everybody's, to whom the agent's policies name.

Holds no identity and opens no file. Root may list, put, rename and remove; everybody else may ask for an entry by name.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict
from datetime import datetime
from typing import Any, NoReturn

from keywatch.errors import EntryExistsError, EntryMissingError, VaultError, VaultLockedError, VaultMissingError
from keywatch.model import Secret
from keywatch.vault.base import Deposit, Entry, Payload, check_name
from keywatch.wire.client import ask_agent
from keywatch.wire.protocol import GIVEN, LOCKED, MOST_DEPOSIT, SYSTEM_AGENT

#: how the agent begins a refusal of which a program must know more than the words
MISSING, EXISTS = "missing: ", "exists: "


class SystemVault:
    """The vault behind the socket at `path`. Every error is a `VaultError` that says what to do."""

    def __init__(self, path: str = SYSTEM_AGENT, *, timeout: float = 5.0) -> None:
        self._path = path
        self._timeout = timeout

    @property
    def title(self) -> str:
        """What to call it to a person."""
        return "the system vault"

    def list_entries(self) -> list[Entry]:
        """All entries; root alone may know them."""
        return [Entry(**each) for each in self._ask("entries")["entries"]]

    def get(self, name: str) -> Payload:
        """The secrets of an entry: to root all of them, to others what a policy allows."""
        fields = self._ask(f"payload {check_name(name)}")["fields"]
        return payload_of(fields)

    def put(self, deposit: Deposit, *, replace: bool = False) -> Entry:
        """Keep a deposit. `EntryExistsError` unless `replace`."""
        record = deposit_as(deposit) | {"replace": replace}
        line = b64encode(json.dumps(record).encode()).decode()
        if len(line) > MOST_DEPOSIT - 100:
            raise VaultError(f"{self.title}: an entry of {len(line):,} characters is too large")
        return Entry(**self._ask(f"put {line}")["entry"])

    def rename(self, name: str, new: str) -> Entry:
        """Give an entry another name."""
        return Entry(**self._ask(f"rename {check_name(name)} {check_name(new)}")["entry"])

    def remove(self, name: str) -> None:
        """Take an entry out."""
        self._ask(f"remove {check_name(name)}")

    def mark_used(self, name: str, when: datetime) -> None:
        """Nothing: the agent itself records each read."""

    def _ask(self, line: str) -> dict[str, Any]:
        answer = ask_agent(self._path, line.encode("utf-8"), self._timeout)
        if answer is None:
            raise VaultMissingError(
                f"{self.title}: no agent answers at {self._path}: as root, keywatch install --system sets it up, and "
                "systemctl status keywatch-agent says how it is"
            )
        verdict, text = answer
        if verdict != GIVEN:
            self._fail(verdict, text.decode("utf-8", "replace"))
        try:
            reply = json.loads(text)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise VaultError(f"{self.title}: its agent gave an answer that is none")
        return reply

    def _fail(self, verdict: bytes, text: str) -> NoReturn:
        if verdict == LOCKED:
            raise VaultLockedError(f"{self.title}: {text}")
        for mark, kind in ((MISSING, EntryMissingError), (EXISTS, EntryExistsError)):
            if text.startswith(mark):
                raise kind(text.removeprefix(mark))
        raise VaultError(f"{self.title}: {text}")


def deposit_as(deposit: Deposit) -> dict[str, Any]:
    """A deposit as it goes over the socket."""
    return {
        "name": deposit.name, "kind": deposit.kind, "source": deposit.source, "consumer": deposit.consumer,
        "fields": fields_as(deposit.payload),
    }  # fmt: skip


def deposit_of(record: dict[str, Any]) -> Deposit:
    """The deposit that `deposit_as` gave. `ValueError`, `TypeError` or `KeyError` where it is none."""
    texts = {name: record[name] for name in ("name", "kind", "source", "consumer")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("texts")
    return Deposit(payload=payload_of(record["fields"]), **texts)


def fields_as(payload: Payload) -> dict[str, str]:
    """An entry's secrets, for the socket alone."""
    return {name: b64encode(secret.expose()).decode() for name, secret in payload.fields.items()}


def payload_of(fields: dict[str, str]) -> Payload:
    """The secrets that `fields_as` gave."""
    return Payload({str(name): Secret(b64decode(value, validate=True)) for name, value in fields.items()})


def entry_as(entry: Entry) -> dict[str, str]:
    """An entry's metadata, as it goes over the socket."""
    return asdict(entry)
