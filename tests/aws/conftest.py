"""The endpoint, and an environment in which nothing of this machine's own AWS settings counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.endpoint import Endpoint, aws
from tests.aws.rotating import Rotating


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An AWS on loopback, to which this process's calls go too."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    with aws() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


@pytest.fixture
def rotating(tmp_path: Path, endpoint: Endpoint) -> Rotating:
    return Rotating(tmp_path, endpoint)
