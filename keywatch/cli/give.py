"""`keywatch exec` and `keywatch env`: vaulted keys for one command, or for a guarded line of a shell profile."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from keywatch.cli.ask import ask_code, can_ask
from keywatch.cli.vault import unlock_for
from keywatch.errors import UsageError
from keywatch.paths import own_homes
from keywatch.serve.output import environment, named_environment, shell_lines
from keywatch.serve.reads import note_read
from keywatch.serve.temporary import from_agent, session_policy, temporary
from keywatch.vault.opening import open_vault

if TYPE_CHECKING:
    from keywatch.config import EntryPolicy
    from keywatch.model import Secret
    from keywatch.paths import Homes
    from keywatch.vault.base import Payload, Vault

_REFERENCE = re.compile(r"keywatch://([A-Za-z0-9][A-Za-z0-9._-]{0,63})/([a-z][a-z0-9_]{0,31})")
_MOST_FILE = 1 << 20
#: as shells say that a command is not there, or can't be run
NOT_FOUND, NOT_RUNNABLE = 127, 126


def run_exec(options: argparse.Namespace) -> int:
    """Become the command, with the variables set. Returns only where that can't be done."""
    if not options.words:
        raise UsageError("keywatch exec ENTRY… -- COMMAND: there is no command after --")
    homes = own_homes()
    vault = open_vault(options.vault, homes, unlock=unlock_for(options), interactive=sys.stderr.isatty())
    keys = _Keys(vault, homes, agent=not options.vault, ask=ask_code if can_ask() else None)
    variables = dict(os.environ)
    for path in options.env_file:
        variables.update(_read_env_file(path))
    variables = {name: keys.resolve(name, value) for name, value in variables.items()}
    if options.named and len(options.entries) != 1:
        raise UsageError("--as goes with one ENTRY: the command was not run")
    for entry in options.entries:
        variables.update(_variables(entry, keys.get(entry), options.named))
    if not options.entries and not keys.asked:
        raise UsageError("no ENTRY was named and no variable holds keywatch://ENTRY/field: the command was not run")
    for name in keys.opened:
        note_read(homes.state, "exec", name)
    try:
        os.execvpe(options.words[0], options.words, variables)  # noqa: S606 - the person's own command
    except FileNotFoundError:
        sys.stderr.write(f"keywatch: {options.words[0]!a}: no such command\n")
        return NOT_FOUND
    except OSError as error:
        sys.stderr.write(f"keywatch: {options.words[0]!a}: {error.strerror}\n")
        return NOT_RUNNABLE


def run_env(options: argparse.Namespace) -> int:
    """Print lines that set an entry's variables. Never asks anybody: it runs when a shell starts."""
    if sys.stdout.isatty():
        raise UsageError(f'this prints secrets: use it as eval "$(keywatch env {options.entry})"')
    homes = own_homes()
    keys = _Keys(open_vault(options.vault, homes, timeout=1.0), homes, agent=not options.vault)
    payload = keys.get(options.entry)
    for name in keys.opened:
        note_read(homes.state, "env", name)
    sys.stdout.write(shell_lines(_variables(options.entry, payload, options.named), options.shell))
    return 0


def _variables(entry: str, payload: Payload, named: Sequence[str]) -> dict[str, str]:
    return named_environment(entry, payload, named) if named else environment(entry, payload)


class _Keys:
    """Entries by name, each asked for once. `opened` are those that this process opened itself.

    For an entry with temporary keys `agent` is asked first, which records that; `ask` gets an MFA code from a person.
    """

    def __init__(
        self, vault: Vault, homes: Homes, *, agent: bool, ask: Callable[[str, EntryPolicy], Secret] | None = None
    ) -> None:
        self._vault = vault
        self._homes = homes
        self._agent = agent
        self._ask = ask
        self.asked: dict[str, Payload] = {}
        self.opened: list[str] = []

    def get(self, name: str) -> Payload:
        if name not in self.asked:
            policy = session_policy(self._homes.config, name)
            self.asked[name] = self._temporary(name, policy) if policy is not None else self._open(name)
        return self.asked[name]

    def _open(self, name: str) -> Payload:
        payload = self._vault.get(name)
        self.opened.append(name)
        return payload

    def _temporary(self, name: str, policy: EntryPolicy) -> Payload:
        if self._agent and (given := from_agent(self._homes, name)) is not None:
            return given
        payload = self._open(name)
        return temporary(self._vault, name, policy, payload, self._ask).payload

    def resolve(self, variable: str, value: str) -> str:
        """`value` with each reference replaced by the field it names."""

        def field(found: re.Match[str]) -> str:
            secret = self.get(found[1]).fields.get(found[2])
            if secret is None:
                raise UsageError(f"{variable}: entry '{found[1]}' has no field '{found[2]}': the command was not run")
            return secret.expose().decode("utf-8", "surrogateescape")

        return _REFERENCE.sub(field, value) if "keywatch://" in value else value


def _read_env_file(path: str) -> Mapping[str, str]:
    from keywatch.formats.dotenv import FORMATS

    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            content = file.read(_MOST_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if len(content) > _MOST_FILE:
        raise UsageError(f"{path}: more than {_MOST_FILE} bytes")
    found = [each for each in FORMATS["dotenv"].parse(content) if not each.commented and each.name]
    return {each.name: each.value.expose().decode("utf-8", "surrogateescape") for each in found}
