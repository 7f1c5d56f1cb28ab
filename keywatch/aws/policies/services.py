"""Templates for services that a machine sends to: mail, queues, topics, functions, images, metrics, logs, DNS."""

from __future__ import annotations

from keywatch.aws.policies.base import Conditions, Scope, Statement, Template


def _sent(scope: Scope) -> tuple[Statement, ...]:
    names = (scope.one("identity"),) if scope.one("identity") else tuple(
        dict.fromkeys(each.rpartition("@")[2] for each in scope.many("from"))
    )  # fmt: skip
    for each in scope.many("from"):
        domain = each.rpartition("@")[2]
        if not any(name in (each, domain) or domain.endswith(f".{name}") for name in names):
            raise ValueError(f"{each} is no address of the identity {names[0]}")
    identities = tuple(scope.arn("ses", f"identity/{name}") for name in names)
    return (
        Statement(
            ("ses:SendEmail", "ses:SendRawEmail"), identities, {"StringEquals": {"ses:FromAddress": scope.many("from")}}
        ),
    )


def _queue(scope: Scope, *actions: str) -> tuple[Statement, ...]:
    return (Statement(actions, (scope.arn("sqs", scope.one("queue")),)),)


def _images(scope: Scope, *actions: str) -> tuple[Statement, ...]:
    repositories = tuple(scope.arn("ecr", f"repository/{each}") for each in scope.many("repository"))
    # the token of the registry knows no resource (Service Authorization Reference, Amazon ECR)
    return (Statement(("ecr:GetAuthorizationToken",), ("*",)), Statement(actions, repositories))


_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_PUSH = (
    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload",
    "ecr:PutImage", "ecr:UploadLayerPart",
)  # fmt: skip


def _metrics(scope: Scope) -> tuple[Statement, ...]:
    # PutMetricData knows no resource; the namespace is what narrows it
    return (
        Statement(
            ("cloudwatch:PutMetricData",), ("*",), {"StringEquals": {"cloudwatch:namespace": scope.one("namespace")}}
        ),
    )


def _logs(scope: Scope) -> tuple[Statement, ...]:
    group = scope.arn("logs", f"log-group:{scope.one('log-group')}:*")
    return (Statement(("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), (group,)),)


def _acme(scope: Scope) -> tuple[Statement, ...]:
    names = tuple(dict.fromkeys(f"_acme-challenge.{each}" for each in scope.many("domain")))
    changes: Conditions = {
        "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsActions": ("CREATE", "DELETE", "UPSERT"),
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
            "route53:ChangeResourceRecordSetsRecordTypes": "TXT",
        },
        # "for all values" holds where there is none
        "Null": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "false"},
    }
    zone = scope.global_arn("route53", f"hostedzone/{scope.one('zone')}")
    return (
        Statement(("route53:ChangeResourceRecordSets",), (zone,), changes),
        Statement(("route53:ListResourceRecordSets",), (zone,)),
        Statement(("route53:GetChange",), (scope.global_arn("route53", "change/*"),)),
        Statement(("route53:ListHostedZones", "route53:ListHostedZonesByName"), ("*",)),
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


TEMPLATES = (
    Template(
        "ses:send", "send mail from given addresses", ("from", "region"), _sent,
        lambda s: f"send mail from {_listed(s.many('from'))} through SES in {s.region}",
        {"from": "noreply@example.org", "region": "eu-west-1"},
        {"from": "noreply@example.org", "identity": "example.com", "region": "eu-west-1"}, ("identity",),
        "a configuration set needs a right of its own",
    ),
    Template(
        "sqs:send", "send to a queue", ("queue", "region"), lambda s: _queue(s, "sqs:GetQueueUrl", "sqs:SendMessage"),
        lambda s: f"send messages to queue {s.one('queue')} in {s.region}",
        {"queue": "jobs", "region": "eu-west-1"}, {"queue": "jobs*", "region": "eu-west-1"},
    ),
    Template(
        "sqs:receive", "take from a queue", ("queue", "region"),
        lambda s: _queue(s, "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
                         "sqs:GetQueueUrl", "sqs:ReceiveMessage"),
        lambda s: f"receive and delete messages of queue {s.one('queue')} in {s.region}",
        {"queue": "jobs.fifo", "region": "eu-west-1"}, {"queue": "jobs"},
    ),
    Template(
        "sns:publish", "publish to a topic", ("topic", "region"),
        lambda s: (Statement(("sns:Publish",), (s.arn("sns", s.one("topic")),)),),
        lambda s: f"publish to topic {s.one('topic')} in {s.region}",
        {"topic": "alerts", "region": "eu-west-1"}, {"topic": "*", "region": "eu-west-1"},
    ),
    Template(
        "lambda:invoke", "invoke a function", ("function", "region"),
        lambda s: (Statement(("lambda:InvokeFunction",), (s.arn("lambda", f"function:{s.one('function')}"),)),),
        lambda s: f"invoke function {s.one('function')} in {s.region}, its unqualified version",
        {"function": "resize", "region": "eu-west-1"}, {"function": "resize:*", "region": "eu-west-1"},
    ),
    Template(
        "ecr:pull", "pull images of repositories", ("repository", "region"), lambda s: _images(s, *_PULL),
        lambda s: f"log in to the registry in {s.region}, and pull images of {_listed(s.many('repository'))}",
        {"repository": "team/app", "region": "eu-west-1"}, {"repository": "team/*", "region": "eu-west-1"},
    ),
    Template(
        "ecr:push", "push images to repositories", ("repository", "region"), lambda s: _images(s, *_PUSH),
        lambda s: f"log in to the registry in {s.region}, and push images to {_listed(s.many('repository'))}",
        {"repository": "team/app", "region": "eu-west-1"}, {"repository": "", "region": "eu-west-1"},
    ),
    Template(
        "cloudwatch:put", "put metrics of a namespace", ("namespace",), _metrics,
        lambda s: f"put metrics of namespace {s.one('namespace')}, in any region",
        {"namespace": "Acme/Web"}, {"namespace": "AWS/EC2"},
    ),
    Template(
        "logs:put", "write to a log group", ("log-group", "region"), _logs,
        lambda s: f"make log streams in log group {s.one('log-group')} in {s.region}, and write to them",
        {"log-group": "/acme/web", "region": "eu-west-1"}, {"log-group": "/acme/*", "region": "eu-west-1"}, (),
        "the log group must be there",
    ),
    Template(
        "cloudfront:invalidate", "invalidate what a distribution holds", ("distribution",),
        lambda s: (Statement(
            ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"),
            (f"arn:{s.partition}:cloudfront::{s.account}:distribution/{s.one('distribution')}",),
        ),),
        lambda s: f"invalidate what distribution {s.one('distribution')} holds",
        {"distribution": "E1A2B3C4D5E6F7"}, {"distribution": "*"},
    ),
    Template(
        "route53:acme", "prove domains to a certificate authority (DNS-01)", ("zone", "domain"), _acme,
        lambda s: f"change the TXT records {_listed(tuple('_acme-challenge.' + d for d in s.many('domain')))} of zone"
        f" {s.one('zone')}, read that zone, and list the names of all zones",
        {"zone": "Z0123456789ABCDEFGHIJ", "domain": "www.example.org"},
        {"zone": "Z0123456789ABCDEFGHIJ", "domain": "*.example.org"}, (),
        "for *.example.org name example.org: both are proved by _acme-challenge.example.org",
    ),
)  # fmt: skip
