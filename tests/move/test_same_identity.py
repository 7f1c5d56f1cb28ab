"""Before, after a move and after its undo, real AWS clients sign with the same key: seen at a loopback endpoint."""

from __future__ import annotations

import subprocess
import sys

import pytest
from awsclients import CLIENTS, client

from tests.fakes import Fakes
from tests.move.moving import Moving
from tests.serve.awsendpoint import Endpoint, aws_endpoint

fakes = Fakes(78)
KEYS = [(fakes.key_id(), fakes.secret()) for _ in range(3)]
(ID, SECRET), (ID2, SECRET2), _ = KEYS
PAIR = f"aws_access_key_id={ID}\naws_secret_access_key={SECRET}\n"
PAIR2 = f"aws_access_key_id={ID2}\naws_secret_access_key={SECRET2}\n"

#: a home's files, the variables of its login, and which key signs
HOMES: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "default in credentials": ({".aws/credentials": f"[default]\n{PAIR}"}, {}, ID),
    "default in config": ({".aws/config": f"[default]\nregion=eu-west-1\n{PAIR}"}, {}, ID),
    "a profile in credentials": (
        {".aws/credentials": f"[default]\n{PAIR2}[dev]\n{PAIR}", ".aws/config": "[profile dev]\nregion=eu-west-3\n"},
        {"AWS_PROFILE": "dev"}, ID,
    ),
    "a profile in config": ({".aws/config": f"[profile dev]\n{PAIR}[default]\n{PAIR2}"}, {"AWS_PROFILE": "dev"}, ID),
    "an export shadows the profile": (
        {".aws/credentials": f"[default]\n{PAIR}"}, {"AWS_ACCESS_KEY_ID": ID2, "AWS_SECRET_ACCESS_KEY": SECRET2}, ID2,
    ),
}  # fmt: skip


def signer(name: str, moving: Moving, variables: dict[str, str], endpoint: Endpoint) -> set[tuple[str, bool]]:
    """Which keys signed the client's requests, and whether rightly."""
    endpoint.asked.clear()
    env = {
        **moving.env, "ENDPOINT": endpoint.url, "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1", **variables,
    }  # fmt: skip
    command = [word.replace("URL", endpoint.url) for word in CLIENTS[name]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(endpoint.asked)


@pytest.mark.e2e
@pytest.mark.parametrize("where", HOMES)
@pytest.mark.parametrize("name", [client(name) for name in CLIENTS])
def test_the_same_key_signs_before_and_after(name: str, where: str, tmp_path) -> None:
    files, variables, key = HOMES[where]
    moving = Moving(tmp_path, warmed=True)
    moving.init_vault()
    for path, text in files.items():
        moving.write(path, text)
    with aws_endpoint(dict(KEYS)) as endpoint:
        assert signer(name, moving, variables, endpoint) == {(key, True)}
        moving.run("move", str(moving.home / ".aws"), "--yes")
        assert moving.findings(".aws") == []
        assert signer(name, moving, variables, endpoint) == {(key, True)}
        for _ in moving.json("undo", "--list"):
            moving.run("undo", "--yes")
        assert {path: (moving.home / path).read_text() for path in files} == files
        assert signer(name, moving, variables, endpoint) == {(key, True)}


ROLE = """
import os, botocore.session
found = botocore.session.Session(profile="admin")
print(found.full_config["profiles"]["admin"]["source_profile"], found.get_config_variable("region"))
print(botocore.session.Session(profile="base").get_credentials().access_key)
"""


def test_a_role_still_finds_its_source_profile(tmp_path) -> None:
    """boto's own resolution; the endpoint here grants no roles."""
    moving = Moving(tmp_path, warmed=True)
    moving.init_vault()
    moving.write(".aws/credentials", f"[base]\n{PAIR}")
    moving.write(
        ".aws/config",
        "[profile admin]\nrole_arn=arn:aws:iam::123456789012:role/a\nsource_profile=base\nregion=eu-west-2\n",
    )
    before = (moving.home / ".aws/config").read_bytes()
    moving.run("move", str(moving.home / ".aws/credentials"), "--yes")
    said = subprocess.run(
        [sys.executable, "-c", ROLE], env=moving.env, capture_output=True, text=True, check=True
    ).stdout
    assert said.split() == ["base", "eu-west-2", ID]
    assert (moving.home / ".aws/config").read_bytes() == before
