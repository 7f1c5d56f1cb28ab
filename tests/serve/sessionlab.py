"""A home whose entry `work` is a key that the endpoint knows, an agent over it, and a pinentry that a test scripts."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keywatch.vault.file import FileVault
from keywatch.vault.session import deposit_of, session_from
from tests.aws.endpoint import Endpoint
from tests.fakes import Fakes
from tests.move.moving import PROGRAMS, Moving

MFA = "arn:aws:iam::123456789012:mfa/bob"
ROLE = "arn:aws:iam::123456789012:role/deploy"
#: says what it was asked to a file, and types the next line of another; without one it is dismissed
_PINENTRY = """#!{python} -I
import os, sys
folder = os.path.dirname(os.path.abspath(__file__))
out = sys.stdout
out.write("OK\\n"); out.flush()
for line in sys.stdin:
    with open(folder + "/asked", "a") as file:
        file.write(line)
    if line.startswith("GETPIN"):
        answers = open(folder + "/answers").read().splitlines()
        open(folder + "/answers", "w").write("".join(each + "\\n" for each in answers[1:]))
        out.write("D " + answers[0] + "\\nOK\\n" if answers else "ERR 83886179 Operation cancelled <Pinentry>\\n")
    elif line.startswith("CONFIRM"):
        answers = open(folder + "/answers").read().splitlines()
        open(folder + "/answers", "w").write("".join(each + "\\n" for each in answers[1:]))
        out.write("OK\\n" if answers and answers[0] == "yes" else "ERR 83886194 Not confirmed <Pinentry>\\n")
    else:
        out.write("OK\\n")
    out.flush()
"""


@dataclass
class Served:
    """The home, and an agent over its vault once it is started."""

    moving: Moving
    agent: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.moving.env |= {"KEYWATCH_PINENTRY": "", "KEYWATCH_DEBUG": "1"}
        self.moving.init_vault()

    def put(self, entry: str, key: dict[str, str], *words: str) -> None:
        given = f"AWS_ACCESS_KEY_ID={key['AccessKeyId']}\nAWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}\n"
        self.moving.run("vault", "add", entry, *words, stdin=given.encode())

    def set(self, text: str, entry: str = "work") -> None:
        """Write the entry's policy as a person would."""
        self.moving.write(f".config/keywatch/conf.d/{entry}.toml", f"[entries.{entry}]\n{text}\n")

    def start(self) -> None:
        """An agent, unlocked."""
        self.agent = subprocess.Popen(
            [os.path.join(PROGRAMS, "keywatch"), "agent"], env=self.moving.env, stderr=subprocess.PIPE
        )
        assert self.agent.stderr is not None
        assert b"listens" in self.agent.stderr.readline()
        deadline = time.monotonic() + 20
        while self.moving.run("unlock", status=None).returncode:
            assert time.monotonic() < deadline

    def stop(self) -> None:
        if self.agent is not None:
            self.agent.terminate()
            assert self.agent.wait(20) == 0
            assert self.agent.stderr is not None
            self.agent.stderr.close()
            self.agent = None

    def helper(self, entry: str = "work") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [os.path.join(PROGRAMS, "keywatch-credential"), entry],
            env=self.moving.env, capture_output=True, text=True, check=False, timeout=90,
        )  # fmt: skip

    def ask(self, line: bytes) -> tuple[bytes, bytes] | None:
        """The agent's answer."""
        code = "import sys; from keywatch.wire.client import *; print(ask_agent(sys.argv[1], sys.argv[2].encode(), 9))"
        path = f"{self.moving.env['XDG_RUNTIME_DIR']}/keywatch/agent.sock"
        done = subprocess.run([sys.executable, "-c", code, path, line], capture_output=True, text=True, check=True)
        answer: tuple[bytes, bytes] | None = eval(done.stdout)
        return answer

    def pinentry(self, *answers: str) -> Path:
        """A pinentry that types these; the file that tells what it was asked."""
        folder = self.moving.root / "pinentry"
        folder.mkdir(exist_ok=True)
        program = folder / "pinentry"
        program.write_text(_PINENTRY.replace("{python}", sys.executable))
        program.chmod(0o700)
        (folder / "answers").write_text("".join(f"{each}\n" for each in answers))
        self.moving.env["KEYWATCH_PINENTRY"] = str(program)
        return folder / "asked"


@dataclass
class Lab(Served):
    """The same with an endpoint, which knows the key of `work`."""

    endpoint: Endpoint = field(default_factory=Endpoint)
    key: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.moving.env |= {"AWS_ENDPOINT_URL": self.endpoint.url}
        self.key = self.endpoint.make_user("bob")
        self.put("work", self.key)
        self.endpoint.log.clear()

    def key_id(self, entry: str = "work") -> str:
        """The key that a client gets, which must be a temporary one."""
        done = self.helper(entry)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["AccessKeyId"].startswith("ASIA") and answer["SessionToken"]
        return str(answer["AccessKeyId"])

    def calls(self, operation: str) -> int:
        return sum(each.operation == f"sts:{operation}" for each in self.endpoint.log)

    def hand_in(self, left: float, age: float = 3600, **more: Any) -> str:
        """Give the agent, or where none is the vault, a session that ends in `left` seconds; its key id."""
        fakes = Fakes(int(left))
        iso = "%Y-%m-%dT%H:%M:%SZ"
        now = datetime.now(UTC)
        record = {
            "access_key_id": fakes.key_id("ASIA"), "secret_access_key": fakes.secret(),
            "session_token": fakes.session_token(), "of": self.key["AccessKeyId"], "how": "||3600|",
            "expires": (now + timedelta(seconds=left)).strftime(iso),
            "made": (now - timedelta(seconds=age)).strftime(iso),
        } | more  # fmt: skip
        if self.agent is None:
            vault = FileVault(str(self.moving.home / ".local/share/keywatch/vault.json"), str(self.moving.state))
            vault.put(deposit_of("work", session_from(record)))
            return str(record["access_key_id"])
        answer = self.ask(b"session work " + base64.b64encode(json.dumps(record).encode()))
        assert answer is not None
        assert answer[0] == b"+", answer
        return str(record["access_key_id"])


def at_once(count: int, work: Any) -> list[Any]:
    """What so many threads get from the same call."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: work(), range(count)))
