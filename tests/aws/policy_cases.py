"""A table for test_policies.py: what the example of each template allows, and what it must not."""

from __future__ import annotations

from typing import Any

ACCOUNT = "123456789012"
B = "arn:aws:s3:::acme-backups"


def arn(service: str, resource: str, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


#: template → what its example allows: action, resource, condition keys; and what it must not
Asked = tuple[str, str, dict[str, Any]]
CASES: dict[str, tuple[list[Asked], list[Asked]]] = {
    "s3:read": (
        [("s3:GetObject", f"{B}/web1/a/b", {})],
        [("s3:GetObject", f"{B}/web10/a", {}), ("s3:GetObject", f"{B}/a", {}), ("s3:PutObject", f"{B}/web1/a", {}),
         ("s3:GetObject", "arn:aws:s3:::acme-backups-2/web1/a", {}), ("s3:ListBucket", B, {"s3__prefix": "web1/"}),
         ("s3:GetObject", f"{B}/web1/a", {"aws__ResourceAccount": "210987654321"}),
         ("s3:GetObjectVersion", f"{B}/web1/a", {}), ("s3:GetObjectAcl", f"{B}/web1/a", {})],
    ),
    "s3:list": (
        [("s3:ListBucket", B, {"s3__prefix": "web1/"}), ("s3:ListBucket", B, {"s3__prefix": "web1/x"}), ("s3:GetBucketLocation", B, {})],
        [("s3:ListBucket", B, {}), ("s3:ListBucket", B, {"s3__prefix": ""}), ("s3:ListBucket", B, {"s3__prefix": "web1"}),
         ("s3:ListBucketVersions", B, {"s3__prefix": "web1/"}), ("s3:GetObject", f"{B}/web1/a", {}),
         ("s3:GetBucketPolicy", B, {})],
    ),
    "s3:write": (
        [("s3:PutObject", f"{B}/web1/a", {}), ("s3:AbortMultipartUpload", f"{B}/web1/a", {})],
        [("s3:PutObject", f"{B}/a", {}), ("s3:DeleteObject", f"{B}/web1/a", {}), ("s3:GetObject", f"{B}/web1/a", {}),
         ("s3:PutObjectAcl", f"{B}/web1/a", {}), ("s3:PutBucketPolicy", B, {})],
    ),
    "s3:delete": (
        [("s3:DeleteObject", f"{B}/web1/a", {})],
        [("s3:DeleteObjectVersion", f"{B}/web1/a", {}), ("s3:DeleteBucket", B, {}), ("s3:DeleteObject", f"{B}/a", {})],
    ),
    "backup:upload": (
        [("s3:PutObject", f"{B}/web1/2026.tgz", {}), ("s3:ListMultipartUploadParts", f"{B}/web1/2026.tgz", {})],
        [("s3:GetObject", f"{B}/web1/2026.tgz", {}), ("s3:DeleteObject", f"{B}/web1/2026.tgz", {}),
         ("s3:ListBucket", B, {"s3__prefix": "web1/"}), ("s3:PutObject", f"{B}/web2/2026.tgz", {})],
    ),
    "cloudtrail:read": (
        [("s3:GetObject", f"arn:aws:s3:::acme-trail/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/x.gz", {}),
         ("s3:ListBucket", "arn:aws:s3:::acme-trail", {"s3__prefix": f"AWSLogs/{ACCOUNT}/CloudTrail/"})],
        [("s3:GetObject", "arn:aws:s3:::acme-trail/AWSLogs/210987654321/CloudTrail/x.gz", {}),
         ("s3:GetObject", f"arn:aws:s3:::acme-trail/AWSLogs/{ACCOUNT}/Config/x.gz", {}),
         ("s3:ListBucket", "arn:aws:s3:::acme-trail", {"s3__prefix": "AWSLogs/"}),
         ("s3:PutObject", f"arn:aws:s3:::acme-trail/AWSLogs/{ACCOUNT}/CloudTrail/x", {})],
    ),
    "dynamodb:read": (
        [("dynamodb:GetItem", arn("dynamodb", "table/orders"), {}),
         ("dynamodb:Query", arn("dynamodb", "table/orders/index/by-day"), {})],
        [("dynamodb:PutItem", arn("dynamodb", "table/orders"), {}), ("dynamodb:GetItem", arn("dynamodb", "table/orders2"), {}),
         ("dynamodb:Query", arn("dynamodb", "table/orders/stream/x"), {}),
         ("dynamodb:GetItem", arn("dynamodb", "table/orders", "eu-west-2"), {})],
    ),
    "dynamodb:write": (
        [("dynamodb:PutItem", arn("dynamodb", "table/orders"), {})],
        [("dynamodb:DeleteTable", arn("dynamodb", "table/orders"), {}), ("dynamodb:Scan", arn("dynamodb", "table/orders"), {})],
    ),
    "secrets:read": (
        [("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:app/db-AbCdEf"), {})],
        [("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:app/db-other-AbCdEf"), {}),
         ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:app/db2-AbCdEf"), {}),
         ("secretsmanager:PutSecretValue", arn("secretsmanager", "secret:app/db-AbCdEf"), {})],
    ),
    "ssm:read": (
        [("ssm:GetParameter", arn("ssm", "parameter/app/db-url"), {})],
        [("ssm:GetParameter", arn("ssm", "parameter/app/db-url/x"), {}), ("ssm:PutParameter", arn("ssm", "parameter/app/db-url"), {}),
         ("ssm:GetParametersByPath", arn("ssm", "parameter/app"), {})],
    ),
    "kms:decrypt": (
        [("kms:Decrypt", arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab"), {})],
        [("kms:Encrypt", arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab"), {}),
         ("kms:Decrypt", arn("kms", "key/9999abcd-12ab-34cd-56ef-1234567890ab"), {})],
    ),
    "ses:send": (
        [("ses:SendEmail", arn("ses", "identity/example.org"), {"ses__FromAddress": "noreply@example.org"})],
        [("ses:SendEmail", arn("ses", "identity/example.org"), {"ses__FromAddress": "boss@example.org"}),
         ("ses:SendEmail", arn("ses", "identity/example.org"), {}),
         ("ses:SendEmail", arn("ses", "identity/example.com"), {"ses__FromAddress": "noreply@example.org"}),
         ("ses:DeleteIdentity", arn("ses", "identity/example.org"), {"ses__FromAddress": "noreply@example.org"})],
    ),
    "sqs:send": (
        [("sqs:SendMessage", arn("sqs", "jobs"), {})],
        [("sqs:ReceiveMessage", arn("sqs", "jobs"), {}), ("sqs:SendMessage", arn("sqs", "jobs.fifo"), {}),
         ("sqs:PurgeQueue", arn("sqs", "jobs"), {})],
    ),
    "sqs:receive": (
        [("sqs:ReceiveMessage", arn("sqs", "jobs.fifo"), {}), ("sqs:DeleteMessage", arn("sqs", "jobs.fifo"), {})],
        [("sqs:SendMessage", arn("sqs", "jobs.fifo"), {}), ("sqs:DeleteQueue", arn("sqs", "jobs.fifo"), {})],
    ),
    "sns:publish": (
        [("sns:Publish", arn("sns", "alerts"), {})],
        [("sns:Publish", arn("sns", "alerts2"), {}), ("sns:Subscribe", arn("sns", "alerts"), {}),
         ("sns:Publish", arn("sns", "alerts", account="210987654321"), {})],
    ),
    "lambda:invoke": (
        [("lambda:InvokeFunction", arn("lambda", "function:resize"), {})],
        [("lambda:InvokeFunction", arn("lambda", "function:resize:live"), {}),
         ("lambda:UpdateFunctionCode", arn("lambda", "function:resize"), {})],
    ),
    "ecr:pull": (
        [("ecr:GetAuthorizationToken", "*", {}), ("ecr:BatchGetImage", arn("ecr", "repository/team/app"), {})],
        [("ecr:PutImage", arn("ecr", "repository/team/app"), {}), ("ecr:BatchGetImage", arn("ecr", "repository/team/app2"), {})],
    ),
    "ecr:push": (
        [("ecr:PutImage", arn("ecr", "repository/team/app"), {})],
        [("ecr:BatchDeleteImage", arn("ecr", "repository/team/app"), {}), ("ecr:PutImage", arn("ecr", "repository/team"), {}),
         ("ecr:CreateRepository", arn("ecr", "repository/team/app"), {})],
    ),
    "cloudwatch:put": (
        [("cloudwatch:PutMetricData", "*", {"cloudwatch__namespace": "Acme/Web"})],
        [("cloudwatch:PutMetricData", "*", {"cloudwatch__namespace": "Acme/Web2"}), ("cloudwatch:PutMetricData", "*", {}),
         ("cloudwatch:DeleteAlarms", "*", {"cloudwatch__namespace": "Acme/Web"})],
    ),
    "logs:put": (
        [("logs:PutLogEvents", arn("logs", "log-group:/acme/web:log-stream:a"), {}),
         ("logs:CreateLogStream", arn("logs", "log-group:/acme/web:log-stream:"), {})],
        [("logs:PutLogEvents", arn("logs", "log-group:/acme/web2:log-stream:a"), {}),
         ("logs:GetLogEvents", arn("logs", "log-group:/acme/web:log-stream:a"), {}),
         ("logs:DeleteLogGroup", arn("logs", "log-group:/acme/web:*"), {})],
    ),
    "cloudfront:invalidate": (
        [("cloudfront:CreateInvalidation", arn("cloudfront", "distribution/E1A2B3C4D5E6F7", ""), {})],
        [("cloudfront:CreateInvalidation", arn("cloudfront", "distribution/E1A2B3C4D5E6F8", ""), {}),
         ("cloudfront:UpdateDistribution", arn("cloudfront", "distribution/E1A2B3C4D5E6F7", ""), {})],
    ),
    "route53:acme": (
        [("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", {
            "route53__ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.www.example.org"],
            "route53__ChangeResourceRecordSetsRecordTypes": ["TXT"],
            "route53__ChangeResourceRecordSetsActions": ["UPSERT"]}),
         ("route53:GetChange", "arn:aws:route53:::change/C1", {}), ("route53:ListHostedZones", "*", {})],
        [("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", {
            "route53__ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.www.example.org", "www.example.org"],
            "route53__ChangeResourceRecordSetsRecordTypes": ["TXT"],
            "route53__ChangeResourceRecordSetsActions": ["UPSERT"]}),
         ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", {
            "route53__ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.www.example.org"],
            "route53__ChangeResourceRecordSetsRecordTypes": ["CNAME"],
            "route53__ChangeResourceRecordSetsActions": ["UPSERT"]}),
         ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", {}),
         ("route53:DeleteHostedZone", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", {})],
    ),
}  # fmt: skip
