"""A payload as programs want it: AWS's `credential_process` JSON, environment variables, shell lines."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from keywatch.errors import UsageError
from keywatch.vault.base import Payload

#: botocore asks again 15 minutes before; one that never expires would never see a new key
LIFETIME = timedelta(hours=1)
_AWS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CSH_UNSAFE = re.compile(r"([!\n])")


def credential_json(payload: Payload, now: datetime, expires: str = "") -> str:
    """The answer to an AWS client that runs `credential_process`. `UsageError` for an entry that is no AWS key pair.

    `expires` is when a session ends (ISO 8601); what has no end says that it is to be asked for again.
    """
    fields = _exposed(payload)
    if not {"access_key_id", "secret_access_key"} <= fields.keys():
        raise UsageError("this entry is no AWS access key: it needs an id and a secret")
    answer: dict[str, str | int] = {
        "Version": 1,
        "AccessKeyId": fields["access_key_id"],
        "SecretAccessKey": fields["secret_access_key"],
    }
    if "session_token" in fields:
        answer["SessionToken"] = fields["session_token"]
    answer["Expiration"] = expires or (now + LIFETIME).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(answer)


def environment(name: str, payload: Payload) -> dict[str, str]:
    """The variables of an entry: AWS's for a key pair, else one for each field, called after entry and field."""
    fields = _exposed(payload)
    if "access_key_id" in fields or "secret_access_key" in fields:
        if not {"access_key_id", "secret_access_key"} <= fields.keys():
            raise UsageError(f"entry '{name}' holds half an AWS access key: nothing is set")
        return {_AWS.get(field, field.upper()): value for field, value in fields.items()}
    stem = re.sub(r"[^A-Z0-9]", "_", name.upper())
    return {stem if len(fields) == 1 else f"{stem}_{field.upper()}": value for field, value in fields.items()}


def fields_of(variables: Mapping[str, str]) -> dict[str, str]:
    """The fields of an AWS key that `environment` made variables of."""
    names = {variable: field for field, variable in _AWS.items()}
    return {names.get(name, name.lower()): value for name, value in variables.items()}


def named_environment(entry: str, payload: Payload, wanted: Sequence[str]) -> dict[str, str]:
    """The variables that `NAME=FIELD` words ask for. `UsageError` for a wrong name, or a field the entry lacks."""
    fields = _exposed(payload)
    found = {}
    for word in wanted:
        name, _, field = word.partition("=")
        if not _NAME.fullmatch(name) or field not in fields:
            known = ", ".join(fields)
            raise UsageError(f"--as {name}=…: use NAME=FIELD; the fields of entry '{entry}' are {known}")
        found[name] = fields[field]
    return found


def shell_lines(variables: Mapping[str, str], shell: str) -> str:
    """Lines that set the variables when `shell` evaluates them, or one JSON object."""
    if shell == "json":
        return json.dumps(variables) + "\n"
    if any("\0" in value for value in variables.values()):
        raise UsageError("a value with a NUL in it can't be a variable")
    return "".join(f"{_line(name, value, shell)}\n" for name, value in variables.items())


def _line(name: str, value: str, shell: str) -> str:
    if shell == "fish":
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{quoted}';"
    if shell == "csh":
        quoted = "'" + value.replace("'", "'\\''") + "'"
        return "setenv " + name + " " + _CSH_UNSAFE.sub(r"\\\1", quoted) + ";"
    return f"export {name}={shlex.quote(value)};"


def _exposed(payload: Payload) -> dict[str, str]:
    try:
        return {name: secret.expose().decode() for name, secret in payload.fields.items()}
    except UnicodeDecodeError:
        raise UsageError("this entry is no text") from None
