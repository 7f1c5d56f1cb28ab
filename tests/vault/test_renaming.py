"""A renamed entry keeps its policy and its known programs: with an agent, and killed or failed at any point."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from vaultlab import Lab, fake_deposit
from victim import Victim, needs_strace

from keywatch.config import read_config
from keywatch.errors import ConfigError
from keywatch.policyfile import carry_policy, drop_policy
from keywatch.serve.consumers import Consumers, read_store
from tests.fakes import Fakes
from tests.move.moving import Moving
from tests.serve.sessionlab import Served

#: the calls that change what others see, or make it durable
CHANGING = re.compile(r"(rename\w*|link\w*|unlink\w*|write|fsync):(signal=KILL|error=EIO):")
DENIED = "# by me\n[entries.work]\ndeny = true  # yes\n"
fakes = Fakes(73)
KEY = {"AccessKeyId": fakes.key_id(), "SecretAccessKey": fakes.secret()}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(Moving(tmp_path))
    made.put("work", KEY)
    yield made
    made.stop()


@pytest.mark.parametrize("with_agent", [False, True], ids=["alone", "agent"])
def test_a_denied_entry_stays_denied(served: Served, with_agent: bool) -> None:
    served.set("deny = true")
    served.start()
    assert "denies it" in served.helper().stderr
    if not with_agent:
        served.stop()
    served.moving.run("vault", "rename", "work", "job")
    if not with_agent:
        served.start()
    done = served.helper("job")
    assert done.returncode == 1
    assert "denies it" in done.stderr
    assert KEY["SecretAccessKey"] not in done.stdout
    assert not (served.moving.home / ".config/keywatch/conf.d/work.toml").exists()


def test_what_only_known_programs_get_they_alone_get_after_it(served: Served) -> None:
    """An entry that no program is known of learns the first one that comes: it must not count as such."""
    served.set('new = "deny"')
    store = Consumers(str(served.moving.state))
    store.note("work", "/usr/bin/known", "AKIA…TEST")
    store.note("job", "/usr/bin/of-another-entry-of-that-name")
    served.moving.run("vault", "rename", "work", "job")
    assert {name: list(each.programs) for name, each in read_store(str(served.moving.state)).items()} == {
        "job": ["/usr/bin/known"]
    }
    served.start()
    assert "has not used it before" in served.helper("job").stderr


def test_a_name_that_another_vault_uses_keeps_its_policy_too(served: Served) -> None:
    other = str(served.moving.root / "other.json")
    served.moving.run("vault", "init", "--vault", other, "--key-file", f"{other}.key", "--no-recovery")
    served.moving.run("vault", "copy", "work", "--to", other)
    served.set("deny = true")
    served.moving.run("vault", "rename", "work", "job", "--vault", other)
    config = read_config(str(served.moving.home / ".config/keywatch/keywatch.toml"))
    assert config.entries["work"].deny and config.entries["job"].deny


def test_another_policy_of_the_new_name_is_said_and_nothing_is_changed(served: Served) -> None:
    served.set("deny = true")
    served.set("ask = true", "job")
    said = served.moving.run("vault", "rename", "work", "job", status=2).stderr.decode()
    assert "different things" in said
    assert [each["name"] for each in served.moving.json("vault", "list")["entries"]] == ["work"]
    served.put("taken", {"AccessKeyId": fakes.key_id(), "SecretAccessKey": fakes.secret()})
    assert b"already" in served.moving.run("vault", "rename", "work", "taken", status=3).stderr
    assert "taken" not in read_config(str(served.moving.home / ".config/keywatch/keywatch.toml")).entries
    served.moving.run("vault", "rename", "work", "Work")
    assert read_config(str(served.moving.home / ".config/keywatch/keywatch.toml")).entries["work"].deny


def test_a_removed_entry_s_programs_are_new_to_the_next_of_that_name(served: Served) -> None:
    served.set('new = "deny"')
    store = Consumers(str(served.moving.state))
    store.note("work", "/usr/bin/known", "AKIA…TEST")
    said = served.moving.run("vault", "rm", "work", "--yes").stdout.decode()
    assert read_store(str(served.moving.state)) == {}
    policy = served.moving.home / ".config/keywatch/conf.d/work.toml"
    assert f"Its policy in {policy} stays" in said
    assert policy.exists()


def test_programs_are_known_while_another_vault_has_an_entry_of_that_name(served: Served) -> None:
    other = str(served.moving.root / "other.json")
    served.moving.run("vault", "init", "--vault", other, "--key-file", f"{other}.key", "--no-recovery")
    served.moving.run("vault", "copy", "work", "--to", other)
    Consumers(str(served.moving.state)).note("work", "/usr/bin/known", "AKIA…TEST")
    said = served.moving.run("vault", "rm", "work", "--yes", "--vault", other).stdout.decode()
    assert "policy" not in said
    assert list(read_store(str(served.moving.state))["work"].programs) == ["/usr/bin/known"]


@pytest.fixture
def victim(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("trace")
    (folder / "identity").write_text(lab.identity.encoded().expose().decode())
    made = Victim(Path(__file__).parent / "renamevictim.py", [f"{folder}/identity"], folder)
    yield made
    made.close()


@needs_strace
@pytest.mark.e2e
def test_hurt_anywhere_no_entry_stands_without_its_denial(lab: Lab, victim: Victim) -> None:
    lab.depositor().put(fake_deposit("work"))
    config = lab.folder / "config"
    (config / "conf.d").mkdir(parents=True)
    (config / "conf.d/work.toml").write_text(DENIED)
    Consumers(lab.state).note("work", "/usr/bin/known")
    kept = victim.log.parent / "kept"
    shutil.copytree(lab.folder, kept)
    operation = f"{config} {lab.state} {lab.path}"
    count = 0
    states = set()
    for inject in victim.injections(operation):
        if not CHANGING.match(inject):
            continue
        shutil.rmtree(lab.folder)
        shutil.copytree(kept, lab.folder)
        status, said = victim.run(operation, inject)
        assert status in (0, 3, -signal.SIGKILL), f"{inject}: {status}: {said}"
        (name,) = {each.name for each in lab.depositor().list_entries()}
        policies = read_config(str(config / "keywatch.toml")).entries
        assert policies[name].deny, inject
        assert list(read_store(lab.state)[name].programs) == ["/usr/bin/known"], inject
        states.add((name, frozenset(policies)))
        if name == "work":
            assert victim.run(operation)[0] == 0, inject
            assert (config / "conf.d/job.toml").read_text() == DENIED.replace("entries.work", 'entries."job"'), inject
            assert not (config / "conf.d/work.toml").exists(), inject
        count += 1
    assert count > 30
    both = frozenset({"work", "job"})
    assert states >= {("work", frozenset({"work"})), ("work", both), ("job", both), ("job", frozenset({"job"}))}


def test_a_section_among_others_is_carried_with_its_comments_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "keywatch.toml"
    text = (
        "# top\n[watch]\nquiet = 0.2\n\n# about work\n[entries.work] # mine\n# only me\nask = true\n\n"
        "# the other\n[entries.other]\ndeny = true"
    )
    path.write_text(text)
    path.chmod(0o644)
    assert carry_policy(str(tmp_path), "Work", "new.name") == str(path)
    both = read_config(str(path)).entries
    assert both["work"] == both["new.name"] and both["work"].ask
    assert carry_policy(str(tmp_path), "work", "new.name") == ""  # it is there already
    assert drop_policy(str(tmp_path), "work") == []
    assert path.read_text() == text.replace("[entries.work]", '[entries."new.name"]') + "\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert carry_policy(str(tmp_path), "nobody", "x") == ""


@pytest.mark.parametrize("text", ["[entries]\nwork = {deny = true}\n", "entries.work.deny = true\n"])
def test_what_can_not_be_carried_is_said_and_left(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keywatch.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape('write [entries."job"] there yourself')):
        carry_policy(str(tmp_path), "work", "job")
    assert path.read_text() == text
    assert drop_policy(str(tmp_path), "work") == [str(path)]
    assert path.read_text() == text
