"""The order of the tests: what takes minutes begins first, so that no worker works alone at the end."""

from __future__ import annotations

import pytest

#: a minute or more each, in CI
_LONG = (
    "packages/test_ansible.py", "vault/test_vault_concurrency.py", "move/test_move_faults.py",
    "aws/test_rotation_kills.py", "aws/test_rotation_consumers.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first; all others as they were collected."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(_LONG))
