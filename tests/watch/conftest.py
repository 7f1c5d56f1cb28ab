"""Fixtures of the daemon's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemonlab import Daemon


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Makes daemons, not started yet, and ends them."""
    made: list[Daemon] = []

    def build(root: Path | None = None, **more: object) -> Daemon:
        daemon = Daemon(root or tmp_path, **more)  # type: ignore[arg-type]
        made.append(daemon)
        return daemon

    yield build
    for daemon in made:
        daemon.stop()
