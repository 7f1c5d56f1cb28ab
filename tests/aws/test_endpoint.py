"""The endpoint of these tests itself: it refuses what AWS would refuse; and how refusals are told by the client."""

from __future__ import annotations

import pytest

from keywatch.aws.client import of_key, payload_of
from keywatch.errors import AwsError
from tests.aws.endpoint import ACCOUNT, Endpoint


def test_a_key_lives_until_it_is_inactive(endpoint: Endpoint) -> None:
    key = endpoint.make_user("backup")
    aws = of_key(payload_of(key))
    caller = aws.caller()
    assert (caller.account, caller.user) == (ACCOUNT, "backup")
    endpoint.admin().update_access_key(UserName="backup", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(AwsError) as told:
        aws.caller()
    assert told.value.code == "InvalidClientTokenId" and told.value.operation == "sts:GetCallerIdentity"
    assert "secret thing" not in str(told.value)


def test_a_new_key_is_not_known_at_once_and_a_third_never(endpoint: Endpoint) -> None:
    key = endpoint.make_user("backup")
    endpoint.news_travels = 2
    second = of_key(payload_of(key)).call("iam", "create_access_key")["AccessKey"]
    aws = of_key(payload_of(second))
    for _ in range(2):
        with pytest.raises(AwsError):
            aws.caller()
    assert aws.caller().user == "backup"
    with pytest.raises(AwsError) as told:
        of_key(payload_of(key)).call("iam", "create_access_key")
    assert told.value.code == "LimitExceeded"


def test_throttled_denied_and_lost(endpoint: Endpoint) -> None:
    key = endpoint.make_user("backup")
    aws = of_key(payload_of(key))
    endpoint.throttled["sts:GetCallerIdentity"] = 1
    assert aws.caller().user == "backup"  # boto3 asked again
    endpoint.denied.add("iam:CreateAccessKey")
    with pytest.raises(AwsError) as told:
        aws.call("iam", "create_access_key")
    assert told.value.code == "AccessDenied"
    endpoint.denied.clear()
    endpoint.lost["iam:DeleteAccessKey"] = 1
    other = endpoint.admin().create_access_key(UserName="backup")["AccessKey"]["AccessKeyId"]
    with pytest.raises(AwsError):  # the second try finds no key any more
        aws.call("iam", "delete_access_key", AccessKeyId=other)
    assert list(endpoint.keys("backup")) == [key["AccessKeyId"]]


def test_what_must_not_be_done_twice_is_not(endpoint: Endpoint) -> None:
    endpoint.denied.clear()
    key = endpoint.make_user("backup")
    aws = of_key(payload_of(key))
    endpoint.lost["iam:CreateAccessKey"] = 1
    with pytest.raises(AwsError):
        aws.call_once("iam", "create_access_key")
    assert endpoint.used_by(key["AccessKeyId"]).count("iam:CreateAccessKey") == 1
    assert len(endpoint.keys("backup")) == 2
