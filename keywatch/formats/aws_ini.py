"""~/.aws/credentials and ~/.aws/config, as botocore reads them (configparser, then one level of indented settings).

Measured against botocore 1.44 (tests/formats/test_aws_ini.py). It keeps quotes, and what follows a ` #`, as part of a
value; other SDKs (JS v3, Go) cut such a comment. A key in quotes or with a comment behind it is a live key for those
alone, so the four names that hold keys are read their way, and every other setting as botocore does.
"""

from __future__ import annotations

from keywatch.formats.base import Format
from keywatch.formats.ini import before_comment, read
from keywatch.formats.lines import within_quotes
from keywatch.model import Binding

KEY_NAMES = frozenset({b"aws_access_key_id", b"aws_secret_access_key", b"aws_session_token", b"aws_security_token"})


def _narrow(content: bytes, start: int, end: int, key: bytes) -> tuple[int, int]:
    if key.lower() in KEY_NAMES:
        return within_quotes(content, *before_comment(content, start, end))
    return start, end


def parse(content: bytes) -> list[Binding]:
    """The bindings of an AWS file; paths are `("profile dev",)`, `("profile dev", "s3")` for indented settings."""
    return read(content, "AWS INI", _narrow)


FORMATS = {"aws-ini": Format("aws-ini", "AWS credentials or config file", parse)}
