"""Templates for S3: objects below prefixes of one bucket, backups that only ever come, and the logs of a trail.

Every statement names the account of the bucket: one that is deleted and made again by a stranger gets nothing.
"""

from __future__ import annotations

from keywatch.aws.policies.base import Conditions, Scope, Statement, Template

_WHERE = ("bucket", "prefix|whole-bucket")
_MAY = ("bucket-account",)


def _owned(scope: Scope) -> Conditions:
    return {"StringEquals": {"aws:ResourceAccount": scope.one("bucket-account") or scope.account}}


def _bucket(scope: Scope) -> str:
    return scope.global_arn("s3", scope.one("bucket"))


def _prefixes(scope: Scope) -> tuple[str, ...]:
    """The prefixes, the empty one only where the whole bucket was asked for."""
    return ("",) if scope.one("whole-bucket") else scope.many("prefix")


def _objects(scope: Scope, *actions: str) -> tuple[Statement, ...]:
    return (Statement(actions, tuple(f"{_bucket(scope)}/{each}*" for each in _prefixes(scope)), _owned(scope)),)


def _listing(scope: Scope, prefixes: tuple[str, ...]) -> Statement:
    below: Conditions = {} if prefixes == ("",) else {"StringLike": {"s3:prefix": tuple(f"{p}*" for p in prefixes)}}
    return Statement(("s3:ListBucket",), (_bucket(scope),), {**_owned(scope), **below})


def _where(scope: Scope) -> str:
    bucket = scope.one("bucket")
    if scope.one("whole-bucket"):
        return f"anywhere in bucket {bucket}"
    return f"below {' and '.join(scope.many('prefix'))} of bucket {bucket}"


def _trail(scope: Scope) -> tuple[str, ...]:
    step = f"{scope.one('organization')}/" if scope.one("organization") else ""
    stem = f"{scope.one('prefix')}AWSLogs/{step}{scope.one('logs-of') or scope.account}"
    return (f"{stem}/CloudTrail/", f"{stem}/CloudTrail-Digest/")


def _whose(scope: Scope) -> str:
    return f"account {scope.one('logs-of')}" if scope.one("logs-of") else "this account"


def _read_trail(scope: Scope) -> tuple[Statement, ...]:
    objects = tuple(f"{_bucket(scope)}/{each}*" for each in _trail(scope))
    return (Statement(("s3:GetObject",), objects, _owned(scope)), _listing(scope, _trail(scope)))


_EXAMPLE = {"bucket": "acme-backups", "prefix": "web1/"}
TEMPLATES = (
    Template(
        "s3:read", "read objects", _WHERE, lambda s: _objects(s, "s3:GetObject"),
        lambda s: f"read objects {_where(s)}", _EXAMPLE, {"bucket": "acme-backups", "prefix": ""}, _MAY,
        "with s3:list a missing object is told as missing, without it as denied",
    ),
    Template(
        "s3:list", "list objects", _WHERE,
        lambda s: (_listing(s, _prefixes(s)), Statement(("s3:GetBucketLocation",), (_bucket(s),), _owned(s))),
        lambda s: f"list the names of objects {_where(s)}, and ask for its region",
        _EXAMPLE, {"bucket": "acme-*", "prefix": "web1/"}, _MAY,
        "clients that first ask whether there is a bucket (restic, s3fs) need --whole-bucket",
    ),
    Template(
        "s3:write", "write objects, over others too", _WHERE,
        lambda s: _objects(s, "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        lambda s: f"write objects {_where(s)}, over those that are there",
        _EXAMPLE, {"bucket": "acme-backups", "prefix": "web1/../"}, _MAY,
    ),
    Template(
        "s3:delete", "delete objects", _WHERE, lambda s: _objects(s, "s3:DeleteObject"),
        lambda s: f"delete objects {_where(s)}", _EXAMPLE, {"bucket": "acme-backups"}, _MAY,
    ),
    Template(
        "backup:upload", "upload backups, and neither read nor delete any", _WHERE,
        lambda s: _objects(s, "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        lambda s: f"upload objects {_where(s)}; not read, list or delete any",
        _EXAMPLE, {"bucket": "acme-backups", "prefix": "*"}, _MAY,
        "an upload can go over an older one: have the bucket keep versions, or lock objects",
    ),
    Template(
        "cloudtrail:read", "read the logs of a trail in its bucket", ("bucket",), _read_trail,
        lambda s: f"list and read CloudTrail's logs of {_whose(s)} in bucket {s.one('bucket')}",
        {"bucket": "acme-trail"}, {"bucket": "acme-trail", "logs-of": "*"},
        ("prefix", "logs-of", "organization", "bucket-account"),
        "logs that are encrypted with a KMS key need kms:decrypt besides",
    ),
)  # fmt: skip
