"""The catalogue: every place that the documentation promises is found in a real home, read as the right format."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from keywatch.formats.registry import MODULES, find
from keywatch.places.catalogue import describe, home_targets, originals_of, system_targets
from keywatch.places.rows import ROWS

HOME_PLACES = {
    ".aws/credentials": "aws-ini", ".aws/config": "aws-ini",
    ".bashrc": "shell", ".bash_profile": "shell", ".bash_aliases": "shell", ".profile": "shell", ".zshrc": "shell",
    ".zshenv": "shell", ".kshrc": "shell", ".xprofile": "shell", ".config/fish/config.fish": "fish",
    ".config/fish/conf.d/aws.fish": "fish", ".cshrc": "csh", ".tcshrc": "csh", ".login": "csh",
    ".pam_environment": "environment", ".config/environment.d/10-aws.conf": "env-file", ".ssh/environment": "env-file",
    ".config/systemd/user/sync.service": "systemd", ".config/systemd/user/sync.service.d/key.conf": "systemd",
    ".envrc": "shell", ".env": "dotenv", ".env.production": "dotenv",
    ".s3cfg": "ini", ".boto": "ini", ".passwd-s3fs": "text", ".config/rclone/rclone.conf": "ini",
    ".config/borgmatic/config.yaml": "yaml", ".terraformrc": "hcl", ".terraform.d/credentials.tfrc.json": "json",
    ".git-credentials": None, ".netrc": "netrc", ".pypirc": "ini", ".npmrc": "ini", ".docker/config.json": "json",
    ".kube/config": "yaml", ".config/gh/hosts.yml": "yaml", ".bash_history": "history", ".zsh_history": "history",
    ".local/share/fish/fish_history": "history", ".python_history": "history", ".psql_history": "history",
    ".mysql_history": "history", ".claude.json": "json", ".claude/settings.json": "json",
    ".claude/projects/x/session.jsonl": "json", ".codex/config.toml": "toml",
    ".codex/sessions/2026/01/02/a.jsonl": "json",
    ".cursor/mcp.json": "json", ".gemini/settings.json": "json", ".aider.conf.yml": "yaml",
    ".aider.chat.history.md": None, ".continue/config.json": "json", "Library/LaunchAgents/x.plist": "xml",
    ".config/autostart/x.desktop": "ini", ".bashrc~": "shell", ".bashrc.swp": None, ".bashrc.bak": "shell",
    ".aws/credentials.bak": "aws-ini",
}  # fmt: skip
SYSTEM_PLACES = {
    "etc/profile": "shell", "etc/profile.d/aws.sh": "shell", "etc/environment": "environment",
    "etc/bash.bashrc": "shell", "etc/zsh/zshenv": "shell", "etc/crontab": "crontab-system",
    "etc/cron.d/backup": "crontab-system", "etc/cron.daily/backup": "shell", "etc/cron.hourly/x": "shell",
    "etc/cron.weekly/x": "shell", "etc/cron.monthly/x": "shell", "etc/anacrontab": "crontab-system",
    "var/spool/cron/crontabs/alice": "crontab-user", "etc/systemd/system/x.service": "systemd",
    "etc/systemd/system/x.service.d/a.conf": "systemd", "etc/default/x": None, "etc/sysconfig/x": None,
}  # fmt: skip


def lay(root: Path, places: dict[str, str | None]) -> None:
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")


@pytest.mark.parametrize(
    ("places", "expand"),
    [(HOME_PLACES, home_targets), (SYSTEM_PLACES, system_targets)],
    ids=["home", "system"],
)
def test_every_promised_place_is_found_and_read_as_what_it_is(tmp_path, places, expand):
    lay(tmp_path, places)
    found = {os.path.relpath(target.path, tmp_path): target for target in expand(str(tmp_path))}
    assert set(places) <= set(found), set(places) - set(found)
    for place, format_name in places.items():
        assert found[place].consumer, place
        if format_name is not None:
            assert found[place].format == format_name, place


def test_every_row_names_a_format_that_can_be_had():
    for row in ROWS:
        assert row.format in MODULES, row
        assert find(row.format).name == row.format
        assert row.consumer
        assert not row.pattern.startswith("~")


def test_what_is_not_of_the_catalogue_is_left(tmp_path):
    lay(tmp_path, {"thesis.txt": None, "src/main.c": None, ".aws/cli/history/x": None})
    assert home_targets(str(tmp_path)) == []


def test_variables_of_the_caller_lead_on(tmp_path):
    lay(
        tmp_path,
        {"else/creds": None, "else/conf": None, "kube/a": None, "xdg/fish/config.fish": None, "z/.zshrc": None},
    )
    env = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "else/creds"),
        "AWS_CONFIG_FILE": str(tmp_path / "else/conf"),
        "KUBECONFIG": f"{tmp_path}/kube/a:{tmp_path}/kube/b",
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "ZDOTDIR": str(tmp_path / "z"),
    }
    home = tmp_path / "home"
    home.mkdir()
    found = {os.path.relpath(target.path, tmp_path): target.format for target in home_targets(str(home), env)}
    assert found["else/creds"] == found["else/conf"] == "aws-ini"
    assert found["kube/a"] == "yaml"
    assert found["xdg/fish/config.fish"] == "fish"
    assert found["z/.zshrc"] == "shell"
    assert home_targets(str(home)) == []


def test_links_to_folders_are_followed_in_the_own_home_only(tmp_path):
    lay(tmp_path, {"elsewhere/credentials": None})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".aws").symlink_to(tmp_path / "elsewhere")
    assert home_targets(str(home)) == []
    assert [target.path for target in home_targets(str(home), {})] == [str(home / ".aws/credentials")]


@pytest.mark.parametrize(
    ("path", "format_name"),
    [
        ("/x/.aws/credentials", "aws-ini"),
        ("/srv/app/docker-compose.yml", "yaml"),
        ("/x/terraform.tfvars", "hcl"),
        ("/x/a.ipynb", "json"),
        ("/x/deploy.SH", "shell"),
        ("/x/.env.local", "dotenv"),
        ("/etc/systemd/system/a.service", "systemd"),
        ("backup/etc/crontab", "crontab-system"),
        ("/x/unknown", "text"),
    ],
)
def test_any_path_is_described_by_its_name(path, format_name):
    assert describe(path)[0] == format_name


@pytest.mark.parametrize(
    ("leftover", "original"),
    [
        (".bashrc~", ".bashrc"),
        ("credentials.bak", "credentials"),
        (".bashrc.swp", ".bashrc"),
        (".config.swp", "config"),
    ],
)
def test_leftovers_lead_to_their_original(leftover, original):
    assert original in originals_of(leftover)
    assert originals_of("plain") == []


def test_the_documentation_lists_every_row():
    root = Path(__file__).parents[2]
    made = subprocess.run(
        [sys.executable, root / "scripts/places.py"], capture_output=True, check=True, text=True
    ).stdout
    assert (root / "docs/places.md").read_text() == made, "python scripts/places.py > docs/places.md"
