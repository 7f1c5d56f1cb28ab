"""Looking at a move as the consumers will: the files as they are now, the helper run as the strictest client runs it.

What is compared stays in this process; a helper's answer comes through a pipe and is shown to nobody.
"""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from keywatch.errors import FormatError, MoveError
from keywatch.formats.aws_ini import parse
from keywatch.model import Secret
from keywatch.move.base import Change, Check, ProfileCheck, SyntaxCheck
from keywatch.move.locate import read_place
from keywatch.paths import own_homes
from keywatch.serve.temporary import session_policy

#: seconds for the helper, which answers within one, and for a client that resolves a profile
_HELPER_TIMEOUT = 10.0
_CLIENT_TIMEOUT = 30.0
_PARTS = {"AccessKeyId": "access_key_id", "SecretAccessKey": "secret_access_key", "SessionToken": "session_token"}
#: resolves a profile as the AWS CLI does, and prints the three parts
_RESOLVE = """
import json, sys
import botocore.session
found = botocore.session.Session(profile=sys.argv[1]).get_credentials()
print(json.dumps({"AccessKeyId": found.access_key, "SecretAccessKey": found.secret_key, "SessionToken": found.token}))
"""


def verify(
    checks: Sequence[Check], fields: Mapping[str, Secret], owner: int | None = None, changes: Sequence[Change] = ()
) -> None:
    """Check that every consumer gets the key it had. `MoveError` says which does not, and why.

    `changes` hold the old texts: who could not read them before need not read the new ones.
    """
    broken = {change.path for change in changes if change.old is not None and not _botocore_reads(change.old)}
    for check in checks:
        if isinstance(check, ProfileCheck):
            _check_profile(check, fields, owner, broken)
        elif isinstance(check, SyntaxCheck):
            _check_syntax(check, owner)


def _check_profile(check: ProfileCheck, fields: Mapping[str, Secret], owner: int | None, broken: set[str]) -> None:
    words = None
    for path in (check.credentials, check.config):
        words = words or _process_of(path, check.profile, owner)
    if not words:
        raise MoveError(f"{check.credentials}: profile {check.profile} has no credential_process line after the move")
    if session_policy(own_homes().config, check.entry) is not None:
        return  # the consumer gets a temporary key (the plan says so), and AWS is not asked for one by a move
    answer = _run(words, _environment(), _HELPER_TIMEOUT, "the helper")
    _compare(answer, fields, f"profile {check.profile}: the helper")
    if importlib.util.find_spec("botocore") is None:
        return
    if broken & {os.path.realpath(path) for path in (check.credentials, check.config)}:
        return
    files = {"AWS_SHARED_CREDENTIALS_FILE": check.credentials, "AWS_CONFIG_FILE": check.config}
    command = [sys.executable, "-I", "-c", _RESOLVE, check.profile]
    answer = _run(command, {**_environment(), **files}, _CLIENT_TIMEOUT, "botocore")
    _compare(answer, fields, f"profile {check.profile}: botocore")


def _botocore_reads(content: bytes) -> bool:
    """Whether botocore can read an AWS file: it knows no byte order mark, and no section that stands there twice."""
    try:
        configparser.RawConfigParser(default_section="").read_string(content.decode())
    except (configparser.Error, UnicodeDecodeError):
        return False
    return True


def _process_of(path: str, profile: str, owner: int | None) -> list[str] | None:
    original = read_place(path, owner)
    if original is None:
        return None
    try:
        bindings = parse(original.content)
    except FormatError as error:
        raise MoveError(f"{path}: {error}") from None
    sections = {profile, f"profile {profile}"}
    for binding in bindings:
        if not binding.commented and binding.name.lower() == "credential_process" and binding.path[0] in sections:
            # minio-go splits on blanks and nothing else: so must this
            return binding.value.expose().decode("utf-8", "replace").split(" ")
    return None


def _check_syntax(check: SyntaxCheck, owner: int | None) -> None:
    original = read_place(check.path, owner)
    if original is None:
        raise MoveError(f"{check.path}: is gone after the move")
    try:
        done = subprocess.run(
            check.argv, input=original.content, capture_output=True, timeout=10, check=False, env=_environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return  # the shell is not there, or does not answer: nobody reads the file here
    if done.returncode != 0:
        raise MoveError(f"{check.path}: {os.path.basename(check.argv[0])} finds its syntax wrong after the move")


def _environment() -> dict[str, str]:
    """Ours without what points AWS clients elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def _run(command: Sequence[str], env: Mapping[str, str], timeout: float, who: str) -> dict[str, object]:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout, check=False, env=env, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise MoveError(f"{who} can't be run: {error.strerror}: {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise MoveError(f"{who} did not answer within {timeout:.0f} s") from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MoveError(f"{who} fails: {lines[-1] if lines else 'without a word'}")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise MoveError(f"{who} answers something that is no JSON") from None
    return answer if isinstance(answer, dict) else {}


def _compare(answer: Mapping[str, object], fields: Mapping[str, Secret], who: str) -> None:
    for key, field in _PARTS.items():
        given = answer.get(key)
        wanted = fields.get(field)
        if Secret(str(given).encode()) != wanted if given is not None else wanted is not None:
            raise MoveError(f"{who} gives another key than the one that was moved")
