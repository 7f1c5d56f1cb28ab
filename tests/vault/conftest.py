"""A vault for each test that asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from vaultlab import Lab, public

from keywatch.age import x25519
from keywatch.vault.file import create_vault


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """An empty vault with one recipient."""
    made = Lab(tmp_path, x25519.generate())
    create_vault(str(made.path), made.state, [public(made.identity)])
    return made
