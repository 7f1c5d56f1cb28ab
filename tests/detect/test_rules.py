"""The rule table: every row finds its examples, leaves its near misses, and the manual lists it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import random
import re
import uuid
from pathlib import Path

import pytest

from keywatch.detect.engine import Engine
from keywatch.detect.examples import expand
from keywatch.detect.rule import Rule, verify
from keywatch.detect.rules import RULES, load
from keywatch.detect.tokens import find_tokens, matches_rule, patterns
from keywatch.errors import ConfigError
from keywatch.severity import Severity

ENGINE = Engine(patterns(RULES))
SEEDS = range(5)


def sweep(content: bytes) -> list[str]:
    """As the sweep does it: engine first, then the rules that hit."""
    mask = ENGINE.scan(content)
    return [match.rule for match in find_tokens(content, [r for n, r in enumerate(RULES) if mask >> n & 1])[0]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_examples_are_found_by_their_own_rule_alone(rule: Rule) -> None:
    for example in rule.examples:
        assert sweep(expand(example)) == [rule.id]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_near_misses_are_left(rule: Rule) -> None:
    for near_miss in rule.near_misses:
        for seed in SEEDS:
            assert not matches_rule(expand(near_miss, seed), rule), near_miss


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_keyword_stands_in_every_example(rule: Rule) -> None:
    for example in rule.examples:
        text = expand(example)
        assert any(keyword.encode().lower() in text.lower() for keyword in rule.keywords), example


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_examples_survive_their_surroundings(rule: Rule) -> None:
    for example in rule.examples:
        token = expand(example)
        for before, after in (
            (b'{"a":"', b'"}'),
            (b"x\r\n", b"\r\n"),
            (b"\xff\x00 ", b"\x00"),
            (b"# ", b" # c"),
            (b"(", b")"),
        ):
            assert rule.id in sweep(before + token + after), (before, after)


def test_load_verifies() -> None:
    assert load(verify=True) == RULES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"examples": ()}, "at least one example"),
        ({"near_misses": ()}, "at least one example"),
        ({"examples": ("nothing",)}, "example 1 is not found"),
        ({"near_misses": ("ghp_{github:36}",)}, "near miss 1 is found"),
        ({"id": "GitHub Token"}, "lower-case"),
    ],
)
def test_a_rule_without_both_kinds_of_example_fails(change: dict[str, object], message: str) -> None:
    rule = dataclasses.replace(RULES[0], **change)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=message):
        verify([rule], matches_rule)


def test_ids_are_unique() -> None:
    with pytest.raises(ConfigError, match="two rules"):
        verify([RULES[0], RULES[0]], matches_rule)
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_no_rule_holds_a_token() -> None:
    """Other scanners and push protection must find nothing in the table's own source."""
    for file in Path("keywatch/detect").rglob("*.py"):
        found = find_tokens(file.read_bytes(), RULES)[0]
        assert [m.rule for m in found] == [], file


def test_severities_say_what_is_urgent() -> None:
    severity = {rule.id: rule.severity for rule in RULES}
    assert severity["stripe-key"] > severity["stripe-test-key"] == Severity.LOW
    assert severity["encrypted-private-key"] == Severity.INFO < severity["private-key"]


def _decoys() -> bytes:
    """What ordinary trees are full of and no rule may report."""
    source = random.Random(7)
    lines = []
    for _ in range(400):
        digest = source.randbytes(64)
        lines += [
            str(uuid.UUID(bytes=source.randbytes(16), version=4)),
            f'"integrity": "sha512-{base64.b64encode(digest).decode()}"',
            f"commit {digest[:20].hex()}",
            f"sha256:{digest[:32].hex()}",
            "".join(source.choices("ACDEFGHIKLMNPQRSTVWY", k=60)),
            f'src="data:image/png;base64,{base64.b64encode(source.randbytes(300)).decode()}"',
            base64.encodebytes(source.randbytes(200)).decode(),
            " ".join(f"{byte:02x}" for byte in digest),
            f"!function(e,t){{var n=t.{digest[:2].hex()};return n(e,'key-'+{source.random()})}}",
            f"https://cdn.example.net/{digest.hex()}/app.min.js?v={digest[:8].hex()}",
            f"{hashlib.md5(digest).hexdigest()}  ./file",
            f"token = os.environ['TOKEN_{digest[:2].hex()}']",
        ]
    return "\n".join(lines).encode()


def test_decoys_give_no_report() -> None:
    content = _decoys()
    assert find_tokens(content, RULES)[0] == []


@pytest.mark.parametrize(
    "text",
    [
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-ant-api03-your-key-here",
        "AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx",
        "glpat-12345678901234567890",
        "SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "postgres://user:password@localhost:5432/db",
        "postgresql://postgres:postgres@db:5432/app",
        "mysql://root:root@127.0.0.1/x",
        "redis://:changeme@redis:6379",
        "amqp://guest:guest@rabbit//",
        "https://user:s3cr3tpassw0rdq@example.com/",
        "https://${USER}:${PASSWORD}@git.corp.net/x",
        "https://{user}:{password}@git.corp.net/x",
        "https://x:%(password)s@git.corp.net/x",
        "http://proxy_user:proxy_pass@proxy:3128",
        "dapi00000000000000000000000000000000",
        "-----BEGIN RSA PRIVATE KEY-----\n<your key>\n-----END RSA PRIVATE KEY-----",
        "npm_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_documentation_gives_no_report(text: str) -> None:
    assert sweep(text.encode()) == []


def test_every_prefilter_is_anchored_on_three_bytes_or_more() -> None:
    """Python's work follows each hit of the engine: no rule may be hit by letters, digits and blanks alone."""
    noise = b" ".join(b"%d" % n for n in range(2000)) + b"".join(bytes([n]) * 40 + b"\n" for n in range(256))
    assert ENGINE.scan(noise) == 0


def test_the_manual_lists_every_rule() -> None:
    manual = Path("docs/rules.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \| (\w+) \|", manual, re.MULTILINE)
    assert listed == [(rule.id, rule.title, rule.severity.label) for rule in RULES]
