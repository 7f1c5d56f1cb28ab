"""Rules for the issuers of AI keys: Anthropic, OpenAI, Hugging Face and others with a telling shape."""

from __future__ import annotations

from keywatch.detect.checks import anthropic_shape, mixed, mixed_case
from keywatch.detect.rule import TOKEN, Rule
from keywatch.severity import Severity

RULES = (
    Rule(
        id="anthropic-key",
        title="Anthropic API or admin key",
        pattern=r"sk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{95}",
        keywords=("sk-ant-",),
        check=anthropic_shape,
        right=TOKEN,
        examples=("ANTHROPIC_API_KEY=sk-ant-api03-{base64url:93}AA", "sk-ant-admin01-{base64url:93}AA"),
        near_misses=(
            "sk-ant-api03-{alnum:95}",
            "sk-ant-api03-{alnum:92}AA",
            "sk-ant-api03-...",
            "sk-ant-api03-" + "x" * 93 + "AA",
        ),
    ),
    Rule(
        id="anthropic-oauth-token",
        title="Anthropic OAuth token (Claude Code)",
        pattern=r"sk-ant-(?:oat|ort|sid)[0-9]{2}-[A-Za-z0-9_-]{80,140}",
        keywords=("sk-ant-oat", "sk-ant-ort", "sk-ant-sid"),
        right=TOKEN,
        examples=('"accessToken":"sk-ant-oat01-{base64url:93}AA"', "sk-ant-ort01-{base64url:93}AA"),
        near_misses=("sk-ant-oat01-{alnum:40}", "sk-ant-xyz01-{alnum:95}"),
    ),
    Rule(
        id="openai-key",
        title="OpenAI API key",
        pattern=r"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}",
        keywords=("T3BlbkFJ",),
        right=TOKEN,
        examples=(
            "OPENAI_API_KEY=sk-proj-{base64url:74}T3BlbkFJ{base64url:74}",
            "sk-svcacct-{base64url:58}T3BlbkFJ{base64url:58}",
            "sk-{alnum:20}T3BlbkFJ{alnum:20}",
        ),
        near_misses=("sk-proj-{base64url:148}", "sk-{alnum:12}T3BlbkFJ{alnum:20}", "{alnum:20}T3BlbkFJ{alnum:20}"),
    ),
    Rule(
        id="huggingface-token",
        title="Hugging Face token",
        pattern=r"(?:hf_|api_org_)[A-Za-z]{34}",
        keywords=("hf_", "api_org_"),
        check=mixed_case,
        examples=("HF_TOKEN=hf_{alpha:34}", "api_org_{alpha:34}"),
        near_misses=("hf_{alpha:33}", "hf_{lower:34}", "hf_{alpha:35}", "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"),
    ),
    Rule(
        id="groq-key",
        title="Groq API key",
        pattern=r"gsk_[A-Za-z0-9]{52}",
        keywords=("gsk_",),
        check=mixed,
        examples=("GROQ_API_KEY=gsk_{alnum:52}",),
        near_misses=("gsk_{alnum:51}", "gsk_{lower:52}"),
    ),
    Rule(
        id="xai-key",
        title="xAI API key",
        pattern=r"xai-[A-Za-z0-9]{80}",
        keywords=("xai-",),
        check=mixed,
        examples=("XAI_API_KEY=xai-{alnum:80}",),
        near_misses=("xai-{alnum:79}", "xai-{hex:80}"),
    ),
    Rule(
        id="perplexity-key",
        title="Perplexity API key",
        pattern=r"pplx-[A-Za-z0-9]{48}",
        keywords=("pplx-",),
        check=mixed,
        examples=("pplx-{alnum:48}",),
        near_misses=("pplx-{alnum:47}", "pplx-70b-online"),
    ),
    Rule(
        id="openrouter-key",
        title="OpenRouter API key",
        pattern=r"sk-or-v1-[a-f0-9]{64}",
        keywords=("sk-or-v1-",),
        examples=("sk-or-v1-{hex:64}",),
        near_misses=("sk-or-v1-{hex:63}",),
    ),
    Rule(
        id="replicate-token",
        title="Replicate API token",
        pattern=r"r8_[A-Za-z0-9]{37}",
        keywords=("r8_",),
        check=mixed,
        severity=Severity.MEDIUM,
        examples=("REPLICATE_API_TOKEN=r8_{alnum:37}",),
        near_misses=("r8_{alnum:36}", "r8_{lower:37}", "lib_r8_{alnum:37}"),
    ),
)
