"""Policies for services' keys: each allows what its sentence says, and nothing that was not asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.aws.policies.base import Scope
from keywatch.aws.policies.compose import MOST, Policy, compose
from keywatch.aws.policies.parameters import PARAMETERS
from keywatch.aws.policies.registry import TEMPLATES
from keywatch.errors import UsageError
from tests.aws.evaluator import allowed
from tests.aws.policy_cases import ACCOUNT, CASES, B, arn

HERE = Scope(ACCOUNT)


def example(ident: str, **more: str) -> Policy:
    values = {name: [value] for name, value in TEMPLATES[ident].example.items()}
    return compose([ident], {**values, **{name: [value] for name, value in more.items()}}, HERE)


@pytest.mark.parametrize("ident", TEMPLATES)
def test_what_was_asked_for_is_allowed_and_nothing_else(ident: str) -> None:
    document = example(ident).document
    may, must_not = CASES[ident]
    for action, resource, context in may:
        assert allowed(document, action, resource, **context), (action, resource, context)
        assert not allowed(document, action, resource, **context, aws__SecureTransport="false")
    for action, resource, context in must_not:
        assert not allowed(document, action, resource, **context), (action, resource, context)
    for action in ("iam:CreateUser", "sts:AssumeRole", "s3:ListAllMyBuckets", "kms:CreateGrant"):
        assert not allowed(document, action, "*")


@pytest.mark.parametrize("ident", TEMPLATES)
def test_addresses_narrow_every_statement(ident: str) -> None:
    document = example(ident, **{"from-ip": "198.51.100.0/24"}).document
    for action, resource, context in CASES[ident][0]:
        assert allowed(document, action, resource, **context, aws__SourceIp="198.51.100.9")
        assert not allowed(document, action, resource, **context, aws__SourceIp="203.0.113.7")


@pytest.mark.parametrize("ident", TEMPLATES)
def test_each_template_has_an_example_and_refuses_its_near_miss(ident: str) -> None:
    template = TEMPLATES[ident]
    policy = example(ident)
    assert policy.allows[0][0].islower() and ident in policy_sids(policy)
    with pytest.raises(UsageError) as told:
        compose([ident], {name: [value] for name, value in template.near_miss.items()}, HERE)
    assert ident in str(told.value)
    for needed in template.needs:
        fewer = {k: [v] for k, v in template.example.items() if k not in needed.split("|")}
        with pytest.raises(UsageError, match=f"{ident} needs --"):
            compose([ident], fewer, HERE)


def policy_sids(policy: Policy) -> list[str]:
    """The templates of a policy's statements, as their Sids name them; each Sid once, of letters and digits."""
    sids = [each["Sid"] for each in policy.document["Statement"]]
    assert len(set(sids)) == len(sids) and all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
    stems = {"".join(p[:1].upper() + p[1:] for p in ident.split(":")): ident for ident in TEMPLATES}
    return [stems[re.sub(r"(?<!53)(?<=[a-z])\d+\Z", "", sid)] for sid in sids]


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_parameter_by_its_grammar(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter.check(parameter.example)
    for wrong in parameter.near_misses:
        with pytest.raises(ValueError, match=r"expected|whole bucket|every address|never a private"):
            parameter.check(wrong)


_HOSTILE = st.text(
    st.one_of(st.sampled_from("*?${}\"'\\/:,.-_ @\n\r\0%#ａ＊é"), st.characters(codec="utf-8")), max_size=40
)  # fmt: skip


@given(
    text=st.one_of(
        _HOSTILE, st.builds(lambda a, b: a + b, st.sampled_from([p.example for p in PARAMETERS.values()]), _HOSTILE)
    )
)
def test_no_text_can_widen_a_policy(text: str) -> None:
    """Whatever is accepted has nothing that IAM would expand, and stands in the policy as it was given."""
    for name, parameter in PARAMETERS.items():
        if parameter.flag:
            continue
        try:
            form = parameter.check(text)
        except ValueError:
            continue
        assert not set(form) & set('*?$"\\{}%') and form.isascii() and form.isprintable()
        assert form.strip("/").casefold() in text.casefold()
        for ident, template in TEMPLATES.items():
            if name in template.takes and name not in ("region", "whole-bucket"):
                _same_shape(ident, name, text)


def _same_shape(ident: str, name: str, text: str) -> None:
    """The same policy as of the example, but for the value: no more wildcards, statements, actions or resources."""
    template = TEMPLATES[ident]
    values = {k: [v] for k, v in {**template.example, name: PARAMETERS[name].example}.items()}
    if name == "from":
        values["identity"] = [text.rpartition("@")[2]]
        values["from"] = [f"a@{values['identity'][0]}"]
    try:
        usual = compose([ident], values, HERE).document
        made = compose([ident], {**values, name: [text]}, HERE).document
    except UsageError as error:
        assert "is no address of the identity" in str(error) or "2,048" in str(error)
        return
    assert len(usual["Statement"]) == len(made["Statement"]) or name == "parameter"
    counts = [json.dumps(each).count("*") + json.dumps(each).count("?") for each in (usual, made)]
    assert counts[0] == counts[1] or name == "parameter"
    assert [each["Action"] for each in usual["Statement"]] == [each["Action"] for each in made["Statement"]][
        : len(usual["Statement"])
    ]


def test_several_templates_each_with_parameters_of_its_own() -> None:
    policy = compose(
        [
            "s3:read,bucket=acme-in,prefix=new/", "s3:write,bucket=acme-out,prefix=done",
            "s3:read,bucket=acme-in,prefix=new",
        ],
        {}, HERE,
    )  # fmt: skip
    assert len(policy.document["Statement"]) == 2, "the same asked for twice is there once"
    assert allowed(policy.document, "s3:GetObject", "arn:aws:s3:::acme-in/new/a")
    assert allowed(policy.document, "s3:PutObject", "arn:aws:s3:::acme-out/done/a")
    assert not allowed(policy.document, "s3:PutObject", "arn:aws:s3:::acme-out/done-by-others/a")
    assert not allowed(policy.document, "s3:GetObject", "arn:aws:s3:::acme-out/done/a")


def test_the_whole_bucket_only_where_that_is_said() -> None:
    with pytest.raises(UsageError, match="--whole-bucket"):
        compose(["s3:read"], {"bucket": ["acme-backups"]}, HERE)
    policy = compose(["s3:read", "s3:list"], {"bucket": ["acme-backups"], "whole-bucket": ["yes"]}, HERE)
    assert allowed(policy.document, "s3:GetObject", f"{B}/any") and allowed(policy.document, "s3:ListBucket", B)
    assert not allowed(policy.document, "s3:GetObject", "arn:aws:s3:::acme-backups2/any")
    with pytest.raises(UsageError, match="contradict"):
        compose(["s3:read"], {"bucket": ["acme-backups"], "whole-bucket": ["yes"], "prefix": ["a"]}, HERE)


def test_paths_of_parameters_end_where_they_end() -> None:
    document = compose(["ssm:read"], {"parameter": ["/app/"], "region": ["eu-west-1"]}, HERE).document
    assert allowed(document, "ssm:GetParametersByPath", arn("ssm", "parameter/app"))
    assert allowed(document, "ssm:GetParameter", arn("ssm", "parameter/app/x"))
    assert not allowed(document, "ssm:GetParameter", arn("ssm", "parameter/app2/x"))


@pytest.mark.parametrize(("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")])
def test_other_partitions(partition: str, region: str) -> None:
    for ident, template in TEMPLATES.items():
        values = {name: [value] for name, value in template.example.items()} | {"region": [region]}
        text = compose([ident], values, Scope(ACCOUNT, partition)).text()
        assert "arn:aws:" not in text
    via = {"key-id": ["mrk-" + "0" * 32], "via": ["s3"], "region": [region]}
    assert ("amazonaws.com.cn" in compose(["kms:decrypt"], via, Scope(ACCOUNT, partition)).text()) == (
        partition == "aws-cn"
    )


def test_what_is_refused_says_what_to_do() -> None:
    for wanted, given_, words in (
        ([], {}, "--allow"),
        (["s3:reed"], {}, "did you mean s3:read"),
        (["s3:read"], {"bucket": ["acme-a"], "prefix": ["x"], "queue": ["jobs"]}, "--queue goes with none"),
        (["s3:read,queue=jobs"], {}, "none of its parameters"),
        (["s3:read"], {"bucket": ["acme-a", "acme-b"], "prefix": ["x"]}, "given twice"),
        (["s3:write"], {"bucket": ["acme-a"], "prefix": [f"{n:04}" * 20 for n in range(30)]}, f"{MOST:,}"),
    ):
        with pytest.raises(UsageError) as told:
            compose(wanted, given_, HERE)  # type: ignore[arg-type]  # of one shape
        assert words in str(told.value)


def test_the_page_lists_every_template() -> None:
    page = (Path(__file__).parents[2] / "docs/service-keys.md").read_text()
    for ident, template in TEMPLATES.items():
        needs = ", ".join(" or ".join(f"`--{name}`" for name in need.split("|")) for need in template.needs)
        may = ", ".join(f"`--{name}`" for name in template.may)
        assert f"| `{ident}` | {template.text} | {needs} | {may} |" in page, ident
