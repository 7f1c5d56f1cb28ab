"""The parameters of templates, each with AWS's own grammar for it. What does not fit is refused, never mended.

Whatever IAM gives a meaning inside of a policy (`*`, `?`, `$`) is in no grammar here: so no text can widen one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: `check` gives its form for the policy, `ValueError` says what was expected. `many`: may be repeated.

    A `flag` takes no value. `example` is one that fits, each of `near_misses` must be refused.
    """

    name: str
    metavar: str
    text: str
    check: Check
    example: str
    near_misses: tuple[str, ...]
    many: bool = False
    flag: bool = False


def _matching(pattern: str, expected: str, most: int = 256) -> Check:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if len(text) > most or not compiled.fullmatch(text):
            raise ValueError(f"expected {expected}")
        return text

    return check


#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_BUCKET_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html: "safe" ones and those that need no care here
_KEY = re.compile(r"[A-Za-z0-9!_.'()/=+@:,&; -]{1,1000}", re.ASCII)
_PARAMETER = re.compile(r"(?:/?[A-Za-z0-9_.-]+)(?:/[A-Za-z0-9_.-]+){0,14}/?", re.ASCII)
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"


def _bucket(text: str) -> str:
    if not _BUCKET.fullmatch(text) or ".." in text:
        raise ValueError("expected a bucket's name: 3 to 63 of a-z 0-9 . - without wildcards")
    if re.fullmatch(r"[0-9.]+", text) and text.count(".") == 3:
        raise ValueError("expected a bucket's name, not an IP address")
    if text.startswith(_BUCKET_STARTS) or text.endswith(_BUCKET_ENDS):
        raise ValueError("expected a general purpose bucket: that name is reserved for something else by AWS")
    return text


def _prefix(text: str) -> str:
    if text.strip("/ ") == "":
        raise ValueError("an empty prefix is the whole bucket: if that is meant, say --whole-bucket")
    if not _KEY.fullmatch(text):
        raise ValueError("expected a folder of the bucket, such as backups/web1/, without wildcards or quotes")
    if any(part in ("", ".", "..") for part in text.removesuffix("/").split("/")):
        raise ValueError("expected a folder of the bucket without a leading /, empty steps, '.' or '..'")
    return text.removesuffix("/") + "/"  # logs/ and not logs, for logs* were logs-of-others/ too


def _flag(_: str) -> str:
    return "yes"


def _parameter(text: str) -> str:
    if not _PARAMETER.fullmatch(text) or len(text) > 900 or any(part in (".", "..") for part in text.split("/")):
        raise ValueError("expected a parameter such as /app/db-url, or all below a path: /app/")
    name = text.removeprefix("/")
    if re.match(r"(aws|ssm)", name, re.IGNORECASE):
        raise ValueError("expected a parameter of your own: names that begin with aws or ssm are AWS's")
    return name


def _domain(text: str) -> str:
    return _matching(_DOMAIN, "a domain such as example.org, in lower case", 253)(text.removesuffix(".").lower())


def _address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or not re.fullmatch(r"[A-Za-z0-9!#&'+/=^_~.-]{1,64}", local, re.ASCII):
        raise ValueError("expected an e-mail address such as noreply@example.org")
    return f"{local}@{_domain(domain)}"


def _identity(text: str) -> str:
    return _address(text) if "@" in text else _domain(text)


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("expected a network such as 203.0.113.7/32, its host bits zero") from None
    if not network.prefixlen:
        raise ValueError("that is every address there is: leave --from-ip out")
    if network.is_private and not _documented(network):
        raise ValueError("AWS sees the public address from which a request comes, never a private one")
    return str(network)


def _documented(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """Networks of documentation, which Python calls private: examples name them, and nobody has them."""
    documented = [ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    six = ipaddress.ip_network("2001:db8::/32")
    return any(network.version == each.version and network.subnet_of(each) for each in [*documented, six])  # type: ignore[arg-type]  # of one version


ACCOUNT = _matching(r"[0-9]{12}", "an account's number of 12 digits")
REGION = _matching(r"[a-z]{2,4}(?:-[a-z]{2,10}){1,3}-[1-9][0-9]?", "a region such as eu-central-1")

_ROWS = (
    Parameter("bucket", "NAME", "the S3 bucket", _bucket, "acme-backups",
              ("*", "acme-*", "Acme", "a", "192.168.5.4", "a..b", "${aws:username}", "b/c", "xn--a", "acme\n", "")),
    Parameter("prefix", "PATH", "the folders of the bucket that are meant", _prefix, "web1/",
              ("", "/", "/web1/", "web1//x", "web1/../x", "web1/*", "we?1", "${aws:userid}/", "a\nb", 'a"b', "a\\b"),
              many=True),
    Parameter("whole-bucket", "", "all of the bucket, not some folders", _flag, "yes", (), flag=True),
    Parameter("bucket-account", "ACCOUNT", "whose account the bucket is in, if it is another", ACCOUNT, "210987654321",
              ("*", "12345678901", "12345678901a", "１２３４５６７８９０１２")),
    Parameter("logs-of", "ACCOUNT", "whose account's trail is read, if it is another", ACCOUNT, "210987654321", ("*",)),
    Parameter("organization", "ID", "the organization's id, where the trail is one's", _matching(
              r"o-[a-z0-9]{10,32}", "an organization's id such as o-a1b2c3d4e5"), "o-a1b2c3d4e5", ("*", "o-*", "a1b2")),
    Parameter("from", "ADDRESS", "from which address mail is sent", _address, "noreply@example.org",
              ("*@example.org", "example.org", "a@b", "a@*.org", "${x}@example.org", "a b@example.org"), many=True),
    Parameter("identity", "NAME", "the verified domain or address, if it is not the address's domain", _identity,
              "example.org", ("*", "*.org", "localhost")),
    Parameter("repository", "NAME", "the ECR repository", _matching(
              r"(?=.{2,256}\Z)[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*",
              "a repository such as team/app"), "team/app",
              ("*", "team/*", "Team/app", "team//app", "../app"), many=True),
    Parameter("namespace", "NAME", "the CloudWatch namespace", _matching(
              r"(?!AWS/)[A-Za-z0-9.\-_/#:]+", "a namespace of your own such as Acme/Web", 255), "Acme/Web",
              ("*", "AWS/EC2", "a b", "Acme/*")),
    Parameter("log-group", "NAME", "the log group", _matching(
              r"[A-Za-z0-9_/.#-]+", "a log group such as /acme/web", 512), "/acme/web", ("*", "/acme/*", "a:b", "a b")),
    Parameter("queue", "NAME", "the SQS queue", _matching(
              r"(?=.{1,80}\Z)[A-Za-z0-9_-]+(?:\.fifo)?", "a queue's name such as jobs or jobs.fifo"), "jobs",
              ("*", "jobs*", "a/b", "jobs.std", "https://sqs.eu-west-1.amazonaws.com/1/jobs")),
    Parameter("topic", "NAME", "the SNS topic", _matching(
              r"[A-Za-z0-9_-]+(?:\.fifo)?", "a topic's name such as alerts"), "alerts",
              ("*", "a:b", "alerts?", "a.b")),
    Parameter("table", "NAME", "the DynamoDB table", _matching(
              r"[A-Za-z0-9_.-]{3,255}", "a table's name of 3 to 255 characters"), "orders",
              ("*", "or*", "ab", "a/b/c")),
    Parameter("secret", "NAME", "the secret of Secrets Manager", _matching(
              r"(?!.*-[A-Za-z0-9]{6}\Z)[A-Za-z0-9/_+=.@-]{1,512}",
              "a secret's name, not its ARN and without the six characters that AWS adds", 512), "app/db",
              ("*", "app/*", "app-AbCdEf", "arn:aws:secretsmanager:eu-west-1:1:secret:app", "a b"), many=True),
    Parameter("parameter", "NAME", "the parameter of SSM; all below a path where it ends in /", _parameter,
              "/app/db-url", ("*", "/app/*", "/", "//", "/aws/x", "a b", "/app/../x"), many=True),
    Parameter("key-id", "ID", "the KMS key's id", _matching(
              r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})", "a key's id, no alias and no ARN"),
              "1234abcd-12ab-34cd-56ef-1234567890ab", ("*", "alias/app", "1234")),
    Parameter("via", "SERVICE", "only through this service, such as s3", _matching(
              r"[a-z][a-z0-9-]{1,40}", "a service as in its host's name, such as s3"), "s3", ("*", "s3.*", "S3")),
    Parameter("zone", "ID", "the hosted zone's id", _matching(
              r"Z[A-Z0-9]{1,31}", "a hosted zone's id such as Z0123456789ABCDEFGHIJ"), "Z0123456789ABCDEFGHIJ",
              ("*", "Z*", "/hostedzone/Z1", "example.org")),
    Parameter("domain", "NAME", "for which names certificates are proved", _domain, "www.example.org",
              ("*", "*.example.org", "org", "a_b.org", "-a.org"), many=True),
    Parameter("function", "NAME", "the Lambda function", _matching(
              r"[A-Za-z0-9_-]{1,64}", "a function's name"), "resize", ("*", "a:b", "resize*")),
    Parameter("distribution", "ID", "the CloudFront distribution's id", _matching(
              r"E[A-Z0-9]{5,30}", "a distribution's id such as E1A2B3C4D5E6F7"), "E1A2B3C4D5E6F7",
              ("*", "E*", "d111.net")),
    Parameter("region", "REGION", "the region", REGION, "eu-central-1", ("*", "eu-*", "Frankfurt", "eu-central-1a")),
    Parameter("from-ip", "NETWORK", "only from these public addresses", _network, "203.0.113.7/32",
              ("*", "0.0.0.0/0", "::/0", "10.0.0.0/8", "203.0.113.7/24", "office"), many=True),
)  # fmt: skip
#: every parameter by its name
PARAMETERS = {each.name: each for each in _ROWS}
#: those that are of the whole policy, not of one template
GENERAL = ("region", "from-ip")
