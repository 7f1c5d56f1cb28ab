"""detect/names.py: the quick search for names finds just what its pattern finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keywatch.detect.names import CORE, cores

_WORDS = (
    b"aws AWS amazon amz s3 S3 secret Secret access ACCESS session security token key id _ - . x se sec acc".split()
)
PIECES = st.sampled_from([*_WORDS, b" ", b"  ", b"\n", b"\xff"])


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_cores_are_those_of_the_pattern(text: bytes) -> None:
    assert [match.span() for match in cores(text)] == [match.span() for match in CORE.finditer(text)]


@given(st.binary(max_size=200))
def test_any_bytes_alike(text: bytes) -> None:
    assert [match.span() for match in cores(text)] == [match.span() for match in CORE.finditer(text)]
