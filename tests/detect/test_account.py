"""detect/account.py against published vectors."""

from __future__ import annotations

import pytest

from keywatch.detect.account import CANARY_ACCOUNTS, account_of


@pytest.mark.parametrize(
    ("key_id", "account"),
    [
        ("ASIA" + "QNZGKIQY56JQ7WML", "029608264753"),
        ("ASIA" + "Y34FZKBOKMUTVV7A", "609629065308"),
        ("AKIA" + "SP2TPHJSQH3FJRUX", "171436882533"),
        ("AKIA" + "YVP4CIPPERUVIFXG", "595918472158"),
    ],
)
def test_published_vectors(key_id: str, account: str) -> None:
    assert account_of(key_id.encode()) == account


@pytest.mark.parametrize(
    "key_id", ["AKIA" + "I234567ABCDEFGHK", "AKIA" + "J234567ABCDEFGHK", "AKIASHORT", "AKIA" + "1" * 16]
)
def test_old_and_odd_ids_hold_none(key_id: str) -> None:
    assert account_of(key_id.encode()) is None


def test_canary_vectors_are_canaries() -> None:
    assert account_of(b"AKIA" + b"SP2TPHJSQH3FJRUX") in CANARY_ACCOUNTS
