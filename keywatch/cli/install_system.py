"""`keywatch install --system` and `uninstall --system`: the services of a whole machine (systemd/, docs/admin.md).

Every step looks first whether it is done, so that the same command upgrades. Writes files of keywatch's own alone; the
vault's identity goes sealed to the disk, through pipes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import stat
import sys
from importlib.resources import files

from keywatch.cli.install import find_program, run_manager, systemd_word
from keywatch.errors import ServiceError, UsageError
from keywatch.model import Secret
from keywatch.paths import SYSTEM_CONFIG, SYSTEM_IDENTITY, SYSTEM_STATE
from keywatch.report.base import plural
from keywatch.report.escape import show, show_path

UNITS = (
    "keywatch-agent.service", "keywatch-agent.socket", "keywatch-watch.service", "keywatch-watch.socket",
    "keywatch-mover@.service", "keywatch-mover.socket",
)  # fmt: skip
#: what is enabled; the other services are started by these
_ENABLED = ("keywatch-agent.socket", "keywatch-watch.socket", "keywatch-mover.socket", "keywatch-watch.service")
UNIT_FOLDER = "/etc/systemd/system"
#: where a package puts its units: then none are written
_PACKAGED = ("/usr/lib/systemd/system", "/lib/systemd/system")
_SYSUSERS = "/etc/sysusers.d/keywatch.conf"
_CONFIG_FILE = f"{SYSTEM_CONFIG}/keywatch.toml"
_RECIPIENTS = f"{SYSTEM_CONFIG}/recipients.txt"
_VAULT = f"{SYSTEM_STATE}/agent/vault.json"
_PROGRAM_LINE = re.compile(r"(?m)^ExecStart=.*$")
_HINT = "the system's services need a running systemd, version 250 or later"
_RECIPIENTS_HEAD = "# public keys that open the system vault too, one a line; systemctl restart keywatch-agent\n"
_CONFIG_TEXT = """\
# keywatch, for the whole machine: keywatch config check, then systemctl reload keywatch-watch (docs/configuration.md)
[watch]
# whether the homes of all accounts are watched, too; each user is told of own files alone
homes = {homes}

# who may have an entry of the system vault stands in conf.d, one file an entry; moves write them
"""


def run_install_system(options: argparse.Namespace) -> int:
    """Install or upgrade the services, and start them; `--prepare`: all but enable and start them."""
    _check_root()
    if options.prepare and options.recovery_key:
        raise UsageError("--prepare shows no recovery key: leave one of the two out")
    steps = _Steps(dry=options.dry_run)
    program = _trusted_program()
    packaged = next((folder for folder in _PACKAGED if os.path.exists(f"{folder}/{UNITS[0]}")), "")
    _check_identity()
    if not packaged:
        steps.write(_SYSUSERS, _resource("keywatch.sysusers"))
    steps.run("systemd-sysusers", *([] if packaged else [_SYSUSERS]))
    for folder in (SYSTEM_CONFIG, f"{SYSTEM_CONFIG}/conf.d", f"{SYSTEM_CONFIG}/aws", SYSTEM_STATE):
        steps.folder(folder)
    if not os.path.exists(_CONFIG_FILE):
        steps.write(_CONFIG_FILE, _CONFIG_TEXT.format(homes=str(options.homes).lower()))
    elif options.homes:
        steps.say("left", f"{_CONFIG_FILE}: set homes = true there under [watch]")
    recovery = _install_identity(options, steps)
    if not packaged:
        for name in UNITS:
            text = _resource(name).replace("/usr/bin/keywatch", " ".join(map(systemd_word, program)))
            steps.write(f"{UNIT_FOLDER}/{name}", text)
    else:
        _uncover(steps)
    if options.prepare:
        return 0
    steps.run("systemctl", "daemon-reload")
    steps.run("systemctl", "enable", *_ENABLED)
    steps.run("systemctl", "restart", *_ENABLED[:3])
    steps.run("systemctl", "restart", "keywatch-watch.service", "keywatch-agent.service")
    if options.dry_run:
        return 0
    if recovery is not None:
        sys.stdout.write(
            "\nRecovery key of the system vault: print it or write it down, and keep it away from this machine.\n"
            f"It is shown this once.\n\n    {recovery.expose().decode()}\n\n"
        )
    elif not os.path.exists(_RECIPIENTS):
        sys.stdout.write(
            "no recovery key: only this machine opens the vault. keywatch install --system --recovery-key makes one\n"
        )
    sys.stdout.write("watching; keywatch status tells how it does, keywatch move PATH moves a key of the system\n")
    return 0


def run_uninstall_system(options: argparse.Namespace) -> int:
    """Stop and remove the services. The vault and what opens it stay, and are named."""
    _check_root()
    moved = _still_moved()
    if moved and not options.force:
        raise UsageError(
            f"{plural(len(moved), 'key')} ({', '.join(map(show, moved[:5]))}) would stay moved, and what uses them "
            "would fail without the agent: keywatch undo puts them back; --force uninstalls all the same"
        )
    steps = _Steps(dry=options.dry_run)
    packaged = any(os.path.exists(f"{folder}/{UNITS[0]}") for folder in _PACKAGED)
    loaded = [name for name in (*_ENABLED, "keywatch-agent.service") if os.path.exists(f"{UNIT_FOLDER}/{name}")]
    if packaged:
        loaded = [*_ENABLED, "keywatch-agent.service"]
    if loaded:
        steps.run("systemctl", "disable", "--now", *loaded)
    if not packaged:
        for name in UNITS:
            steps.remove(f"{UNIT_FOLDER}/{name}")
        steps.remove(_SYSUSERS)
    steps.run("systemctl", "daemon-reload")
    if options.purge:
        for path in (f"{SYSTEM_STATE}/watch", f"{SYSTEM_STATE}/state", "/run/keywatch"):
            steps.remove(path)
        for path in (_CONFIG_FILE, f"{SYSTEM_CONFIG}/conf.d", f"{SYSTEM_CONFIG}/aws"):
            steps.remove(path)
        for command in (("userdel", "keywatch-watch"), ("groupdel", "keywatch")):
            steps.run(*command, needed=False)
    left = [path for path in (_VAULT, SYSTEM_IDENTITY, _RECIPIENTS) if os.path.exists(path)]
    if left:
        sys.stdout.write(
            f"left alone: {', '.join(left)}: the vault and what opens it; a recovery key opens it anywhere "
            "(keywatch vault adopt), and nothing else needs them\n"
        )
    return 0


def _check_root() -> None:
    if os.geteuid() != 0:
        raise UsageError("--system is for root: sudo keywatch install --system, or --user for this account")
    if shutil.which("systemctl") is None or not os.path.isdir("/run/systemd/system"):
        raise ServiceError(f"systemd does not run here: {_HINT}")


def _trusted_program() -> tuple[str, ...]:
    """How the services start keywatch. `UsageError` where anybody but root could change what they run."""
    program = find_program()
    for path in {program[0], os.path.realpath(program[0]), sys.executable, os.path.realpath(sys.executable), __file__}:
        at = os.path.abspath(path)
        while at != "/":
            info = os.stat(at)
            others = info.st_mode & 0o022 and not (stat.S_ISDIR(info.st_mode) and info.st_mode & stat.S_ISVTX)
            if info.st_uid != 0 or others:
                raise UsageError(
                    f"{at}: not only root may change it, so root's services must not run keywatch from there: install "
                    "the Debian package, or keywatch into a virtual environment of root's, such as /opt/keywatch"
                )
            if stat.S_ISDIR(info.st_mode) and not info.st_mode & 0o001:
                raise UsageError(
                    f"{at}: the accounts of the services can't get through it: install keywatch where everybody can "
                    "run it, such as /opt/keywatch"
                )
            at = os.path.dirname(at)
    return program


def _check_identity() -> None:
    if os.path.exists(_VAULT) and not os.path.exists(SYSTEM_IDENTITY):
        raise UsageError(
            f"{_VAULT}: is there, and {SYSTEM_IDENTITY}, which opens it, is not: restore that, or move the vault away"
        )


def _install_identity(options: argparse.Namespace, steps: _Steps) -> Secret | None:
    """What opens the vault, sealed to this machine; the new recovery key, if one is made."""
    from keywatch.move.sealing import can_seal, seal
    from keywatch.serve.system import CREDENTIAL
    from keywatch.vault.recipients import hold_in_credential, hold_on_paper

    if not can_seal():
        raise ServiceError(f"systemd-creds can't seal here: {_HINT}")
    if not os.path.exists(SYSTEM_IDENTITY):
        _recipient, identity = hold_in_credential(CREDENTIAL)
        steps.write(SYSTEM_IDENTITY, b"" if options.dry_run else seal(CREDENTIAL, identity), 0o600)
    wanted = options.recovery_key or (not options.prepare and not os.path.exists(_RECIPIENTS) and sys.stdout.isatty())
    if not wanted:
        return None
    recipient, paper = hold_on_paper()
    steps.write(_RECIPIENTS, f"{_RECIPIENTS_HEAD}{recipient.recipient}\n")
    return paper


def _uncover(steps: _Steps) -> None:
    """Remove the units of an earlier installation without the package: they would hide the package's."""
    for name in UNITS:
        path = f"{UNIT_FOLDER}/{name}"
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            own = _PROGRAM_LINE.sub("", file.read()) == _PROGRAM_LINE.sub("", _resource(name))
        if own:
            steps.remove(path)
        else:
            steps.say("left", f"{path}: it hides the package's unit; compare them, and remove it if it is an old one")


def _still_moved() -> list[str]:
    """The entries of moves that were neither undone nor taken back."""
    from keywatch.move.journal import Journal, MoveState
    from keywatch.paths import has_state, system_homes

    folder = system_homes().state
    if not has_state(folder):
        return []
    with Journal(folder) as journal:
        return sorted({move.entry for move in journal.all() if move.state is MoveState.DONE and move.entry})


def _resource(name: str) -> str:
    return files("keywatch.units").joinpath(name).read_text(encoding="utf-8")


class _Steps:
    """Does each thing that is not done yet, and says it; `dry`: only says what it would do."""

    def __init__(self, *, dry: bool) -> None:
        self._dry = dry

    def say(self, what: str, text: str) -> None:
        sys.stdout.write(f"{what:<12} {text}\n")

    def folder(self, path: str) -> None:
        if os.path.isdir(path):
            return
        self.say("would make" if self._dry else "made", show_path(path))
        if not self._dry:
            os.mkdir(path)
            os.chmod(path, 0o755)  # noqa: S103 - holds no secret; services of other users read it

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        data = content.encode() if isinstance(content, str) else content
        try:
            with open(path, "rb") as file:
                if file.read() == data:
                    return
        except OSError:
            pass
        self.say("would write" if self._dry else "wrote", show_path(path))
        if not self._dry:
            _write(path, data, mode)

    def remove(self, path: str) -> None:
        if not os.path.lexists(path):
            return
        self.say("would remove" if self._dry else "removed", show_path(path))
        if self._dry:
            return
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def run(self, *command: str, needed: bool = True) -> None:
        if self._dry:
            self.say("would run", " ".join(map(show, command)))
            return
        try:
            run_manager(command, _HINT)
        except (ServiceError, UsageError):
            if needed:
                raise


def _write(path: str, data: bytes, mode: int) -> None:
    """A file of root's, whole or not at all."""
    temp = f"{path}.keywatch-new"
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    try:
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temp, path)
    except OSError as error:
        raise UsageError(f"{path}: can't be written: {error.strerror}") from None
