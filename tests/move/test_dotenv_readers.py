"""Real readers of a moved `.env`, started as the plan says, get the key; started alone they see that it has moved."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.fakes import Fakes
from tests.move.moving import PROGRAMS, Moving

fakes = Fakes(88)
ID, SECRET = fakes.key_id(), fakes.secret()
PYTHON = (
    "import os, dotenv; dotenv.load_dotenv('.env'); e = os.environ;"
    "print(e['AWS_ACCESS_KEY_ID'], e['AWS_SECRET_ACCESS_KEY'], e['LEVEL'])"
)
NODE = "const e = process.env; console.log(e.AWS_ACCESS_KEY_ID || '', e.AWS_SECRET_ACCESS_KEY || '', e.LEVEL || '')"
READERS = {
    "python-dotenv": [sys.executable, "-c", PYTHON],
    "node": ["node", "-e", NODE],
    "sh": ["sh", "-c", 'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $LEVEL"'],
}


@pytest.mark.e2e
@pytest.mark.parametrize("name", READERS)
def test_a_reader_gets_the_key_by_exec_alone(name, tmp_path):
    if not shutil.which(READERS[name][0]) and os.environ.get("KEYWATCH_E2E") != "required":
        pytest.skip(f"no {name}")
    moving = Moving(tmp_path)
    moving.init_vault()
    place = moving.write(".env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY='{SECRET}'\nLEVEL=3\n")
    moving.run("move", str(place), "--yes")

    def read(*before: str) -> str:
        done = subprocess.run(
            [*before, *READERS[name]], env=moving.env, cwd=moving.home, capture_output=True, text=True, check=True,
            timeout=60,
        )  # fmt: skip
        return done.stdout.strip()

    program = os.path.join(PROGRAMS, "keywatch")
    assert read(program, "exec", "--env-file", str(place), "--") == f"{ID} {SECRET} 3"
    alone = read()
    assert SECRET not in alone
    if name == "python-dotenv":
        assert alone.split()[1].startswith("keywatch://")


COMPOSE = """\
version: "3"
services:
  app:
    image: alpine
    environment:
      - AWS_ACCESS_KEY_ID
      - AWS_SECRET_ACCESS_KEY
      - COPY=${AWS_SECRET_ACCESS_KEY}
      - LEVEL=${LEVEL}
"""


@pytest.mark.e2e
def test_docker_compose_renders_the_same_before_and_after(tmp_path):
    """`docker-compose config` fills in a project's `.env` without a daemon."""
    if not shutil.which("docker-compose") and os.environ.get("KEYWATCH_E2E") != "required":
        pytest.skip("no docker-compose")
    moving = Moving(tmp_path)
    moving.init_vault()
    project = moving.home / "project"
    project.mkdir()
    (project / "docker-compose.yml").write_text(COMPOSE)
    place = moving.write("project/.env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={SECRET}\nLEVEL=3\n")

    def render(*before: str) -> str:
        return subprocess.run(
            [*before, "docker-compose", "config"], env=moving.env, cwd=project, capture_output=True, text=True,
            check=True, timeout=60,
        ).stdout  # fmt: skip

    before = render()
    assert SECRET in before and f"AWS_ACCESS_KEY_ID: {ID}" in before
    moving.run("move", str(place), "--yes")
    program = os.path.join(PROGRAMS, "keywatch")
    assert render(program, "exec", "--env-file", str(place), "--") == before
    alone = render()
    assert SECRET not in alone and "keywatch://" in alone
