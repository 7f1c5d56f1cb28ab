"""The rule for passwords in URLs, and its judgement: which of them are only defaults, samples or references."""

from __future__ import annotations

import re

from keywatch.detect.rule import Rule
from keywatch.model import Role
from keywatch.severity import Severity

#: hosts that documentation and tests use (RFC 2606, RFC 6761) or that stand for "your host here"
_SAMPLE_HOST = re.compile(
    rb"(?i)(?:.*\.)?(?:example(?:\.(?:com|org|net|edu|io))?|test|invalid|example\.\w+)|(?:my|your|some|the)?[-_.]?(?:host|server|domain|proxy|site"
    rb"|registry|url|address|website|endpoint|ip)(?:name|server|host)?(?:\.(?:com|org|net|local|tld))?|(?:foo|bar|baz|a|b|x|y|h)(?:\.(?:com|org|net))?"
)
_SAMPLE_WORD = re.compile(
    rb"(?i)(?:my|your|db|the|some|a|user|test|root|admin|proxy|new|old|super|secure|strong)?[-_.]?(?:pass|passwd|password|p[4a@]ssw[0o]rd|pwd|pw|pswd|secret|token|key"
    rb"|user|username|name|root|admin|guest|test|testing|postgres|mysql|mongo|mongodb|rabbitmq|redis|sa|oracle|docker|vagrant|minio(?:admin)?|airflow"
    rb"|change(?:it|me)|hunter2|letmein|qwerty|foo|bar|baz|foobar|none|null|x-oauth-basic|x-access-token|anonymous|anoncvs|xyzzy|demo|sample|dev|abc|login|auth"
    rb"|credentials?)[0-9]{0,4}[!?]?"
)


def _why_not(found: re.Match[bytes], password: bytes) -> str | None:
    """Why the password in this URL is none that anybody must protect."""
    user, host = found["user"], found["host"]
    if _SAMPLE_HOST.fullmatch(host):
        return "documented-example"
    if re.search(rb"[{}$<>*`]|%[sdv(]|^%[A-Za-z_]+%$|^\(|\.\.\.|^:", password):
        return "reference"
    if user == password or _SAMPLE_WORD.fullmatch(password) or re.fullmatch(rb"[0-9]{1,6}|(.)\1*", password):
        return "placeholder"
    return None


RULES = (
    Rule(
        id="password-in-url",
        title="Password in a URL",
        # addresses are everywhere, and following each costs a third of the engine's time: "something:something@host",
        # which few of them hold, next to nothing
        pattern=r"://[A-Za-z0-9_.%+~$!*&=-]*:[^\s/@\"']+@[A-Za-z0-9_.\[-]",
        hint=r"[/A-Za-z0-9_.%+~$!*&=-]:[^\s/@\"']+@[A-Za-z0-9_.\[-]",
        exact=r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://(?P<user>[A-Za-z0-9_.%+~$!*&=-]{0,64}):"
        r"(?P<secret>[^\s/@\"'<>`\\\x00-\x1f\x7f]{3,256})@(?P<host>[A-Za-z0-9_.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])",
        keywords=("://",),
        role=Role.PASSWORD,
        severity=Severity.MEDIUM,
        why_not=_why_not,
        left="",
        right="",
        generic=True,
        examples=(
            "DATABASE_URL=postgres://app:{alnum:16}@db.internal:5432/app",
            "https://deploy:{alnum:20}@git.corp.net/x.git",
            "redis://:{alnum:24}@10.0.0.5:6379/0",
        ),
        near_misses=(
            "postgres://postgres:postgres@localhost/db",
            "https://user:password@corp.net/",
            "https://user:{alnum:12}@example.com/",
            "http://localhost:8080/@scope/name",
            "https://app:${DB_PASSWORD}@db.internal",
            "http://host:8080@x.net",
            "https://10.0.0.1:50\x00{alnum:9}@10.0.0.2",
            "git@github.com:me/repo.git",
        ),
    ),
)
