"""Real AWS clients, each as a command that asks who it is or lists buckets; `URL` stands for the endpoint's."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
BOTO3 = """
import boto3, os
print(boto3.client("sts", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1").get_caller_identity()["Arn"])
"""
#: where `npm install @aws-sdk/client-sts` was done; CI sets it
NODE_MODULES = os.environ.get("KEYWATCH_NODE_MODULES", "")
JS = f"""
const {{ STSClient, GetCallerIdentityCommand }} = require({NODE_MODULES + "/@aws-sdk/client-sts"!r});
const client = new STSClient({{ endpoint: process.env.ENDPOINT, region: "us-east-1" }});
client.send(new GetCallerIdentityCommand({{}})).then((who) => console.log(who.Arn));
"""
CLIENTS = {
    "js": ["node", "-e", JS],
    "boto3": [sys.executable, "-c", BOTO3],
    "aws": [str(BIN / "aws"), "--endpoint-url", "URL", "--region", "us-east-1", "sts", "get-caller-identity"],
    "aws2": ["/usr/bin/aws", "--endpoint-url", "URL", "--region", "us-east-1", "sts", "get-caller-identity"],
    "rclone": ["rclone", "lsd", ":s3,provider=AWS,env_auth=true,region=us-east-1,endpoint='URL':"],
}
EXPECTED = {"js": "user/work", "boto3": "user/work", "aws": "user/work", "aws2": "user/work", "rclone": "photos"}


def client(name: str) -> object:
    program = CLIENTS[name][0]
    missing = not shutil.which(program) or (name == "boto3" and not find_spec("boto3"))
    missing = missing or (name == "js" and not NODE_MODULES)
    if missing and os.environ.get("KEYWATCH_E2E") != "required":
        return pytest.param(name, marks=pytest.mark.skip(reason=f"no {name}"))
    return pytest.param(name)
