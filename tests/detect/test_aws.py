"""detect/aws.py: what is found in text of many kinds, what is dropped, and who is paired with whom."""

from __future__ import annotations

import base64
import json

import pytest
from fakes import Fakes
from hypothesis import given
from hypothesis import strategies as st

from keywatch.detect.aws import LONE_SECRET_RULE, LONE_TOKEN_RULE, RULE, find_aws
from keywatch.detect.blocks import blocks_of
from keywatch.model import Binding, Role, Secret, Span

FAKES = Fakes(7)
ID, ID2, ID3 = (FAKES.key_id() for _ in range(3))
KEY, KEY2, KEY3 = (FAKES.secret() for _ in range(3))
EXAMPLE_ID, EXAMPLE_SECRET = "AKIAIOSFODNN7" + "EXAMPLE", "wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYEXAMPLEKEY"
TEMP, TOKEN = FAKES.key_id("ASIA"), FAKES.session_token()


def pairs(text: str, bindings: tuple[Binding, ...] = ()) -> list[tuple[str, ...]]:
    """Each credential as the texts at its spans, id first."""
    content = text.encode()
    order = [Role.ACCESS_KEY_ID, Role.SECRET_ACCESS_KEY, Role.SESSION_TOKEN]
    return [
        tuple(content[p.span.start : p.span.end].decode() for p in sorted(c.parts, key=lambda p: order.index(p.role)))
        for c in find_aws(content, bindings).credentials
    ]


STYLES = {
    "shell": "export AWS_ACCESS_KEY_ID={0}\nexport AWS_SECRET_ACCESS_KEY='{1}'\n",
    "one line": "AWS_ACCESS_KEY_ID={0} AWS_SECRET_ACCESS_KEY={1} aws s3 ls",
    "secret first": "[a]\naws_secret_access_key={1}\naws_access_key_id={0}\n",
    "positional": 'credentials.NewStaticCredentials("{0}", "{1}", "")',
    "python keywords": "boto3.client('s3', aws_access_key_id='{0}', aws_secret_access_key='{1}')",
    "javascript": "new AWS.S3({{accessKeyId: '{0}', secretAccessKey: \"{1}\"}})",
    "clojure": '{{:access-key "{0}" :secret-key "{1}"}}',
    "weak names": "access_key = {0}\nsecret_key = {1}\n",
    "s3 names": "S3_KEY: {0}\nS3_SECRET: {1}\n",
    "properties": "cloud.aws.credentials.access-key={0}\ncloud.aws.credentials.secret-key={1}\n",
    "colon": "{0}:{1}\n",
    "bucket colon": "my-bucket:{0}:{1}\n",
    "url": "s3://{0}:{1}@bucket/path",
    "prompt": "AWS Access Key ID [None]: {0}\nAWS Secret Access Key [****************AbCd]: {1}\n",
    "kube list": "- name: AWS_ACCESS_KEY_ID\n  value: {0}\n- name: AWS_SECRET_ACCESS_KEY\n  value: {1}\n",
    "plist": "<key>AWS_ACCESS_KEY_ID</key><string>{0}</string>\n<key>AWS_SECRET_ACCESS_KEY</key>\n<string>{1}</string>",
    "hadoop": "<name>fs.s3a.access.key</name><value>{0}</value>\n<name>fs.s3a.secret.key</name>\n<value>{1}</value>",
    "markdown table": "| Access key ID | Secret access key |\n|---|---|\n| {0} | {1} |\n",
    "console csv": "Access key ID,Secret access key\r\n{0},{1}\r\n",
    "powershell": '$env:AWS_ACCESS_KEY_ID="{0}"\r\n$env:AWS_SECRET_ACCESS_KEY="{1}"\r\n',
    "two bare lines": "{0}\n{1}\n",
    "configure": "aws configure set aws_access_key_id {0}\naws configure set aws_secret_access_key {1}\n",
    "nul separated": "AWS_ACCESS_KEY_ID={0}\0AWS_SECRET_ACCESS_KEY={1}\0HOME=/root\0",
    "coloured": "\x1b[1mAWS_ACCESS_KEY_ID\x1b[0m=\x1b[32m{0}\x1b[0m\nAWS_SECRET_ACCESS_KEY=\x1b[32m{1}\x1b[0m\n",
    "html": "<td>{0}</td><td>{1}</td>",
}


@pytest.mark.parametrize("style", STYLES)
def test_finds_and_pairs(style: str) -> None:
    assert pairs(STYLES[style].format(ID, KEY)) == [(ID, KEY)]


def test_finds_the_shortened_keys_by_name() -> None:
    key_id, secret = "AKIA" + "IABCDEFGHJKLMN", "axE+QqUQojdYalRU5C1" + "UwebGv"
    text = f'export AWS_ACCESS_KEY_ID="{key_id}"\nexport AWS_SECRET_ACCESS_KEY="{secret}"\n'
    assert pairs(text) == [(key_id, secret)]


def test_escaped_text_is_found_with_its_raw_span() -> None:
    secret = KEY[:10] + "/" + KEY[11:]
    inner = json.dumps({"cmd": f'export AWS_ACCESS_KEY_ID="{ID}"\nexport AWS_SECRET_ACCESS_KEY="{secret}"\n'})
    twice = json.dumps({"log": inner}).replace("/", "\\/")
    assert pairs(twice) == [(ID, secret.replace("/", "\\/"))]
    assert pairs(f"https://h/?a={ID}&x=AWS_SECRET_ACCESS_KEY%3D{secret.replace('/', '%2F')}") == [
        (ID, secret.replace("/", "%2F"))
    ]


def test_kubernetes_secret_values_are_unwrapped() -> None:
    content = (
        f"data:\n  AWS_ACCESS_KEY_ID: {base64.b64encode(ID.encode()).decode()}\n"
        f"  AWS_SECRET_ACCESS_KEY: {base64.b64encode((KEY + chr(10)).encode()).decode()}\n"
    ).encode()
    [credential] = find_aws(content).credentials
    assert {p.value.expose() for p in credential.parts} == {ID.encode(), KEY.encode()}


def test_base64_blocks_lead_back_to_their_characters() -> None:
    plain = f"#!/bin/sh\nexport AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={KEY}\n".encode()
    content = b"user-data: |\n  " + base64.encodebytes(plain).replace(b"\n", b"\n  ")
    [block] = blocks_of(content)
    assert block.plain == plain
    at = plain.index(ID.encode())
    raw = block.raw(Span(at, at + 20))
    piece = content[raw.start : raw.end].replace(b"\n  ", b"")
    shift = (at * 8 // 6) * 6 - at * 8
    bits = "".join(f"{b64:06b}" for b64 in (_digit(c) for c in piece))
    assert int(bits[-shift : -shift + 160] if shift else bits[:160], 2).to_bytes(20, "big") == ID.encode()


def _digit(char: int) -> int:
    return b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".index(char)


def test_session_token_goes_to_the_temporary_id() -> None:
    text = f"AWS_ACCESS_KEY_ID={TEMP}\nAWS_SECRET_ACCESS_KEY={KEY}\nAWS_SESSION_TOKEN={TOKEN}\n"
    assert pairs(text) == [(TEMP, KEY, TOKEN)]
    assert find_aws(text.encode()).credentials[0].kind == "temporary"


def test_lone_parts_have_rules_of_their_own() -> None:
    found = find_aws(f"key {ID}\n\n\n\n\n\n\n\n\n".encode()).credentials
    assert [c.rule for c in found] == [RULE]
    assert [c.rule for c in find_aws(f"AWS_SECRET_ACCESS_KEY={KEY}".encode()).credentials] == [LONE_SECRET_RULE]
    assert [c.rule for c in find_aws(f"token: {TOKEN}".encode()).credentials] == [LONE_TOKEN_RULE]


@pytest.mark.parametrize(
    "text",
    [
        f"aws_access_key_id = {EXAMPLE_ID}\naws_secret_access_key = {EXAMPLE_SECRET}",
        "aws_secret_access_key=secret_access_key_value, aws_access_key_id=settings.AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY=${SECRET}\nAWS_ACCESS_KEY_ID=$(get-key access-key-id-for-me)",
        "aws_secret_access_key: <your-secret-access-key-here>",
        "AWS_SECRET_ACCESS_KEY=op://vault/item/field-of-it",
        "aws_access_key_id=AKIA" + "XXXXXXXXXXXXXXXX\naws_secret_access_key=" + "x" * 40,
        "aws_access_key_id=AKIA" + "1234567890ABCDEF",
        "x = os.environ['AWS_SECRET_ACCESS_KEY']\nprint(get_credentials_from_environment(x))",
        "self._secret_access_key = secret_access_key\nsecretAccessKey: this.credentials.secretAccessKey",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b\nsecret_key_hash 89e6c98d92887913cadf06b2adb97f26cde4849b",
        "aws_access_key_id = AIDA" + "J3K5L6M7N2P4Q5R6",
        "AWS_SECRET_ACCESS_KEY_FILE=/run/secrets/aws_secret_access_key",
    ],
)  # fmt: skip
def test_leaves_alone(text: str) -> None:
    assert pairs(text) == []


def test_id_inside_longer_text_is_none() -> None:
    blob = FAKES.secret(60)
    assert pairs(f"SL{ID}\n{ID}x\nx{ID}") == []
    assert pairs(f"data:font/woff;base64,{blob}/{ID}+{blob}") == []


def test_protein_sequence_is_none_unless_named() -> None:
    protein = "AKIA" + "GHKLMNPQRSTVWYAC"
    assert find_aws(f">sp|P1\n{protein}\n".encode()).dropped["protein-sequence"] == 1
    assert pairs(f"aws_access_key_id={protein}") == [(protein,)]


def test_many_profiles_pair_by_section() -> None:
    keys = [(FAKES.key_id(), FAKES.secret()) for _ in range(60)]
    lines, bindings = "", []
    for number, (key_id, secret) in enumerate(keys):
        order = [("aws_access_key_id", key_id), ("aws_secret_access_key", secret)]
        lines += f"[p{number}]\n"
        for name, value in order if number % 3 else reversed(order):
            start = len(lines) + len(name) + 3
            bindings.append(Binding(name, Secret(value.encode()), Span(start, start + len(value)), (f"p{number}",)))
            lines += f"{name} = {value}\nregion = eu-west-1\n"
    assert pairs(lines, tuple(bindings)) == keys
    assert not any(c.ambiguous for c in find_aws(lines.encode(), bindings).credentials)


def test_an_id_alone_in_its_section_takes_no_other_sections_secret() -> None:
    text = f"[a]\naws_access_key_id={ID}\n[b]\naws_access_key_id={ID2}\naws_secret_access_key={KEY}\n"
    bindings = []
    for name, value, section in (
        ("aws_access_key_id", ID, "a"),
        ("aws_access_key_id", ID2, "b"),
        ("aws_secret_access_key", KEY, "b"),
    ):
        start = text.index(value)
        bindings.append(Binding(name, Secret(value.encode()), Span(start, start + len(value)), (section,)))
    assert sorted(pairs(text, tuple(bindings))) == sorted([(ID,), (ID2, KEY)])
    only_a = text[: text.index("aws_access_key_id=" + ID2)] + f"aws_secret_access_key={KEY}\n"
    crossed = (
        bindings[0],
        Binding("aws_secret_access_key", Secret(KEY.encode()), Span(only_a.index(KEY), only_a.index(KEY) + 40), ("b",)),
    )
    assert sorted(pairs(only_a, crossed)) == sorted([(ID,), (KEY,)])


def test_commented_pair_stays_apart_from_the_live_one() -> None:
    text = (
        f"# AWS_ACCESS_KEY_ID={ID}\n# AWS_SECRET_ACCESS_KEY={KEY}\n"
        f"export AWS_ACCESS_KEY_ID={ID2}\nexport AWS_SECRET_ACCESS_KEY={KEY2}\n"
    )
    assert sorted(pairs(text)) == sorted([(ID, KEY), (ID2, KEY2)])


def test_names_in_common_pair_before_nearness() -> None:
    text = (
        f"PROD_AWS_ACCESS_KEY_ID={ID}\nDEV_AWS_ACCESS_KEY_ID={ID2}\n"
        f"DEV_AWS_SECRET_ACCESS_KEY={KEY2}\nPROD_AWS_SECRET_ACCESS_KEY={KEY}\n"
    )
    bindings = []
    for line in text.splitlines():
        name, _, value = line.partition("=")
        start = text.index(value)
        bindings.append(Binding(name, Secret(value.encode()), Span(start, start + len(value))))
    assert sorted(pairs(text, tuple(bindings))) == sorted([(ID, KEY), (ID2, KEY2)])


def test_copies_of_one_key_leave_no_doubt() -> None:
    head = f"#aws_access_key_id = {ID}\n[default]\n# old {KEY}\n"
    text = f"{head}aws_access_key_id = {ID}\naws_secret_access_key = {KEY}\n#{ID}"
    found = find_aws(text.encode(), ()).credentials
    assert any(c.part(Role.SECRET_ACCESS_KEY) for c in found)
    assert not any(c.ambiguous for c in found)


def test_two_secrets_as_likely_are_ambiguous() -> None:
    found = find_aws(f"{KEY}\n{ID}\n{KEY2}\n".encode()).credentials
    assert any(c.ambiguous for c in found if c.part(Role.ACCESS_KEY_ID))


def test_same_key_twice_is_one_credential_with_all_its_spans() -> None:
    text = f"a={ID}\nAWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={KEY}\n"
    [credential] = find_aws(text.encode()).credentials
    assert [p.role for p in credential.parts].count(Role.ACCESS_KEY_ID) == 2


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_bytes_around_keep_spans_exact(before: bytes, after: bytes) -> None:
    content = (
        before + b"\nAWS_ACCESS_KEY_ID=" + ID.encode() + b"\nAWS_SECRET_ACCESS_KEY=" + KEY.encode() + b"\n" + after
    )
    parts = [p for c in find_aws(content).credentials for p in c.parts]
    assert {content[p.span.start : p.span.end] for p in parts} >= {ID.encode(), KEY.encode()}


def test_a_storm_of_ids_is_bounded() -> None:
    storm = "\n".join(FAKES.key_id() for _ in range(12_000)).encode()
    assert 9_000 < len(find_aws(storm).credentials) <= 10_000
