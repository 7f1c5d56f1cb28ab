"""The user and policy as a CloudFormation template in YAML. Pure; without a key, by design."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from keywatch.aws.code.base import CodedUser, heading
from keywatch.aws.policies.base import UNKNOWN_ACCOUNT


def cloudformation(user: CodedUser) -> str:
    """A template of one resource; the account's number is the stack's where nobody told it."""
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"IAM user {user.name} for one service, by keywatch",
        "Resources": {
            user.symbol: {
                "Type": "AWS::IAM::User",
                "Properties": {
                    "UserName": user.name,
                    "Path": user.path,
                    **({"PermissionsBoundary": user.boundary} if user.boundary else {}),
                    "Tags": [{"Key": key, "Value": value} for key, value in sorted(user.tags.items())],
                    "Policies": [{"PolicyName": user.policy_name, "PolicyDocument": _value(user.document)}],
                },
            },
        },
    }
    words = heading(user, "a stack's outputs")
    words += ["", f"aws cloudformation deploy --stack-name {user.symbol} --capabilities CAPABILITY_NAMED_IAM \\"]
    words += ["  --template-file THIS-FILE"]
    comment = "".join(f"# {line}".rstrip() + "\n" for line in words)
    return comment + yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=1000)


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _value(each) for key, each in value.items()}
    if isinstance(value, str):
        if UNKNOWN_ACCOUNT not in value:
            return value
        escaped = value.replace("${", "${!").replace(UNKNOWN_ACCOUNT, "${AWS::AccountId}")
        return {"Fn::Sub": re.sub(r"\Aarn:[a-z-]+:", "arn:${AWS::Partition}:", escaped)}
    return [_value(each) for each in value]
