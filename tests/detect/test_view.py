"""detect/view.py: what is resolved, and that every span leads back to the bytes it came from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keywatch.detect.view import view_of
from keywatch.model import Span

ESCAPES = [
    (b"\\n", b"\n"), (b'\\\\\\"', b'"'), (b"\\u002b", b"+"), (b"\\/", b"/"), (b"%2F", b"/"), (b"%252F", b"/"),
    (b"&quot;", b'"'),
    (b"&#43;", b"+"), (b"\x1b[1;31m", b""), (b"\0\0", b"\n\n"), (b"\\\n   ", b""), (b"%C3", b"%C3"),
]  # fmt: skip


@given(
    st.lists(
        st.one_of(
            st.sampled_from(ESCAPES), st.text("abcXYZ09=", min_size=1, max_size=5).map(lambda t: (t.encode(),) * 2)
        )
    )
)
def test_resolves_and_leads_back(pieces: list[tuple[bytes, bytes]]) -> None:
    content, want = b"", b""
    spans: list[tuple[Span, Span]] = []
    for raw, shown in pieces:
        if shown:
            spans.append((Span(len(want), len(want) + len(shown)), Span(len(content), len(content) + len(raw))))
        content, want = content + raw, want + shown
    view = view_of(content)
    if view.text == want:  # neighbouring pieces may form an escape together: then the text differs, and that is right
        for shown_span, raw_span in spans:
            raw = view.raw(shown_span)
            assert raw.end == raw_span.end or content[raw_span.end : raw.end] == b""
            assert raw.start == raw_span.start


def test_plain_text_is_itself() -> None:
    assert view_of(b"a=b").text == b"a=b"


def test_quoted_printable_mail() -> None:
    view = view_of(b"Content-Transfer-Encoding: quoted-printable\n\nA=3Dxy=\nz")
    assert view.text.endswith(b"A=xyz")


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    view = view_of(content)
    for at in range(0, len(view.text), 7):
        raw = view.raw(Span(at, at + 1))
        assert 0 <= raw.start < raw.end <= len(content)
