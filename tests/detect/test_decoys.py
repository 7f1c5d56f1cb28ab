"""detect/decoys.py: real keys are never dropped, and what only looks like one is named."""

from __future__ import annotations

import pytest
from fakes import Fakes

from keywatch.detect import decoys


@pytest.mark.no_cover  # many of one kind: traced, they take twice the time, and other tests run the same lines
def test_random_keys_are_not_dropped() -> None:
    fakes = Fakes(11)
    secrets = [fakes.secret().encode() for _ in range(20_000)]
    assert sum(decoys.why_not_secret(s, literal=True) is not None for s in secrets) <= 2
    ids = [fakes.key_id().encode() for _ in range(20_000)]
    assert sum(decoys.why_not_key_id(i, named=True, plain=False) is not None for i in ids) == 0
    assert sum(decoys.why_not_named_id(i) is not None for i in ids) == 0


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", "documented-example"),
        ("${AWS_SECRET_ACCESS_KEY}", "reference"),
        ("op://private/aws/secret-key", "reference"),
        ("your-secret-access-key-goes-here", "placeholder"),
        ("x" * 40, "placeholder"),
        ("abababababababababababababababababababab", "placeholder"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "sequence"),
        ("123e4567-e89b-12d3-a456-426614174000", "uuid"),
    ],
)
def test_names_what_is_no_secret(value: str, why: str) -> None:
    assert decoys.why_not_secret(value.encode(), literal=True) == why


def test_words_are_wordy_and_random_is_not() -> None:
    assert decoys.is_wordy(b"getCredentialsFromTheEnvironment")
    assert decoys.is_wordy(b"/usr/share/doc/packages/python")
    fakes = Fakes(12)
    assert sum(decoys.is_wordy(fakes.secret().encode()) for _ in range(5_000)) <= 3
