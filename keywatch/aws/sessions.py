"""Temporary keys of a long-lived one: STS GetSessionToken, or AssumeRole where the policy names a role.

A canary's key is never used. As a process of its own (`-m keywatch.aws.sessions`) it is told on standard input what it
needs, and answers on standard output: so the agent loads no boto3, and nothing secret is an argument or a variable.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from keywatch.aws.client import DEAD, DENIED, PASSING, api_name, of_key, payload_of, time_of
from keywatch.config import EntryPolicy
from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from keywatch.errors import AwsError, KeywatchError, UsageError
from keywatch.model import Secret
from keywatch.vault.base import Payload, timestamp
from keywatch.vault.session import Session, as_record, how_of, id_of

if TYPE_CHECKING:
    from keywatch.aws.client import Aws

_TOO_LONG = frozenset({"ValidationError", "ValidationException"})
#: what an answer can't be where AWS said something
_UNREACHED = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"})
#: variables that are another identity's, and not to count
_OTHERS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
#: bytes of what the process is told
_MOST = 1 << 20


class SessionRefusedError(AwsError):
    """AWS gives no session, and why. `again`: with another code of the MFA device it may."""

    def __init__(self, operation: str, code: str, advice: str, *, again: bool = False) -> None:
        super().__init__(operation, code, advice)
        self.again = again


def obtain(
    entry: str, payload: Payload, policy: EntryPolicy, code: Secret | None = None, *, once: bool = False
) -> Session:
    """A new session of an entry's key. `SessionRefusedError` says what AWS minds; `code` is the MFA device's.

    `once`: without a second try, for who has another session to use meanwhile.
    """
    of = id_of(payload)
    check_usable(payload)
    asked: dict[str, Any] = {"DurationSeconds": int(policy.duration)}
    if policy.mfa:
        if code is None:
            raise UsageError(f"entry '{entry}' needs a code of {policy.mfa}: keywatch key session {entry} --now")
        asked |= {"SerialNumber": policy.mfa, "TokenCode": code.expose().decode("ascii", "replace")}
    if policy.role:
        asked |= {"RoleArn": policy.role, "RoleSessionName": f"keywatch-{entry}"[:64]}
        asked |= {"ExternalId": policy.external_id} if policy.external_id else {}
    operation = "assume_role" if policy.role else "get_session_token"
    made = timestamp()
    try:
        aws = of_key(payload)
        answer = (aws.call_once if once else aws.call)("sts", operation, **asked)
        found = answer["Credentials"]
        expires = time_of(found["Expiration"])
        temporary = payload_of(found)
    except AwsError as error:
        raise _explain(error, policy) from None
    except (KeyError, TypeError):
        raise AwsError(api_name("sts", operation), "something that is no session") from None
    if not expires or "session_token" not in temporary.fields:
        raise AwsError(api_name("sts", operation), "something that is no session")
    who = str(answer.get("AssumedRoleUser", {}).get("Arn", ""))
    return Session(temporary, expires, made, of, how_of(policy), who)


def check_usable(payload: Payload) -> None:
    """`UsageError` where a key must not be used, or is none that has sessions."""
    account = account_of(id_of(payload).encode()) or ""
    if account in CANARY_ACCOUNTS:
        raise UsageError(f"a canary's key (account {account}): using it would raise its alarm, so it has no sessions")


def find_mfa(payload: Payload) -> str:
    """The MFA device of the key's user, by IAM ListMFADevices. `UsageError` where it is not just one."""
    check_usable(payload)
    aws: Aws = of_key(payload)
    try:
        user = aws.caller().user
        answer = aws.call("iam", "list_mfa_devices", **({"UserName": user} if user else {}))
        devices = [str(each["SerialNumber"]) for each in answer.get("MFADevices", ())]
    except AwsError as error:
        if error.code not in DENIED:
            raise
        raise UsageError("the key may not look up its MFA device (iam:ListMFADevices): name it: --mfa ARN") from None
    if len(devices) == 1:
        return devices[0]
    if not devices:
        raise UsageError("the key's user has no MFA device: aws iam enable-mfa-device, or leave --mfa out")
    raise UsageError(f"the key's user has several MFA devices: say which: --mfa {' or --mfa '.join(devices)}")


def _explain(error: AwsError, policy: EntryPolicy) -> AwsError:
    """The same error with a sentence that a person can act on."""
    code, operation = error.code, error.operation
    if code in DENIED and policy.mfa:
        advice = "the code was wrong or used before, or the key may not do this even with one: wait for the next code"
        return SessionRefusedError(operation, code, advice, again=True)
    if code in DENIED and policy.role:
        advice = (
            f"the key's user may not sts:AssumeRole {policy.role}, or the role's trust policy does not name it"
            + ("" if policy.external_id else " or wants an --external-id")
            + " or wants --mfa"
        )
        return SessionRefusedError(operation, code, advice)
    if code in DENIED:
        return SessionRefusedError(operation, code, "the key's user is denied it, or is to use --mfa or a --role")
    if code in _TOO_LONG:
        longest = "the role's MaxSessionDuration" if policy.role else "an hour for a root user's key"
        advice = f"a time of {policy.duration:g} s is perhaps more than {longest}: a shorter --duration may do"
        if policy.mfa:
            advice += "; or the MFA device or its code is not one that AWS knows"
        return SessionRefusedError(operation, code, advice, again=bool(policy.mfa))
    if code in DEAD:
        return SessionRefusedError(operation, code, "the long-lived key is deleted or inactive: put a new one in")
    if code == "RegionDisabledException":
        return SessionRefusedError(operation, code, "STS is switched off there: see AWS's account settings")
    if code in PASSING:
        return SessionRefusedError(operation, code, "try again in a moment")
    if code in _UNREACHED:
        return SessionRefusedError(operation, code, "AWS can't be reached from here")
    return error


def main() -> None:
    """Answer one question on standard input: the session, or what is wrong, as JSON on standard output."""
    from keywatch.hardening import harden

    harden()
    for name in _OTHERS:
        os.environ.pop(name, None)
    answer: dict[str, object]
    try:
        asked = json.loads(sys.stdin.buffer.read(_MOST))
        payload = Payload({name: Secret(value.encode()) for name, value in asked["fields"].items()})
        code = Secret(asked["code"].encode()) if asked["code"] else None
        answer = {"session": as_record(obtain(asked["entry"], payload, EntryPolicy(**asked["policy"]), code))}
    except KeywatchError as error:
        answer = {"error": str(error), "again": getattr(error, "again", False)}
    except Exception as error:  # noqa: BLE001 - its text could hold what was being read
        answer = {"error": f"internal error: {type(error).__name__}", "again": False}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
