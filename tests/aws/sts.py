"""The part of STS that moto only pretends: sessions that end, roles that trust somebody, MFA codes that count once."""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

ACCOUNT = "123456789012"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass
class Role:
    """A role that the account's users may assume."""

    longest: int = 3600
    external_id: str = ""
    mfa: bool = False


@dataclass
class Issued:
    """A session that was given: until when, whose."""

    until: float
    arn: str


@dataclass
class Sts:
    """What is known. `life`: seconds of every session, whatever was asked for; `slow`: seconds before each answer."""

    roles: dict[str, Role] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    issued: dict[str, Issued] = field(default_factory=dict)
    life: float = 0.0
    slow: float = 0.0
    #: the parameters of each session that was asked for
    asked: list[dict[str, str]] = field(default_factory=list)

    def refusal(self, key_id: str, token: bool) -> tuple[int, str] | None:
        """What is wrong with a temporary key that signs."""
        known = self.issued.get(key_id)
        if known is None:
            return None
        if not token:
            return 403, "InvalidClientTokenId"
        return (403, "ExpiredToken") if known.until < time.time() else None

    def answer(self, key_id: str, user: str, asked: dict[str, str]) -> tuple[int, str] | None:
        """Status and XML for what moto does not do; None for what it does."""
        action = asked.get("Action", "")
        if action == "GetCallerIdentity" and key_id in self.issued:
            return 200, _xml(action, f"<Arn>{self.issued[key_id].arn}</Arn><Account>{ACCOUNT}</Account>")
        if action not in ("GetSessionToken", "AssumeRole"):
            return None
        time.sleep(self.slow)
        self.asked.append(asked)
        seconds = int(asked.get("DurationSeconds", "3600"))
        arn, more = f"arn:aws:iam::{ACCOUNT}:user/{user}", ""
        if key_id in self.issued and action == "GetSessionToken":
            return _error("AccessDenied")
        if "TokenCode" in asked:
            if asked["TokenCode"] not in self.codes:
                return _error("AccessDenied")
            self.codes.discard(asked["TokenCode"])
        if action == "AssumeRole":
            role = self.roles.get(asked["RoleArn"])
            wrong = role is None or role.external_id != asked.get("ExternalId", "")
            if role is None or wrong or (role.mfa and "TokenCode" not in asked):
                return _error("AccessDenied")
            if seconds > role.longest:
                return _error("ValidationError", 400)
            name = asked["RoleArn"].rpartition("/")[2]
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{asked['RoleSessionName']}"
            more = f"<AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>AROAX:x</AssumedRoleId></AssumedRoleUser>"
        until = time.time() + (self.life or seconds)
        made = "ASIA" + "".join(_LETTERS[byte % 32] for byte in os.urandom(16))
        self.issued[made] = Issued(until, arn)
        ends = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        secret = base64.b64encode(os.urandom(30)).decode()
        token = base64.b64encode(os.urandom(500)).decode()
        key = f"<AccessKeyId>{made}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
        key += f"<SessionToken>{token}</SessionToken><Expiration>{ends}</Expiration>"
        return 200, _xml(action, f"<Credentials>{key}</Credentials>{more}")


def _xml(action: str, inner: str) -> str:
    space = "https://sts.amazonaws.com/doc/2011-06-15/"
    return f'<{action}Response xmlns="{space}"><{action}Result>{inner}</{action}Result></{action}Response>'


def _error(code: str, status: int = 403) -> tuple[int, str]:
    text = f"<Code>{code}</Code><Message>of a secret thing</Message>"
    return status, f"<ErrorResponse><Error>{text}</Error></ErrorResponse>"
