"""The next step for each key: which row of the table holds, what kind of machine this is, and what a person reads."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from keywatch.advise.judge import Facts, judge
from keywatch.advise.machine import Machine, find_machine
from keywatch.advise.replace import REPLACEMENTS
from keywatch.advise.services import NEEDS, creations
from keywatch.places.rows import ROWS
from tests.fakes import Fakes
from tests.move.moving import Moving

DAY = 86400.0
NOW = 2e9
DOCS = Path(__file__).parents[2] / "docs/advice.md"
PLAIN = Facts(
    title="AWS access key", masked="AKIA…WXYZ", aws=True, long_lived=True, machine=Machine.PERSONS, now=NOW,
    places=("/home/a/.bashrc",), consumers=("shells",), since=NOW - 5 * DAY,
)  # fmt: skip
VAULTED = replace(PLAIN, places=(), entry="work", used=NOW - DAY)


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        (PLAIN, ["move", "replace"]),
        (replace(PLAIN, advice=("rotate",)), ["rotate", "move", "replace"]),
        (replace(PLAIN, advice=("chmod", "untrack")), ["move", "replace"]),
        (replace(PLAIN, since=NOW - 91 * DAY), ["rotate", "move", "replace"]),
        (replace(PLAIN, since=NOW - 89 * DAY), ["move", "replace"]),
        (replace(PLAIN, consumers=("shells", "cron")), ["split", "move", "replace"]),
        (replace(PLAIN, machine=Machine.EC2), ["replace", "move"]),
        (replace(PLAIN, machine=Machine.SERVER, advice=("rotate",)), ["rotate", "replace", "move"]),
        (replace(PLAIN, long_lived=False), ["move"]),
        (replace(PLAIN, aws=False, advice=("revoke",)), ["rotate", "move"]),
        (VAULTED, ["keep"]),
        (replace(VAULTED, used=NOW - 91 * DAY, since=NOW - 100 * DAY), ["delete", "rotate"]),
        (replace(VAULTED, used=0.0, since=NOW - 100 * DAY), ["delete", "rotate"]),
        (replace(VAULTED, used=0.0, since=NOW - DAY), ["keep"]),
        (replace(VAULTED, machine=Machine.CLOUD), ["replace", "keep"]),
        (replace(VAULTED, used=0.0, since=0.0), ["keep"]),
    ],
)
def test_the_table(facts: Facts, names: list[str]) -> None:
    assert [step.name for step in judge(facts)] == names


def test_each_step_can_be_copied_and_read_more_of() -> None:
    sections = {re.sub(r"[^a-z0-9 -]", "", line[3:].strip().lower()).replace(" ", "-")
                for line in DOCS.read_text().splitlines() if line.startswith("## ")}  # fmt: skip
    every = [PLAIN, replace(PLAIN, advice=("rotate",)), replace(PLAIN, consumers=("a", "b")),
             replace(VAULTED, used=0.0, since=NOW - 100 * DAY)]  # fmt: skip
    for facts in [*every, *(replace(PLAIN, machine=machine) for machine in Machine)]:
        for step in judge(facts):
            assert not step.more or step.more in sections, step.more
    assert set(REPLACEMENTS) == set(Machine)
    strange = judge(replace(PLAIN, places=("/home/a/it's here",)))[0]
    assert strange.commands == ("keywatch move '/home/a/it'\"'\"'s here'",)


def test_splitting_names_a_command_for_each_program_that_is_known() -> None:
    consumers = {row.consumer for row in ROWS}
    assert set(NEEDS) <= consumers, "a consumer was renamed"
    step = judge(replace(PLAIN, consumers=("rclone", "zsh")))[0]
    assert step.commands[0].startswith("keywatch key create rclone --allow s3:read")
    assert step.commands[1:] == ("keywatch key templates", "keywatch key create SERVICE --allow TEMPLATE --dry-run")
    assert len(judge(replace(PLAIN, consumers=("rclone", "restic")))[0].commands) == 2


@pytest.mark.parametrize("consumer", NEEDS)
def test_what_it_names_can_be_run(consumer: str, tmp_path: Path) -> None:
    words = creations([consumer])[0].replace("BUCKET", "acme-data").replace("PATH", "web1/").split()
    plan = Moving(tmp_path).json(*words[1:])
    assert plan["service"] == NEEDS[consumer][0] and plan["policy"]["Statement"]


def machine(root: Path, **files: str) -> Machine:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_-", "-")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return find_machine({}, str(root))[0]


def test_kinds_of_machines(tmp_path: Path) -> None:
    def made(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    assert machine(made("ec2"), sys__class__dmi__id__sys_vendor="Amazon EC2") is Machine.EC2
    assert (
        machine(made("azure"), sys__class__dmi__id__chassis_asset_tag="7783-7084-3265-9085-8269-3286-77")
        is Machine.CLOUD
    )
    assert machine(made("docker"), **{".dockerenv": ""}) is Machine.CONTAINER
    assert machine(made("rack")) is Machine.SERVER
    assert machine(made("laptop"), sys__class__power_supply__BAT0__type="Battery\n") is Machine.PERSONS
    assert machine(made("mains"), sys__class__power_supply__AC__type="Mains\n") is Machine.SERVER
    assert machine(made("desktop"), run__systemd__seats__seat0="IS_SEAT0=1\nACTIVE=2\n") is Machine.PERSONS
    assert machine(made("console"), run__systemd__seats__seat0="IS_SEAT0=1\n") is Machine.SERVER
    screen = made("screen")
    (screen / "sys/class/drm/card0-HDMI-A-1").mkdir(parents=True)
    (screen / "sys/class/drm/card0-HDMI-A-1/status").write_text("connected\n")
    assert machine(screen) is Machine.PERSONS
    assert find_machine({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, str(screen))[0] is Machine.CONTAINER
    assert find_machine({"ECS_CONTAINER_METADATA_URI_V4": "http://x"}, str(screen))[0] is Machine.CONTAINER


def test_what_a_person_reads(tmp_path: Path) -> None:
    fakes = Fakes(17)
    moving = Moving(tmp_path)
    moving.init_vault()
    key, secret = fakes.key_id(), fakes.secret()
    place = moving.write(".bashrc", f"export AWS_ACCESS_KEY_ID={key}\nexport AWS_SECRET_ACCESS_KEY={secret}\n", 0o600)
    said = moving.run("advise", str(place)).stdout.decode()
    assert f"{key[:4]}…{key[-4:]}" in said and "keywatch move" in said and "docs/advice.md#" in said
    assert secret not in said and key not in said
    assert max(map(len, [line for line in said.splitlines() if not line.startswith("       ")])) <= 100
    told = moving.json("advise", str(place))
    assert told["schema"] == "keywatch.advice/1"
    assert "move" in [step["name"] for step in told["keys"][0]["steps"]]
    (plan,) = moving.json("move", str(place), "--yes")
    (after,) = moving.json("advise", plan["entry"])["keys"]
    assert after["entry"] == plan["entry"] and after["places"] == []
    assert "move" not in [step["name"] for step in after["steps"]]
    assert moving.run("advise", "no-such-thing", status=2).stderr
    assert json.loads(moving.run("advise", "--json").stdout)["keys"]


def test_the_home_is_told_as_everywhere_else(tmp_path: Path) -> None:
    """`~` to a person, in commands too, and whole paths to programs."""
    fakes = Fakes(18)
    moving = Moving(tmp_path)
    moving.init_vault()
    key = f"aws_access_key_id = {fakes.key_id()}\naws_secret_access_key = {fakes.secret()}\n"
    place = moving.write(".aws/credentials", f"[default]\n{key}")
    said = moving.run("advise").stdout.decode()
    assert "keywatch move ~/.aws/credentials" in said
    assert str(tmp_path) not in said
    (told,) = moving.json("advise")["keys"]
    assert told["places"] == [str(place)]
    assert f"keywatch move {place}" in [command for step in told["steps"] for command in step["commands"]]
    moving.run("move", str(place), "--entry", "work", "--yes")
    assert str(tmp_path) not in moving.run("advise", "work").stdout.decode()


@pytest.mark.parametrize("name", [".aws/credentials", "it's here/a $b", "~/x", "-"])
def test_a_command_with_the_home_in_it_means_the_file_in_a_shell(name: str) -> None:
    facts = replace(PLAIN, places=(f"/home/a/{name}", "/home/ab", "/srv/x y"), home="/home/a")
    (command,) = judge(facts)[0].commands
    assert command.startswith("keywatch move ~/")
    script = "keywatch() { shift; printf '%s\\n' \"$@\"; }; " + command
    done = subprocess.run(["sh", "-c", script], env={"HOME": "/home/a"}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(facts.places)
