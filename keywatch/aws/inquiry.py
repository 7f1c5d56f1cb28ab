"""Asks AWS whose a key is and whether it lives, with the key itself: STS GetCallerIdentity, IAM's own records.

Each call is logged by AWS (CloudTrail) as that key's. A canary's key is never used. The secret goes from memory to
boto3 and nowhere else; errors are told by their code, never by their text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keywatch.aws.client import DEAD, of_key, time_of
from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from keywatch.errors import AwsError

if TYPE_CHECKING:
    from keywatch.vault.base import Payload


@dataclass(frozen=True, slots=True)
class Answer:
    """What AWS told. `state`: `active`, `refused` (deleted, deactivated, or not this secret), `not asked`, `unknown`.

    Times are ISO 8601, empty where not told. `denied` are the calls that the key may not make, `others` how many more
    keys its user has.
    """

    state: str
    account: str = ""
    user: str = ""
    created: str = ""
    used: str = ""
    service: str = ""
    others: int = 0
    why: str = ""
    denied: tuple[str, ...] = field(default=())


def inquire(payload: Payload) -> Answer:
    """Ask AWS about the key of a vault's entry."""
    key_id, secret = payload.fields.get("access_key_id"), payload.fields.get("secret_access_key")
    if key_id is None or secret is None:
        return Answer("not asked", why="it is no AWS key pair")
    account = account_of(key_id.expose()) or ""
    if account in CANARY_ACCOUNTS:
        return Answer("not asked", account, why="a canary: using it would raise its alarm")
    aws = of_key(payload)
    try:
        caller = aws.caller()
    except AwsError as error:
        return Answer("refused" if error.code in DEAD else "unknown", account, why=error.code)
    found: dict[str, Any] = {"account": caller.account, "user": caller.arn.rpartition(":")[2]}
    denied = []
    try:
        listed = aws.call("iam", "list_access_keys").get("AccessKeyMetadata", ())
        mine = [each for each in listed if str(each.get("AccessKeyId", "")).encode() == key_id.expose()]
        found["others"] = len(listed) - len(mine)
        if mine:
            found["created"] = time_of(mine[0].get("CreateDate"))
    except AwsError as error:
        denied.append(f"{error.operation} ({error.code})")
    try:
        asked = aws.call("iam", "get_access_key_last_used", AccessKeyId=key_id.expose().decode())
        last = asked.get("AccessKeyLastUsed", {})
        found |= {"used": time_of(last.get("LastUsedDate")), "service": str(last.get("ServiceName", ""))}
    except AwsError as error:
        denied.append(f"{error.operation} ({error.code})")
    if found.get("service") == "N/A":
        found["service"] = ""
    return Answer("active", denied=tuple(denied), **found)
