"""Templates for what holds data: tables, secrets, parameters, and the keys that decrypt them."""

from __future__ import annotations

from keywatch.aws.policies.base import Conditions, Scope, Statement, Template


def _table(scope: Scope, *actions: str) -> Statement:
    return Statement(actions, (scope.arn("dynamodb", f"table/{scope.one('table')}"),))


def _read_table(scope: Scope) -> tuple[Statement, ...]:
    table = scope.arn("dynamodb", f"table/{scope.one('table')}")
    return (
        _table(scope, "dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem"),
        Statement(("dynamodb:Query", "dynamodb:Scan"), (table, f"{table}/index/*")),
    )


def _secrets(scope: Scope) -> tuple[Statement, ...]:
    # an ARN ends in six characters that AWS adds; six ? and no * : a * were app-of-others too
    found = tuple(scope.arn("secretsmanager", f"secret:{each}-??????") for each in scope.many("secret"))
    return (Statement(("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"), found),)


def _parameters(scope: Scope) -> tuple[Statement, ...]:
    names = [each for each in scope.many("parameter") if not each.endswith("/")]
    paths = [each.removesuffix("/") for each in scope.many("parameter") if each.endswith("/")]
    found = (*names, *(f"{each}/*" for each in paths))
    read = Statement(
        ("ssm:GetParameter", "ssm:GetParameters"), tuple(scope.arn("ssm", f"parameter/{n}") for n in found)
    )
    if not paths:
        return (read,)
    below = tuple(scope.arn("ssm", f"parameter/{each}{end}") for each in paths for end in ("", "/*"))
    return (read, Statement(("ssm:GetParametersByPath",), below))


def _decrypt(scope: Scope) -> tuple[Statement, ...]:
    domain = "amazonaws.com.cn" if scope.partition == "aws-cn" else "amazonaws.com"
    via = f"{scope.one('via')}.{scope.region}.{domain}" if scope.one("via") else ""
    conditions: Conditions = {"StringEquals": {"kms:ViaService": via}} if via else {}
    return (Statement(("kms:Decrypt",), (scope.arn("kms", f"key/{scope.one('key-id')}"),), conditions),)


TEMPLATES = (
    Template(
        "dynamodb:read", "read a table", ("table", "region"), _read_table,
        lambda s: f"read table {s.one('table')} in {s.region}, and through its indexes",
        {"table": "orders", "region": "eu-west-1"}, {"table": "or*", "region": "eu-west-1"},
    ),
    Template(
        "dynamodb:write", "write to a table", ("table", "region"),
        lambda s: (_table(s, "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem",
                          "dynamodb:UpdateItem"),),
        lambda s: f"put, update and delete items of table {s.one('table')} in {s.region}",
        {"table": "orders", "region": "eu-west-1"}, {"table": "ab", "region": "eu-west-1"},
    ),
    Template(
        "secrets:read", "read secrets of Secrets Manager", ("secret", "region"), _secrets,
        lambda s: f"read the secrets {', '.join(s.many('secret'))} in {s.region}",
        {"secret": "app/db", "region": "eu-west-1"}, {"secret": "app/*", "region": "eu-west-1"}, (),
        "a secret that is encrypted with a key of your own needs kms:decrypt besides",
    ),
    Template(
        "ssm:read", "read parameters of SSM", ("parameter", "region"), _parameters,
        lambda s: "read the parameters " + ", ".join(
            f"/{each} and all below" if each.endswith("/") else f"/{each}" for each in s.many("parameter")
        ) + f" in {s.region}",
        {"parameter": "/app/db-url", "region": "eu-west-1"}, {"parameter": "/", "region": "eu-west-1"}, (),
        "a SecureString that is encrypted with a key of your own needs kms:decrypt besides",
    ),
    Template(
        "kms:decrypt", "decrypt with a KMS key", ("key-id", "region"), _decrypt,
        lambda s: f"decrypt with KMS key {s.one('key-id')} in {s.region}"
        + (f", only through {s.one('via')}" if s.one("via") else ""),
        {"key-id": "1234abcd-12ab-34cd-56ef-1234567890ab", "region": "eu-west-1"},
        {"key-id": "alias/app", "region": "eu-west-1"}, ("via",),
    ),
)  # fmt: skip
