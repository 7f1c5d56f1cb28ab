"""The access keys of one IAM user as IAM lists them, and when each was last used. Asks, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from keywatch.aws.client import Aws, time_of
from keywatch.model import mask_key_id
from keywatch.vault.base import timestamp


@dataclass(frozen=True, slots=True)
class Use:
    """The last use of a key; `used` is empty for never. IAM notes a use some minutes to hours later."""

    used: str = ""
    service: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class UserKey:
    """One key of a user. `created` as metadata holds times."""

    id: str
    active: bool
    created: str

    @property
    def masked(self) -> str:
        """The id as it is shown."""
        return mask_key_id(self.id.encode())


def list_keys(aws: Aws, user: str) -> tuple[list[UserKey], str]:
    """The keys of a user, and the time by AWS's own clock. `AwsError`."""
    answer = aws.call("iam", "list_access_keys", UserName=user)
    keys = [
        UserKey(str(each.get("AccessKeyId", "")), each.get("Status") == "Active", time_of(each.get("CreateDate")))
        for each in answer.get("AccessKeyMetadata", ())
    ]
    return keys, _time_told(answer)


def last_use(aws: Aws, key_id: str) -> Use:
    """When, where and for which service a key was last used. `AwsError`."""
    told = aws.call("iam", "get_access_key_last_used", AccessKeyId=key_id).get("AccessKeyLastUsed", {})
    service, region = (str(told.get(name, "")) for name in ("ServiceName", "Region"))
    return Use(time_of(told.get("LastUsedDate")), *("" if each == "N/A" else each for each in (service, region)))


def seconds_of(text: str) -> float:
    """A time of metadata in seconds of the Unix clock; 0 for none, or for one that is no time."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else 0.0
    except ValueError:
        return 0.0


def _time_told(answer: dict[str, Any]) -> str:
    """The `Date` of an answer: this machine's clock may be wrong, and IAM's dates are by AWS's."""
    try:
        date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        return timestamp(parsedate_to_datetime(date).astimezone(UTC))
    except (KeyError, TypeError, ValueError):
        return timestamp()
