"""Asks AWS whose a key is and whether it lives, with the key itself: STS GetCallerIdentity, IAM's own records.

Each call is logged by AWS (CloudTrail) as that key's. A canary's key is never used. The secret goes from memory to
boto3 and nowhere else; errors are told by their code, never by their text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keywatch.detect.account import CANARY_ACCOUNTS, account_of
from keywatch.errors import UsageError

if TYPE_CHECKING:
    from keywatch.vault.base import Payload

#: what STS and IAM say of a key that is deleted, deactivated or whose secret is another's
_DEAD = frozenset(
    {"InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidAccessKeyId", "UnrecognizedClientException"}
)
_PATIENCE = 10


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
    session, errors = _session(payload)
    try:
        told = session.client("sts", config=_config()).get_caller_identity()
    except errors as error:
        code = _code(error)
        return Answer("refused" if code in _DEAD else "unknown", account, why=code)
    found: dict[str, Any] = {
        "account": str(told.get("Account", "")),
        "user": str(told.get("Arn", "")).rpartition(":")[2],
    }
    denied = []
    iam = session.client("iam", config=_config())
    try:
        listed = iam.list_access_keys()["AccessKeyMetadata"]
        mine = [each for each in listed if each["AccessKeyId"].encode() == key_id.expose()]
        found["others"] = len(listed) - len(mine)
        if mine:
            found["created"] = _time(mine[0].get("CreateDate"))
    except errors as error:
        denied.append(f"iam:ListAccessKeys ({_code(error)})")
    try:
        last = iam.get_access_key_last_used(AccessKeyId=key_id.expose().decode())["AccessKeyLastUsed"]
        found |= {"used": _time(last.get("LastUsedDate")), "service": str(last.get("ServiceName", ""))}
    except errors as error:
        denied.append(f"iam:GetAccessKeyLastUsed ({_code(error)})")
    if found.get("service") == "N/A":
        found["service"] = ""
    return Answer("active", denied=tuple(denied), **found)


def _session(payload: Payload) -> tuple[Any, tuple[type[Exception], ...]]:
    """A session of this key alone: no profile and no variable of the environment counts."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise UsageError("asking AWS needs boto3: pip install 'keywatch[aws]'") from None
    fields = {name: secret.expose().decode("utf-8", "replace") for name, secret in payload.fields.items()}
    session = boto3.Session(
        aws_access_key_id=fields["access_key_id"], aws_secret_access_key=fields["secret_access_key"],
        aws_session_token=fields.get("session_token"), region_name="us-east-1",
    )  # fmt: skip
    return session, (BotoCoreError, ClientError, KeyError, ValueError, TypeError)  # botocore, of a garbled answer


def _config() -> Any:
    from botocore.config import Config

    return Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries={"mode": "standard", "max_attempts": 3})


def _code(error: Exception) -> str:
    """AWS's code for an error, or the kind of what went wrong before AWS answered."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code or type(error).__name__)[:100]


def _time(value: Any) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else ""
