"""keywatch key create as root for a service of the system: the system vault, its agent, and the users that it names."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import pytest

from keywatch.cli.main import main
from keywatch.paths import Homes
from keywatch.vault import remote
from tests.aws.endpoint import ADMIN, Endpoint
from tests.aws.test_creation import CREATE, USER
from tests.move.moving import PROGRAMS
from tests.serve.test_system_agent import BEN, Lab, lab

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
__all__ = ["lab"]
NOBODY = 65534


@pytest.fixture
def system(lab: Lab, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab's folders stand for the system's, its agent for the system's agent."""
    state = lab.root / "root"
    homes = Homes(str(lab.config), str(state), str(state / "cache"), str(state), str(lab.root / "state"), system=True)
    for module in ("key_create", "key_create_plan"):
        monkeypatch.setattr(f"keywatch.cli.{module}.own_homes", lambda: homes, raising=False)
    monkeypatch.setattr("keywatch.cli.key_create_plan.POLICIES", str(lab.config / "conf.d"))
    monkeypatch.setattr("keywatch.cli.key_create_plan.SYSTEM_FOLDER", str(lab.config / "aws"))
    monkeypatch.setattr(remote, "SystemVault", functools.partial(remote.SystemVault, lab.socket))
    monkeypatch.setattr(sys, "argv", [os.path.join(PROGRAMS, "keywatch")])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ADMIN[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ADMIN[1])
    return lab


def test_the_users_that_are_named_get_it_and_nobody_else(
    system: Lab, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert main([*CREATE, "--yes", "--user", "nobody"]) == 0
    said = capsys.readouterr().out
    assert "root and nobody (uid 65534)" in said
    pointed = system.config / "aws/backup"
    assert f"Environment=AWS_SHARED_CREDENTIALS_FILE={pointed}" in said
    assert pointed.read_text().endswith("keywatch-credential --vault system backup\n")
    policy = system.config / "conf.d/backup.toml"
    for path in (pointed, policy):
        assert path.stat().st_mode & 0o777 == 0o644
    (key,) = endpoint.keys(USER)
    assert key in system.ask(NOBODY, "credential backup")
    assert "does not name user" in system.ask(BEN, "credential backup")
    assert system.vault.get("backup").masked().endswith(key[-4:])


def test_without_users_it_is_roots_alone(system: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREATE, "--yes"]) == 0
    assert "root alone" in capsys.readouterr().out
    assert not (system.config / "conf.d/backup.toml").exists()
    assert "only root does" in system.ask(NOBODY, "credential backup")


def test_what_failed_is_taken_back(system: Lab, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    endpoint.lost["iam:CreateAccessKey"] = 1
    assert main([*CREATE, "--yes", "--user", "nobody"]) == 3
    assert "everything was taken back" in capsys.readouterr().err
    left = [str(path) for path in Path(system.config).rglob("*") if path.is_file() and "lock" not in path.name]
    assert left == []
    assert [each.name for each in system.vault.list_entries()] == ["work"]


def test_a_program_alone_narrows_nothing_for_root(system: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREATE, "--yes", "--executable", "/usr/bin/env"]) == 2
    assert "--user" in capsys.readouterr().err
