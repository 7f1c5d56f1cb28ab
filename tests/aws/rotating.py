"""A home with a vault, users at the endpoint with their keys in it, and what must hold of both at every instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from keywatch.aws.client import payload_of
from keywatch.aws.jobs import Job, Jobs
from keywatch.vault.base import Deposit
from keywatch.vault.file import FileVault
from keywatch.vault.identity import unlock_quietly
from tests.aws.endpoint import Endpoint
from tests.move.moving import Moving
from tests.warm import warm


@dataclass
class Rotating:
    """`hurt` is a run of the program that may be killed (rotatevictim.py)."""

    root: Path
    endpoint: Endpoint
    moving: Moving = field(init=False)
    _users: int = 0

    def __post_init__(self) -> None:
        self.moving = Moving(self.root, warmed=True)
        self.moving.init_vault()
        self.moving.env["AWS_ENDPOINT_URL"] = self.endpoint.url

    @property
    def vault(self) -> FileVault:
        """The vault, opened by its key file."""
        path = self.moving.home / ".local/share/keywatch/vault.json"
        return FileVault(str(path), str(self.moving.state), unlock_quietly(timeout=5.0))

    def user(self, name: str = "", entry: str = "") -> tuple[str, str]:
        """A new user whose key is in the vault: the user's name, which is the entry's too, and the key's id."""
        self._users += 1
        name = name or f"user{self._users}"
        key = self.endpoint.make_user(name)
        self.vault.put(Deposit(entry or name, payload_of(key), "long-lived", "a place", "a consumer"))
        return name, key["AccessKeyId"]

    def id_in(self, entry: str) -> str:
        """The key id that an entry gives."""
        return self.vault.get(entry).fields["access_key_id"].expose().decode()

    def kept(self) -> dict[str, str]:
        """Every key id of the vault, by its entry."""
        return {each.name: self.id_in(each.name) for each in self.vault.list_entries()}

    def jobs(self) -> list[Job]:
        """The journal."""
        with Jobs(str(self.moving.state)) as jobs:
            return jobs.all()

    def edit_job(self, **facts: object) -> None:
        """Change the last job's facts, as if time had passed."""
        with Jobs(str(self.moving.state)) as jobs:
            job = jobs.all()[-1]
            jobs.advance(job, job.state, **facts)

    def hurt(self, *argv: str, stop: int = 0, patience: float = 20.0) -> tuple[int, str, str]:
        """Status, output, and the step at which it was killed. `patience`: seconds until a new key must be known."""
        told = self.root / "told"
        told.write_text("")
        done = warm().start(
            ["keywatch", *argv], self.moving.env, self.moving.home, module="tests.aws.rotatevictim", stop=stop,
            told=str(told), patience=patience,
        ).wait()  # fmt: skip
        return done.returncode, (done.stdout + done.stderr).decode(), told.read_text()

    def check(self, user: str, entry: str, said: str = "") -> dict[str, str]:
        """No live key is without an entry or a word to the person, and the entry opens to a live key."""
        keys = self.endpoint.keys(user)
        kept = self.kept()
        live = {key for key, state in keys.items() if state == "Active"}
        assert kept[entry] in live, (kept, keys)
        for key in live - set(kept.values()):
            assert key in said, f"{key} is live, in no entry, and nobody is told: {kept} {said}"
        return keys


def fails(rotating: Rotating, *argv: str, status: int = 3) -> str:
    """What a `keywatch key` command says that ends with `status`, on one line."""
    return " ".join(rotating.moving.run("key", *argv, status=status).stderr.decode().split())
