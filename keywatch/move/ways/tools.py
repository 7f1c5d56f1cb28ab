"""Settings of tools that have a way of their own to get a key: rclone, s3cmd, terraform; and what is told of others.

rclone: `env_auth` with a profile of the AWS files. s3cmd: values that begin with `$` are read from the environment
(measured with 2.3), which `keywatch exec` gives. terraform: a variable that no file sets comes from `TF_VAR_name`.
"""

from __future__ import annotations

import os
import re

from keywatch.errors import CannotMoveError
from keywatch.model import Binding, Role
from keywatch.move.base import Held, Topic
from keywatch.move.draft import Draft
from keywatch.move.ways.base import Way
from keywatch.move.ways.profiles import use_profile
from keywatch.move.ways.text import ending_of, indent_of, lines_of

_RCLONE = {
    Role.ACCESS_KEY_ID: "access_key_id",
    Role.SECRET_ACCESS_KEY: "secret_access_key",
    Role.SESSION_TOKEN: "session_token",
}
_S3CMD = {
    Role.ACCESS_KEY_ID: ("access_key", "$AWS_ACCESS_KEY_ID"),
    Role.SECRET_ACCESS_KEY: ("secret_key", "$AWS_SECRET_ACCESS_KEY"),
    Role.SESSION_TOKEN: ("access_token", "$AWS_SESSION_TOKEN"),
}


def _section(held: Held) -> list[Binding]:
    """The live settings of the section that holds the key."""
    lead = held.credential.part(Role.ACCESS_KEY_ID)
    if lead is None or held.value(Role.SECRET_ACCESS_KEY) is None:
        raise CannotMoveError(f"{held.path}: half a key, which no client can use", "delete it, or add its other half")
    spans = {part.span for part in held.credential.parts}
    path = next((each.path for each in held.bindings if each.span in spans and not each.commented), None)
    return [each for each in held.bindings if not each.commented and each.path == path and path is not None]


def _apply_rclone(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    own = {each.name: each for each in _section(held)}
    keys = [own[name] for role, name in _RCLONE.items() if held.credential.part(role) and name in own]
    if len(keys) < 2 or own.get("type") is None or own["type"].value.expose() != b"s3":
        raise CannotMoveError(f"{held.path}: not a remote of type s3 with a key of its own", "change it by hand")
    profile = use_profile(held, draft) or "default"
    wanted = [("env_auth", "true"), *([("profile", profile)] if profile != "default" else [])]
    new = []
    for name, value in wanted:
        if name in own:
            draft.replace(held.path, own[name].span, value.encode())
        else:
            new.append(f"{name} = {value}")
    first = lines_of(content, min(each.span for each in keys))
    ending = ending_of(content, first) or b"\n"
    lines = [indent_of(content, first) + line.encode() + ending for line in new]
    draft.replace(held.path, first, b"".join(lines))
    for each in keys:
        if (line := lines_of(content, each.span)) != first:
            draft.replace(held.path, line, b"")
    draft.say(Topic.AFTER, f"rclone takes the key of the AWS profile {profile}", held.path)


def _apply_s3cmd(held: Held, draft: Draft) -> None:
    own = {each.name: each for each in _section(held)}
    for role, (name, reference) in _S3CMD.items():
        part = held.credential.part(role)
        if part is None:
            continue
        if name not in own or own[name].value != part.value:
            raise CannotMoveError(f"{held.path}: the key is not in {name}", "change it by hand")
        draft.replace(held.path, own[name].span, reference.encode())
    draft.say(Topic.AFTER, "s3cmd takes the key from its environment", held.path)
    draft.say(Topic.TODO, f"run it as: {draft.programs.exec_line(held.entry)} s3cmd …", held.path)


def _apply_tfvars(held: Held, draft: Draft) -> None:
    content = draft.content(held.path) or b""
    roles = {part.value: part.role.value for part in held.credential.parts}
    found = [each for each in held.bindings if not each.commented and each.value in roles]
    if {roles[each.value] for each in found} != set(roles.values()) or any(len(each.path) > 0 for each in found):
        raise CannotMoveError(f"{held.path}: the key is inside a list or an object", "make it a variable of its own")
    options = []
    for each in found:
        line = lines_of(content, each.span)
        if not _TFVAR.fullmatch(content[line.start : line.end]):
            raise CannotMoveError(f"{held.path}: something else stands on the key's line", "give it a line of its own")
        draft.replace(held.path, line, b"")
        options += ["--as", f"TF_VAR_{each.name}={roles[each.value]}"]
    draft.say(Topic.AFTER, "terraform takes the variables from its environment", held.path)
    draft.say(Topic.TODO, f"run it as: {draft.programs.exec_line(held.entry, *options)} terraform …", held.path)
    draft.say(Topic.WARNING, "terraform's state and plan files keep the values that a provider was given", held.path)


def _is_tool(held: Held, consumer: str) -> bool:
    return held.format == "ini" and held.consumer == consumer and held.credential.rule == "aws-access-key"


#: `name = "value"` and nothing else but a comment
_TFVAR = re.compile(rb'[ \t]*"?[\w-]+"?[ \t]*=[ \t]*"[^"\r\n]*"[ \t]*(?:#[^\r\n]*|//[^\r\n]*)?(?:\r?\n)?')
_COMPOSE = (
    "write ${AWS_ACCESS_KEY_ID} and ${AWS_SECRET_ACCESS_KEY} for the values, store the key with keywatch vault add, "
    "and run keywatch exec ENTRY -- docker compose up"
)
_HINTS = {
    ".boto": "store it with keywatch vault add, delete these lines, and start the program with keywatch exec ENTRY --",
    ".passwd-s3fs": "store it with keywatch vault add, delete the line, and mount with keywatch exec "
    "--as AWSACCESSKEYID=access_key_id --as AWSSECRETACCESSKEY=secret_access_key ENTRY -- s3fs …",
    **dict.fromkeys(("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"), _COMPOSE),
    ".git-credentials": "git config --global credential.helper libsecret (or cache), then delete the line",
    "credentials": "git config --global credential.helper libsecret (or cache), then delete the line",
    "config.json": "set credsStore in ~/.docker/config.json (docker-credential-secretservice), and log in again",
    ".npmrc": "put ${NPM_TOKEN} in its place, and start npm with keywatch exec",
    ".pypirc": "keyring set https://upload.pypi.org/legacy/ __token__, and delete the password line",
    "hosts.yml": "gh auth login (it keeps the token in the OS keyring), then delete the line",
    ".netrc": "use the program's own helper (git credential.helper, curl --netrc-file with a pipe)",
}


def _apply_hint(held: Held, draft: Draft) -> None:
    del draft
    raise CannotMoveError("what reads it is best given the key in another way", _HINTS[os.path.basename(held.path)])


def _is_tfvars(held: Held) -> bool:
    return held.path.endswith(".tfvars")


def _has_hint(held: Held) -> bool:
    return os.path.basename(held.path) in _HINTS and held.format != "aws-ini"


WAYS = (
    Way("tool", "have rclone take the key from an AWS profile", lambda h: _is_tool(h, "rclone"), _apply_rclone),
    Way("tool", "have s3cmd take the key from its environment", lambda h: _is_tool(h, "s3cmd"), _apply_s3cmd),
    Way("tool", "have terraform take the variables from its environment", _is_tfvars, _apply_tfvars),
    Way("tool", "say how to use the tool's own helper", _has_hint, _apply_hint),
)
