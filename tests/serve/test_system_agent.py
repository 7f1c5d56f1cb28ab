"""The system's agent at its socket, asked by processes of really different users."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from keywatch.age import x25519
from keywatch.errors import EntryExistsError, EntryMissingError, VaultError, VaultMissingError
from keywatch.model import Secret
from keywatch.vault.base import Deposit, Payload
from keywatch.vault.remote import SystemVault
from tests.fakes import Fakes

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")

ANNA, BEN = 4001, 4002
_SERVE = """
import os, socket, sys
from functools import partial
from keywatch.serve.agent import serve_everybody
from keywatch.serve.live import LivePolicies
from keywatch.serve.reads import record
from keywatch.serve.system import SystemKeeper, follow_recipients, make_vault
root, config = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(root + "/agent.sock"); os.chmod(root + "/agent.sock", 0o666); listener.listen(1000)
state = root + "/state"
make_vault(state + "/vault.json", state, config)
follow_recipients(state + "/vault.json", state, config)
live = LivePolicies(config, state, lambda *_: None)
keeper = SystemKeeper(state + "/vault.json", state, partial(record, state), live)
print("ready", flush=True)
serve_everybody(keeper, listener, lambda: False, 0.1)
"""
_ASK = """
import os, sys
from keywatch.wire.client import ask_agent
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
print(ask_agent(sys.argv[2], sys.argv[3].encode(), 5))
"""


class Lab:
    """A system agent in a folder that everybody may enter, with one entry in its vault."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "etc"
        (self.config / "conf.d").mkdir(parents=True)
        (root / "state").mkdir(mode=0o700)
        credentials = root / "credentials"
        credentials.mkdir(mode=0o700)
        identity = credentials / "keywatch-identity"
        identity.write_bytes(x25519.generate().encoded().expose() + b"\n")
        identity.chmod(0o600)
        self.env = {**os.environ, "CREDENTIALS_DIRECTORY": str(credentials)}
        self.socket = str(root / "agent.sock")
        self.start()
        fakes = Fakes(11)
        self.key, self.secret = fakes.key_id(), fakes.secret()
        self.vault = SystemVault(self.socket)
        fields = {"access_key_id": Secret(self.key.encode()), "secret_access_key": Secret(self.secret.encode())}
        self.vault.put(Deposit("work", Payload(fields), "long-lived", "/etc/cron  tab", "cron"))

    def start(self) -> None:
        (self.root / "agent.sock").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, self.root, self.config], env=self.env, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def ask(self, uid: int, line: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _ASK, str(uid), self.socket, line], capture_output=True, text=True, check=True
        )
        return done.stdout

    def allow(self, text: str) -> None:
        path = self.config / "conf.d/work.toml"
        path.write_text(f"[entries.work]\n{text}\n")

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.root / "state/audit.jsonl").read_text().splitlines()]


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("agent")
    for folder in (root, *root.parents):
        if folder == root or folder.name.startswith(("pytest-", "popen-")):  # pytest's own, by one or several workers
            folder.chmod(0o755)
    lab = Lab(root)
    yield lab
    lab.stop()


def test_without_a_policy_an_entry_is_roots_alone(lab: Lab) -> None:
    for request in ("credential work", "variables work", "payload work"):
        answer = lab.ask(ANNA, request)
        assert "no [entries] section" in answer
        assert lab.key not in answer and lab.secret not in answer
        assert lab.secret in lab.ask(0, request) or request == "payload work"
    assert lab.vault.get("work").fields["secret_access_key"].expose() == lab.secret.encode()


def test_the_policy_names_users_and_is_read_again_at_once(lab: Lab) -> None:
    lab.allow(f"uids = [{ANNA}]")
    assert lab.secret in lab.ask(ANNA, "credential work")
    assert lab.secret in lab.ask(ANNA, "credential Work") or "no entry" in lab.ask(ANNA, "credential Work")
    assert "does not name user" in lab.ask(BEN, "credential work")
    lab.allow(f"uids = [{BEN}]")
    assert "does not name user" in lab.ask(ANNA, "credential work")
    assert lab.secret in lab.ask(BEN, "credential work")
    lab.allow("deny = true")
    for uid in (0, ANNA, BEN):
        assert "denies" in lab.ask(uid, "credential work")
    lab.allow(f'uids = [{ANNA}]\nexecutables = ["/usr/bin/backup"]')
    assert "does not name" in lab.ask(ANNA, "credential work")
    told = [event["what"] for event in lab.events() if event["event"] == "policy"]
    assert told == ["made", "changed", "changed", "changed"]


def test_a_policy_without_users_gives_to_root_alone(lab: Lab) -> None:
    lab.allow("ask = true")
    assert "is not given" in lab.ask(ANNA, "credential work")
    lab.allow('executables = ["/usr/bin/python3"]')
    assert "is not given" in lab.ask(ANNA, "credential work")


def test_only_root_manages(lab: Lab) -> None:
    for request in ("entries", "put e30=", "rename work mine", "remove work", "unlock 60 AGE-SECRET-KEY-1", "lock"):
        answer = lab.ask(ANNA, request)
        assert "only root" in answer or "not a request" in answer
    assert [entry.name for entry in lab.vault.list_entries()] == ["work"]


def test_roots_vault_behaves_like_every_vault(lab: Lab) -> None:
    (entry,) = lab.vault.list_entries()
    assert (entry.source, entry.consumer) == ("/etc/cron  tab", "cron")
    other = Payload({"token": Secret(b"t" * 60_000)})
    with pytest.raises(EntryExistsError):
        lab.vault.put(Deposit("work", other))
    lab.vault.put(Deposit("long", other))
    assert lab.vault.get("long").fields["token"].expose() == b"t" * 60_000
    assert lab.vault.rename("long", "longer").name == "longer"
    with pytest.raises(EntryMissingError):
        lab.vault.get("long")
    with pytest.raises(EntryMissingError):
        lab.vault.remove("long")
    lab.vault.remove("longer")
    with pytest.raises(VaultError, match="too large"):
        lab.vault.put(Deposit("huge", Payload({"token": Secret(b"t" * 300_000)})))
    with pytest.raises(VaultMissingError, match="keywatch install --system"):
        SystemVault(str(lab.root / "nobody.sock")).list_entries()


def test_every_answer_is_recorded_and_no_secret(lab: Lab) -> None:
    lab.allow(f"uids = [{ANNA}]")
    lab.ask(ANNA, "credential work")
    lab.ask(BEN, "variables work")
    record = (lab.root / "state/audit.jsonl").read_text()
    assert lab.secret not in record and lab.key not in record
    told = {(event["event"], event["what"], event.get("uid")) for event in lab.events()}
    assert {
        ("put", "", 0),
        ("policy", "made", None),
        ("read", "credential", ANNA),
        ("refused", "variables", BEN),
    } <= told


def test_refusals_of_one_user_do_not_fill_the_disk(lab: Lab) -> None:
    code = _ASK.replace("print(", "[").replace(", 5))", ", 5) for _ in range(100)]")
    subprocess.run([sys.executable, "-c", code, str(BEN), lab.socket, "credential work"], check=True)
    lab.ask(ANNA, "credential work")
    refused = [event["uid"] for event in lab.events() if event["event"] == "refused"]
    assert refused.count(BEN) == 30
    assert refused.count(ANNA) == 1


def test_one_users_silent_connections_leave_room_for_others(lab: Lab) -> None:
    code = (
        "import os, socket, sys, time\nos.setgid(4002); os.setuid(4002)\nheld = []\n"
        "for _ in range(400):\n    each = socket.socket(socket.AF_UNIX); each.connect(sys.argv[1]); held.append(each)\n"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, lab.socket], stdout=subprocess.PIPE) as hog:
        assert hog.stdout is not None
        assert hog.stdout.readline() == b"held\n"
        lab.allow(f"uids = [{ANNA}]")
        assert lab.secret in lab.ask(ANNA, "credential work")
        hog.kill()


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"\xff\xfe\n", b"credential\n", b"credential ../../x\n", b"x" * 300_000, b"put \n"]
)
def test_garbage_is_no_request(lab: Lab, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.settimeout(10)
        out.connect(lab.socket)
        try:
            out.sendall(line)
            out.shutdown(socket.SHUT_WR)
            answer = out.recv(1000)
        except OSError:
            answer = b""
    assert answer == b"" or answer.startswith(b"-")
    assert lab.vault.list_entries()


def test_recipients_follow_the_file(lab: Lab) -> None:
    """A recovery key opens the vault without this machine; taken out of the file, no longer."""
    paper = x25519.generate()
    (lab.config / "recipients.txt").write_text(f"# mine\n{paper.recipient()}\n")
    lab.stop()
    lab.start()
    sealed = json.loads((lab.root / "state/vault.json").read_text())
    from keywatch import age

    opened = age.decrypt(sealed["entries"][0]["sealed"].encode(), [paper])
    assert lab.secret.encode() in opened
    (lab.config / "recipients.txt").write_text("")
    lab.stop()
    lab.start()
    assert len(json.loads((lab.root / "state/vault.json").read_text())["recipients"]) == 1


def test_killed_it_loses_nothing(lab: Lab) -> None:
    lab.stop()
    lab.start()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert lab.vault.get("work").fields["access_key_id"].expose() == lab.key.encode()
            break
        except VaultMissingError:
            assert time.monotonic() < deadline


def test_an_entry_with_temporary_keys_is_not_given_at_all(lab: Lab) -> None:
    """The system agent has no network to get one by, and the long-lived key must not go instead."""
    lab.allow(f"uids = [{ANNA}]\nsession = true")
    for uid in (0, ANNA):
        for request in ("credential work", "variables work", "payload work"):
            answer = lab.ask(uid, request)
            assert "has no network" in answer or "only root" in answer
            assert lab.secret not in answer


def test_a_program_that_is_new_to_an_entry(lab: Lab) -> None:
    lab.allow(f"uids = [{ANNA}]")
    assert lab.secret in lab.ask(ANNA, "credential work")
    store = json.loads((lab.root / "state/consumers.json").read_text())
    (program,) = store["entries"]["work"]["programs"]
    lab.allow(f'uids = [{ANNA}]\nnew = "deny"')
    assert lab.secret in lab.ask(ANNA, "credential work")
    encoded = base64.b64encode(program.encode()).decode()
    assert "only root" in lab.ask(ANNA, f"forget work {encoded}")
    assert '"forgotten": true' in lab.ask(0, f"forget work {encoded}")
    assert lab.secret in lab.ask(ANNA, "credential work")  # nothing has used it: the first is learned
    store["entries"]["work"]["programs"] = {"/bin/other": store["entries"]["work"]["programs"][program]}
    (lab.root / "state/consumers.json").write_text(json.dumps(store))
    for policy in ("deny", "ask"):
        lab.allow(f'uids = [{ANNA}]\nnew = "{policy}"')
        assert "has not used it before" in lab.ask(ANNA, "credential work")
    lab.allow(f"uids = [{ANNA}]")
    store["entries"]["work"]["programs"]["/bin/other"]["first"] = "2026-01-01T00:00:00Z"
    (lab.root / "state/consumers.json").write_text(json.dumps(store))
    assert lab.secret in lab.ask(ANNA, "credential work")
    (event,) = [each for each in lab.events() if each["event"] == "new-consumer"]
    assert event["uid"] == ANNA
