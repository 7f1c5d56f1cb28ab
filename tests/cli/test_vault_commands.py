"""`keywatch vault`, `exec`, `env` and the AWS helper: the real programs, each in a process of its own."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import Fakes

ROOT = Path(__file__).parents[2]
KEYWATCH = [sys.executable, "-c", "from keywatch.cli.main import run; run()"]
HELPER = [sys.executable, "-c", "from keywatch.serve.credential import run; run()"]


@dataclass
class Person:
    """Somebody with a home and no keyring."""

    home: Path

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "KEYWATCH_DEBUG": "1",
            "KEYWATCH_PINENTRY": "",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        }

    def run(self, *words: str, stdin: bytes = b"", secrets: tuple[bytes, ...] = (), program=None, **env: str):
        """Run keywatch; each of `secrets` is on a descriptor whose number replaces `{0}`, `{1}` … in the words."""
        fds = []
        for secret in secrets:
            reader, writer = os.pipe()
            os.write(writer, secret + b"\n")
            os.close(writer)
            fds.append(reader)
        command = [*(program or KEYWATCH), *(word.format(*fds) if fds else word for word in words)]
        try:
            return subprocess.run(
                command, input=stdin, capture_output=True, check=False, timeout=60, pass_fds=fds,
                env={**self.env, **env}, cwd=self.home, start_new_session=True,
            )  # fmt: skip
        finally:
            for fd in fds:
                os.close(fd)

    def ok(self, *words: str, **more) -> str:
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def fails(self, *words: str, status: int, **more) -> str:
        done = self.run(*words, **more)
        assert done.returncode == status, (done.returncode, done.stderr.decode())
        assert b"Traceback" not in done.stderr
        return done.stderr.decode()

    def on_terminal(self, *words: str, answers: tuple[str, ...] = ()) -> str:
        """Run on a terminal of its own, giving each answer when something is asked (a line that ends in `: `)."""
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(KEYWATCH[0], [*KEYWATCH, *words], self.env)
        shown, waiting, seen = b"", list(answers), 0
        while True:
            try:
                piece = os.read(fd, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if waiting and shown[seen:].rstrip(b" ").endswith(b":"):
                time.sleep(0.1)  # a terminal flushes what was typed before it asked
                seen = len(shown)
                os.write(fd, waiting.pop(0).encode() + b"\n")
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, shown.decode()
        return shown.decode()


@dataclass
class Asker(Person):
    """Somebody whose passphrases are asked for by pinentry, on the terminal."""

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, "KEYWATCH_PINENTRY": "pinentry-tty", "TERM": "xterm"}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return Person(home)


@pytest.fixture
def owner(person: Person) -> Person:
    """Somebody with a vault that a key file opens, and an entry `work` in it."""
    person.ok("vault", "init", "--key-file", "key", "--no-recovery")
    person.ok("vault", "add", "work", stdin=aws(1))
    return person


def aws(seed: int) -> bytes:
    fakes = Fakes(seed)
    return f"AWS_ACCESS_KEY_ID={fakes.key_id()}\nAWS_SECRET_ACCESS_KEY={fakes.secret()}\n".encode()


def key_of(seed: int) -> tuple[str, str]:
    return tuple(line.partition("=")[2] for line in aws(seed).decode().splitlines())  # type: ignore[return-value]


def test_a_key_goes_in_and_comes_out(owner: Person) -> None:
    key_id, secret = key_of(1)
    listed = owner.ok("vault", "list")
    assert "work" in listed
    assert f"{key_id[:4]}…{key_id[-4:]}" in listed
    shown = owner.ok("vault", "show", "work")
    assert secret not in shown + listed
    assert key_id not in shown + listed
    lines = dict(line.split("=", 1) for line in owner.ok("env", "work", "--shell", "bash").splitlines())
    assert lines["export AWS_ACCESS_KEY_ID"] == f"{key_id};"
    assert lines["export AWS_SECRET_ACCESS_KEY"].strip("';") == secret
    vault = owner.home / ".local/share/keywatch/vault.json"
    assert vault.stat().st_mode & 0o777 == 0o600
    assert secret.encode() not in vault.read_bytes()


def test_secrets_are_revealed_on_a_terminal_only(owner: Person) -> None:
    assert "on a terminal only" in owner.fails("vault", "show", "work", "--reveal", status=2)
    assert key_of(1)[1] in owner.on_terminal("vault", "show", "work", "--reveal")


def test_a_key_is_asked_for_unseen(owner: Person) -> None:
    key_id, secret = key_of(2)
    shown = owner.on_terminal("vault", "add", "typed", answers=(key_id, secret))
    assert secret not in shown
    assert json.loads(owner.ok("env", "typed", "--shell", "json"))["AWS_SECRET_ACCESS_KEY"] == secret


def test_no_command_takes_a_secret_as_an_argument(owner: Person) -> None:
    assert "unrecognized arguments" in owner.fails("vault", "add", "x", key_of(3)[1], status=2)
    assert "there is no terminal" in owner.fails("vault", "rm", "work", status=2)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (b'{"AccessKey": {"AccessKeyId": "%(id)s", "SecretAccessKey": "%(secret)s", "UserName": "x"}}', 2),
        (b"[default]\naws_access_key_id = %(id)s\naws_secret_access_key = %(secret)s\n", 2),
        (b"export AWS_ACCESS_KEY_ID='%(id)s'\nexport AWS_SECRET_ACCESS_KEY=\"%(secret)s\"\n", 2),
        (b"TOKEN=%(secret)s\n", 1),
    ],
    ids=["aws iam create-access-key", "credentials file", "exports", "token"],
)
def test_what_tools_print_can_be_put_in(owner: Person, given: bytes, fields: int) -> None:
    key_id, secret = key_of(4)
    owner.ok("vault", "add", "new", stdin=given % {b"id": key_id.encode(), b"secret": secret.encode()})
    got = json.loads(owner.ok("env", "new", "--shell", "json"))
    assert len(got) == fields
    assert secret in got.values()


@pytest.mark.parametrize("given", [b"", b"no sign\n", b"{", b"A=\n"])
def test_what_can_t_be_read_is_said_without_what_it_was(owner: Person, given: bytes) -> None:
    assert "standard input" in owner.fails("vault", "add", "new", stdin=given, status=2)


def test_entries_are_renamed_replaced_copied_and_removed(owner: Person) -> None:
    owner.ok("vault", "rename", "work", "job")
    assert "already" in owner.fails("vault", "add", "job", stdin=aws(5), status=3)
    owner.ok("vault", "add", "job", "--replace", stdin=aws(5))
    owner.ok("vault", "init", "--vault", "other.json", "--key-file", "key2", "--no-recovery")
    owner.ok("vault", "copy", "job", "--to", "other.json")
    assert (
        json.loads(owner.ok("env", "job", "--vault", "other.json", "--shell", "json"))["AWS_ACCESS_KEY_ID"]
        == key_of(5)[0]
    )
    owner.ok("vault", "rm", "job", "--yes")
    assert "is empty" in owner.ok("vault", "list")
    assert "no entry of that name" in owner.fails("vault", "show", "job", status=3)


def test_a_passphrase_and_a_recovery_key_open_it_each_alone(owner: Person) -> None:
    owner.ok("vault", "recipients", "add", "passphrase", "--new-passphrase-fd", "{0}", secrets=(b"correct horse",))
    printed = owner.ok("vault", "recipients", "add", "recovery")
    recovery = next(word for word in printed.split() if word.startswith("AGE-SECRET-KEY-"))
    (owner.home / "key").unlink()
    assert "key file can't be read" in owner.fails("vault", "show", "work", status=3)
    assert "… (40 characters)" in owner.ok(
        "vault", "show", "work", "--passphrase-fd", "{0}", secrets=(b"correct horse",)
    )
    assert "does not open" in owner.fails(
        "vault", "show", "work", "--passphrase-fd", "{0}", secrets=(b"wrong",), status=3
    )
    assert "(40 characters)" in owner.on_terminal("vault", "show", "work", "--recovery-key", answers=(recovery,))
    owner.ok(
        "vault", "passphrase", "--passphrase-fd", "{0}", "--new-passphrase-fd", "{1}",
        secrets=(b"correct horse", b"battery staple"),
    )  # fmt: skip
    assert "does not open" in owner.fails(
        "vault", "show", "work", "--passphrase-fd", "{0}", secrets=(b"correct horse",), status=3
    )
    owner.ok("vault", "verify", "--passphrase-fd", "{0}", secrets=(b"battery staple",))


def test_a_recipient_is_removed_by_its_id_and_never_the_last(owner: Person) -> None:
    owner.ok("vault", "recipients", "add", "key-file=second")
    found = json.loads(owner.ok("vault", "recipients", "--json"))["recipients"]
    assert [each["kind"] for each in found] == ["key-file", "key-file"]
    owner.ok("vault", "recipients", "rm", found[0]["id"])
    (owner.home / "key").unlink()
    assert "(40 characters)" in owner.ok("vault", "show", "work")
    assert "at least one recipient" in owner.fails("vault", "recipients", "rm", found[1]["id"], status=2)


def test_a_vault_of_another_installation_is_adopted_by_consent(owner: Person, tmp_path: Path) -> None:
    shutil.rmtree(owner.home / ".local/state/keywatch")
    assert "adopt" in owner.fails("vault", "show", "work", status=3)
    assert "no terminal" in owner.fails("vault", "adopt", status=2)
    owner.ok("vault", "adopt", "--yes")
    assert "(40 characters)" in owner.ok("vault", "show", "work")


def test_an_export_needs_a_typed_confirmation(owner: Person) -> None:
    assert "no terminal" in owner.fails("vault", "export", status=2)
    shown = owner.on_terminal("vault", "export", answers=("export in plaintext",))
    assert key_of(1)[1] in shown


def test_the_helper_answers_as_aws_clients_expect(owner: Person) -> None:
    answer = json.loads(owner.ok("work", program=HELPER))
    expires = datetime.fromisoformat(answer.pop("Expiration"))
    assert timedelta(minutes=55) < expires - datetime.now(UTC) <= timedelta(hours=1)
    assert answer == {"Version": 1, "AccessKeyId": key_of(1)[0], "SecretAccessKey": key_of(1)[1]}


@pytest.mark.parametrize(
    "words", [(), ("a", "b"), ("--reveal",), ("absent",), ("../../etc/passwd",), ("--vault", "gone", "x")]
)
def test_the_helper_fails_in_one_line(owner: Person, words: tuple[str, ...]) -> None:
    done = owner.run(*words, program=HELPER)
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"keywatch-credential: ")


def test_the_helper_never_asks(person: Person) -> None:
    person.ok("vault", "init", "--passphrase-fd", "{0}", "--no-recovery", secrets=(b"correct horse",))
    person.ok("vault", "add", "work", stdin=aws(1))
    began = time.monotonic()
    assert "locked" in person.fails("work", program=HELPER, status=1)
    assert time.monotonic() - began < 5


def test_exec_sets_variables_and_becomes_the_command(owner: Person) -> None:
    script = 'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $$"; exit 7'
    with subprocess.Popen(
        [*KEYWATCH, "exec", "work", "--", "sh", "-c", script], env=owner.env, stdout=subprocess.PIPE, cwd=owner.home
    ) as run:
        out = run.communicate(timeout=30)[0].decode().split()
    assert tuple(out[:2]) == key_of(1)
    assert int(out[2]) == run.pid
    assert run.returncode == 7


def test_exec_resolves_references_in_the_environment_and_in_files(owner: Person) -> None:
    owner.ok("vault", "add", "db", stdin=b"password=hunter-two\n")
    (owner.home / "env").write_text("DB=postgres://app:keywatch://db/password@host\nPLAIN=x\n")
    out = owner.ok(
        "exec", "--env-file", "env", "--", "sh", "-c", 'echo "$DB $PLAIN $ID"', ID="keywatch://work/access_key_id"
    )
    assert out == f"postgres://app:hunter-two@host x {key_of(1)[0]}\n"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("exec", "work"), 2, "no command after --"),
        (("exec", "--", "true"), 2, "no ENTRY was named"),
        (("exec", "work", "absent", "--", "touch", "ran"), 3, "no entry of that name"),
        (("exec", "work", "--", "no-such-command-here"), 127, "no such command"),
        (("exec", "--env-file", "gone", "--", "touch", "ran"), 2, "gone"),
    ],
)
def test_exec_runs_nothing_with_half_a_set(owner: Person, words: tuple[str, ...], status: int, message: str) -> None:
    assert message in owner.fails(*words, status=status)
    assert not (owner.home / "ran").exists()


def test_a_reference_to_what_is_not_there_stops_the_command(owner: Person) -> None:
    err = owner.fails("exec", "--", "touch", "ran", TOKEN="keywatch://work/password", status=2)
    assert "has no field 'password'" in err
    assert not (owner.home / "ran").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "csh"])
def test_every_shell_gets_the_value_exactly(owner: Person, shell: str) -> None:
    program = shutil.which({"csh": "tcsh"}.get(shell, shell))
    if program is None:
        assert os.environ.get("KEYWATCH_E2E") != "required"
        pytest.skip(f"no {shell}")
    value = "a'b\"c\\d $e `f` !g ;h %i \\' x"
    owner.ok("vault", "add", "odd", stdin=f"token={value}\n".encode())
    lines = owner.ok("env", "odd", "--shell", shell)
    script = owner.home / "script"
    script.write_text(lines + "printenv ODD\n")
    flag = {"fish": "--no-config", "bash": "--norc"}.get(shell, "-f")
    done = subprocess.run([program, flag, str(script)], capture_output=True, text=True, check=True, env=owner.env)
    assert done.stdout == value + "\n"


def test_a_missing_vault_says_what_makes_one(person: Person) -> None:
    assert "keywatch vault init" in person.fails("vault", "list", status=3)
    assert "keywatch vault init" in person.fails("work", program=HELPER, status=1)


@pytest.mark.skipif(
    not all(map(shutil.which, ("jq", "age"))) and os.environ.get("KEYWATCH_E2E") != "required", reason="no jq and age"
)
def test_jq_and_age_alone_recover_every_secret(owner: Person) -> None:
    """As docs/vault.md says it: with the recovery key, and no keywatch."""
    printed = owner.ok("vault", "recovery")
    recovery = next(word for word in printed.split() if word.startswith("AGE-SECRET-KEY-"))
    (owner.home / "recovery.txt").write_text(recovery + "\n")
    vault = owner.home / ".local/share/keywatch/vault.json"
    page = (ROOT / "docs/vault.md").read_text()
    command = next(line.strip() for line in page.splitlines() if line.strip().startswith("jq -r '.entries[]"))
    command = command.replace("aws-work", "work").replace("vault.json", str(vault))
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, cwd=owner.home)
    fields = json.loads(done.stdout)["fields"]
    assert (fields["access_key_id"], fields["secret_access_key"]) == key_of(1)


@pytest.mark.skipif(
    not shutil.which("pinentry-tty") and os.environ.get("KEYWATCH_E2E") != "required", reason="no pinentry-tty"
)
def test_a_real_pinentry_asks_for_the_passphrase(person: Person) -> None:
    person.ok("vault", "init", "--passphrase-fd", "{0}", "--no-recovery", secrets=(b"correct 100% horse",))
    person.ok("vault", "add", "work", stdin=aws(1))
    asker = Asker(person.home)
    shown = asker.on_terminal("vault", "show", "work", answers=("correct 100% horse",))
    assert "(40 characters)" in shown
    assert "Opens the vault" in shown
    assert "correct 100% horse" not in shown
