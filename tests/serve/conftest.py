"""A person with a vault, an agent, and an AWS on loopback that gives temporary keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.endpoint import Endpoint, aws
from tests.move.moving import Moving
from tests.serve.sessionlab import Lab


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with aws() as made:
        yield made


@pytest.fixture
def lab(tmp_path: Path, endpoint: Endpoint) -> Iterator[Lab]:
    lab = Lab(Moving(tmp_path), endpoint=endpoint)
    yield lab
    lab.stop()
    # wherever it went on its way: the long-lived secret lies in no file but the sealed vault
    assert lab.moving.leaks(lab.key["SecretAccessKey"]) == []
