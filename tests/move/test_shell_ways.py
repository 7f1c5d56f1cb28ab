"""Shell start-up files: what stands there after a move, and that real shells and clients still have what they had."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from awsclients import CLIENTS, client

from keywatch.errors import CannotMoveError
from tests.fakes import Fakes
from tests.move.drafting import HELPER, KEYWATCH, Drafting
from tests.move.moving import Moving
from tests.serve.awsendpoint import aws_endpoint

fakes = Fakes(61)
ID, SECRET, ID2, SECRET2 = fakes.key_id(), fakes.secret(), fakes.key_id(), fakes.secret()
TOKEN = fakes.session_token()
EXPORTS = f"export AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n"
PROCESS = f"[default]\ncredential_process = {HELPER} deploy\n"
OTHERS = f"[default]\naws_access_key_id={ID2}\naws_secret_access_key={SECRET2}\n"

#: name of the file, before, after with `[default]` free, after with `[default]` taken
CASES = {
    "two exports": (
        ".bashrc",
        f"# top\nexport AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY='{SECRET}'\nalias x=y\n",
        "# top\nalias x=y\n",
        "# top\nexport AWS_PROFILE=deploy\nalias x=y\n",
    ),
    "one export with another variable, CRLF": (
        ".profile",
        f"export A=1 AWS_ACCESS_KEY_ID={ID} AWS_SECRET_ACCESS_KEY={SECRET} B=2\r\nexport C=3\r\n",
        "export A=1 B=2\r\nexport C=3\r\n",
        "export A=1 AWS_PROFILE=deploy B=2\r\nexport C=3\r\n",
    ),
    "in an if, alone": (
        ".zshrc",
        f'if [ -t 0 ]; then\n  export AWS_ACCESS_KEY_ID="{ID}"\n  export AWS_SECRET_ACCESS_KEY="{SECRET}"\nfi',
        "if [ -t 0 ]; then\n  :\n  :\nfi",
        'if [ -t 0 ]; then\n  export AWS_PROFILE="deploy"\nfi',
    ),
    "assigned, then exported, with a token": (
        ".bash_profile",
        f"AWS_ACCESS_KEY_ID={ID}; AWS_SECRET_ACCESS_KEY={SECRET}\nAWS_SESSION_TOKEN={TOKEN}\n"
        "export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN EDITOR\n",
        "export EDITOR\n",
        "AWS_PROFILE=deploy\nexport AWS_PROFILE EDITOR\n",
    ),
    "fish": (
        ".config/fish/config.fish",
        f'set -gx AWS_ACCESS_KEY_ID {ID}\nset -gx AWS_SECRET_ACCESS_KEY "{SECRET}"\nset -gx EDITOR vim\n',
        "set -gx EDITOR vim\n",
        "set -gx AWS_PROFILE deploy\nset -gx EDITOR vim\n",
    ),
    "csh": (
        ".cshrc",
        f"setenv AWS_ACCESS_KEY_ID {ID}\nsetenv AWS_SECRET_ACCESS_KEY '{SECRET}'\nsetenv EDITOR vim\n",
        "setenv EDITOR vim\n",
        "setenv AWS_PROFILE deploy\nsetenv EDITOR vim\n",
    ),
}


def drafted(home, name: str, text: str, way: str = "") -> tuple[str, Drafting]:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    drafting = Drafting(home)
    drafting.apply(path, way)
    return drafting.after(path).decode(), drafting


@pytest.mark.parametrize("case", CASES)
def test_the_variables_go_and_the_default_profile_gives_the_key(case, tmp_path):
    name, before, after, _ = CASES[case]
    text, drafting = drafted(tmp_path, name, before)
    assert text == after
    assert drafting.after(tmp_path / ".aws/credentials").decode() == PROCESS


@pytest.mark.parametrize("case", CASES)
def test_where_the_default_profile_has_a_key_a_new_one_is_named(case, tmp_path):
    name, before, _, after = CASES[case]
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(OTHERS)
    (tmp_path / ".aws/config").write_text(
        "[default]\nregion = eu-west-1\ns3 =\n  max_queue_size = 5\n[profile z]\noutput=text"
    )
    text, drafting = drafted(tmp_path, name, before)
    assert text == after
    assert drafting.after(tmp_path / ".aws/credentials").decode() == OTHERS + PROCESS.replace("default", "deploy")
    config = drafting.after(tmp_path / ".aws/config").decode()
    assert config.endswith("output=text\n[profile deploy]\nregion = eu-west-1\ns3 =\n  max_queue_size = 5\n")


def test_a_profile_that_the_file_names_gives_its_settings(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text("[profile dev]\nregion = eu-west-3\n")
    before = f"export AWS_PROFILE=dev\nexport AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n"
    text, drafting = drafted(tmp_path, ".bashrc", before)
    assert text == "export AWS_PROFILE=deploy\n"
    assert "[profile deploy]\nregion = eu-west-3\n" in drafting.after(tmp_path / ".aws/config").decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'{EXPORTS}curl -u "$AWS_ACCESS_KEY_ID"\n', "itself"),
        (f"AWS_ACCESS_KEY_ID={ID} AWS_SECRET_ACCESS_KEY={SECRET} aws s3 ls\n", "one command"),
        (f"export AWS_PROFILE=$(pick)\n{EXPORTS}", "worked out"),
        (f"export AWS_CONFIG_FILE=x\n{EXPORTS}", "sets AWS_CONFIG"),
    ],
)  # fmt: skip
def test_what_would_change_who_signs_is_refused(text, why, tmp_path):
    with pytest.raises(CannotMoveError, match=why):
        drafted(tmp_path, ".bashrc", text)


def test_a_profile_named_in_another_start_file_is_refused(tmp_path):
    (tmp_path / ".profile").write_text("export AWS_PROFILE=work\n")
    with pytest.raises(CannotMoveError, match="would count once the key is gone"):
        drafted(tmp_path, ".bashrc", f"export AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n")


def test_env_is_one_guarded_line(tmp_path):
    before = f"x=1\nexport AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\ny=2\n"
    text, _ = drafted(tmp_path, ".bashrc", before, "env")
    names = "--as AWS_ACCESS_KEY_ID=access_key_id --as AWS_SECRET_ACCESS_KEY=secret_access_key"
    assert text == f'x=1\neval "$({KEYWATCH} env --shell sh {names} deploy)"\ny=2\n'


SHELLS = {
    "bash": (".bashrc", ["bash", "-ic", "env"], "export {}={}"),
    "zsh": (".zshenv", ["zsh", "-c", "env"], "export {}={}"),
    "sh": (".profile", ["sh", "-lc", "env"], "export {}={}"),
    "fish": (".config/fish/config.fish", ["fish", "-c", "env"], "set -gx {} {}"),
    "tcsh": (".cshrc", ["tcsh", "-c", "env"], "setenv {} {}"),
}


def shell(name: str) -> object:
    missing = not shutil.which(SHELLS[name][1][0]) and os.environ.get("KEYWATCH_E2E") != "required"
    return pytest.param(name, marks=pytest.mark.skip(reason=f"no {name}")) if missing else pytest.param(name)


def environment(moving: Moving, command: list[str]) -> dict[str, str]:
    """The variables of a real shell that starts in the home."""
    done = subprocess.run(
        command, env=moving.env, cwd=moving.home, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    lines = [line.partition("=") for line in done.stdout.splitlines()]
    return {name: value for name, _, value in lines}


@pytest.fixture
def moving(tmp_path):
    made = Moving(tmp_path, warmed=True)
    made.init_vault()
    return made


@pytest.mark.e2e
@pytest.mark.parametrize("name", [shell(name) for name in SHELLS])
def test_a_real_shell_has_what_it_had(name, moving):
    file, command, line = SHELLS[name]
    variables = {"EDITOR": "vim", "AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "eu-west-1"}
    text = "".join(line.format(key, f"'{value}'") + "\n" for key, value in variables.items())
    path = moving.write(file, text)
    before = environment(moving, command)
    assert before["AWS_SECRET_ACCESS_KEY"] == SECRET
    moving.run("move", str(path), "--yes")
    after = environment(moving, command)
    assert not {key for key in after if key.startswith("AWS_") and key != "AWS_REGION"} - {"AWS_EC2_METADATA_DISABLED"}
    assert (after["EDITOR"], after["AWS_REGION"]) == ("vim", "eu-west-1")
    moving.run("undo", "--yes")
    assert path.read_text() == text

    moving.run("move", str(path), "--yes", "--as", "env")
    assert SECRET not in path.read_text()
    again = environment(moving, command)
    assert {key: again.get(key) for key in variables} == variables
    (moving.root / "vault.key").rename(moving.root / "away")
    locked = environment(moving, command)
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & locked.keys()
    assert locked["EDITOR"] == "vim"


@pytest.mark.e2e
@pytest.mark.parametrize("taken", [False, True], ids=["default free", "default taken"])
@pytest.mark.parametrize("name", [client(name) for name in CLIENTS])
def test_clients_of_a_login_shell_sign_with_the_same_key(name, taken, moving):
    """The client is started by a real shell that reads the profile."""
    path = moving.write(".profile", f"export AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n")
    if taken:
        moving.write(".aws/credentials", OTHERS)
    with aws_endpoint({ID: SECRET, ID2: SECRET2}) as endpoint:
        moving.env |= {"ENDPOINT": endpoint.url, "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1"}
        words = [word.replace("URL", endpoint.url) for word in CLIENTS[name]]
        command = ["sh", "-lc", '"$@"', "sh", *words]
        for step in (None, ["move", str(path), "--yes"], ["undo", "--yes"]):
            if step:
                moving.run(*step)
            endpoint.asked.clear()
            done = subprocess.run(command, env=moving.env, capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stderr
            assert set(endpoint.asked) == {(ID, True)}
