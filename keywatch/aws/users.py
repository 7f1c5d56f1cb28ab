"""IAM users and their keys: one call each, patient with what AWS does not know everywhere yet, plain about a denial.

Decides nothing, and makes nothing of its own accord.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from keywatch.aws.client import DEAD, DENIED, PASSING, Aws
from keywatch.errors import AwsError

#: seconds between tries with a user that was just made, and between looks at what a call may have made whose answer
#: was lost
_SETTLING = (0.5, 1, 2, 4, 8)
_LOOKS = (0, 0.5, 1.5)
#: AWS's word that nothing was done; all else may be a lost answer
REFUSALS = DENIED | DEAD | (PASSING - {"ServiceUnavailable"}) | {"LimitExceeded", "NoSuchEntity"}


def find_user(aws: Aws, user: str) -> dict[str, str] | None:
    """The tags of an IAM user, None where there is none of that name."""
    try:
        told = call(aws, "list_user_tags", UserName=user).get("Tags", ())
    except AwsError as error:
        if error.code == "NoSuchEntity":
            return None
        raise
    return {str(each.get("Key")): str(each.get("Value")) for each in told}


def keys_of(aws: Aws, user: str) -> list[str]:
    """The ids of a user's access keys."""
    listed = call(aws, "list_access_keys", UserName=user).get("AccessKeyMetadata", ())
    return [str(each["AccessKeyId"]) for each in listed]


def keys_if_any(aws: Aws, user: str) -> list[str]:
    """The same; none where there is no such user."""
    try:
        return keys_of(aws, user)
    except AwsError as error:
        if error.code == "NoSuchEntity":
            return []
        raise


def call(aws: Aws, operation: str, *, once: bool = False, **parameters: Any) -> dict[str, Any]:
    """One call of IAM; where it is denied the error says who lacks what."""
    try:
        return (aws.call_once if once else aws.call)("iam", operation, **parameters)
    except AwsError as error:
        if error.code not in DENIED:
            raise
        lacks = "iam:CreateUser or iam:TagUser" if operation == "create_user" else error.operation
        raise AwsError(
            error.operation, error.code, f"who signs lacks {lacks} for {parameters.get('UserName', 'it')}: see "
            "docs/service-keys.md for the rights that this needs, or sign otherwise: --profile NAME, --as ENTRY",
        ) from None  # fmt: skip


def settled(aws: Aws, operation: str, *, once: bool = False, **parameters: Any) -> dict[str, Any]:
    """Ask for something of a user that was just made. A refusal is no lost answer: that may be asked again."""
    for pause in _SETTLING:
        try:
            return call(aws, operation, once=once, **parameters)
        except AwsError as error:
            if error.code != "NoSuchEntity" and not (once and error.code in REFUSALS & PASSING):
                raise
        time.sleep(pause)
    return call(aws, operation, once=once, **parameters)


def gone(aws: Aws, operation: str, **parameters: Any) -> None:
    """Delete what may be gone already."""
    try:
        call(aws, operation, **parameters)
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise


def look(found: Callable[[], bool]) -> bool:
    """Whether something shows that was perhaps just made: AWS may not tell of it at once."""
    for pause in _LOOKS:
        time.sleep(pause)
        if found():
            return True
    return False
