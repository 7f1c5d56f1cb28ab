"""`keywatch install --user` and `uninstall --user`: the service of an account; systemd, or launchd on macOS (unproven).

Writes one file of its own, asks the service manager to read it, and says what it did. Needs no privileges.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.resources import files

from keywatch.errors import ServiceError, UsageError
from keywatch.report.escape import show, show_path

UNIT = "keywatch.service"
LABEL = "io.github.keywatch"
_PROGRAM = "/usr/bin/keywatch"
#: seconds for the service manager to answer; a start waits for the daemon's READY=1
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Service:
    """What the service manager of this system takes: a file, and what is run after and before it is there.

    Each command says whether its failure is one. `hint` is what a person can do when the manager does not answer.
    """

    path: str
    text: bytes
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]
    hint: str


def run_install(options: argparse.Namespace) -> int:
    """Write the service's file, enable it and start it."""
    if options.system:
        from keywatch.cli.install_system import run_install_system

        return run_install_system(options)
    if options.homes or options.recovery_key or options.prepare:
        raise UsageError("--homes, --recovery-key and --prepare go with --system")
    service = _service(options)
    if options.dry_run:
        _say_what(service.path, "write", options)
        sys.stdout.write(_indented(service.text))
        for command in service.start:
            sys.stdout.write(f"would run    {' '.join(map(show, command))}\n")
        return 0
    _write(service)
    _say_what(service.path, "write", options)
    for command in service.start:
        run_manager(command, service.hint)
    sys.stdout.write("watching; keywatch status tells how it does, keywatch uninstall --user ends it\n")
    return 0


def run_uninstall(options: argparse.Namespace) -> int:
    """Stop and disable the service and remove its file. What it remembered stays."""
    if options.system:
        from keywatch.cli.install_system import run_uninstall_system

        return run_uninstall_system(options)
    if options.purge or options.force:
        raise UsageError("--purge and --force go with --system")
    service = _service(options)
    if not os.path.lexists(service.path):
        raise UsageError(f"{service.path}: is not there: nothing is installed for this account")
    if options.dry_run:
        for command in service.stop:
            sys.stdout.write(f"would run    {' '.join(map(show, command))}\n")
        _say_what(service.path, "remove", options)
        return 0
    failures = _run_all(service.stop, service.hint)
    try:
        os.unlink(service.path)
    except OSError as error:
        raise UsageError(f"{service.path}: can't be removed: {error.strerror}") from None
    _say_what(service.path, "remove", options)
    failures += _run_all(service.after, service.hint)
    if failures:  # the file has gone whatever the manager says
        raise failures[0]
    return 0


def _run_all(commands: tuple[tuple[str, ...], ...], hint: str) -> list[ServiceError]:
    failures = []
    for command in commands:
        try:
            run_manager(command, hint)
        except ServiceError as error:
            failures.append(error)
    return failures


def _service(options: argparse.Namespace) -> Service:
    if not options.user:
        raise UsageError("say --user for the service of this account, or --system for those of the machine")
    vault = ("--vault", os.path.abspath(options.vault)) if getattr(options, "vault", "") else ()
    command = (*find_program(), "watch", *vault)
    return _launchd(command) if sys.platform == "darwin" else _systemd(command)


def find_program() -> tuple[str, ...]:
    """How a service manager starts this keywatch: the installed program, or else its module."""
    for folder in (os.path.dirname(os.path.abspath(sys.argv[0])), sysconfig.get_path("scripts")):
        path = os.path.join(folder, "keywatch")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return (path,)
    return (sys.executable, "-m", "keywatch")


def _systemd(command: tuple[str, ...]) -> Service:
    text = files("keywatch.units").joinpath(UNIT).read_text(encoding="utf-8")
    old = f"ExecStart={_PROGRAM} watch --log journal\n"
    if old not in text:
        raise UsageError(f"{UNIT}: has no line {old.strip()}: keywatch is not installed whole")
    line = " ".join(map(systemd_word, (*command, "--log", "journal")))
    config = os.environ.get("XDG_CONFIG_HOME", "")
    folder = config if os.path.isabs(config) else os.path.expanduser("~/.config")
    ctl = ("systemctl", "--user")
    return Service(
        path=os.path.join(folder, "systemd/user", UNIT),
        text=text.replace(old, f"ExecStart={line}\n").encode(),
        start=((*ctl, "daemon-reload"), (*ctl, "enable", UNIT), (*ctl, "restart", UNIT)),
        stop=((*ctl, "disable", "--now", UNIT),),
        after=((*ctl, "daemon-reload"),),
        hint="log in on this machine as this user, or have root run loginctl enable-linger for it; "
        "without systemd, have your session start keywatch watch",
    )


def systemd_word(word: str) -> str:
    """One word of ExecStart= (systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers")."""
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in word):
        raise UsageError(f"{word}: a service can't be given this name: it holds control characters or is no UTF-8")
    word = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    return word if word and not set(word) & set(" '\";") else '"' + word.replace('"', '\\"') + '"'


def _launchd(command: tuple[str, ...]) -> Service:
    """The same for macOS by launchd.plist(5). Written to its documentation, never run."""
    import plistlib

    path = os.path.expanduser(f"~/Library/LaunchAgents/{LABEL}.plist")
    text = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": [*command, "--log", "json"],
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Background",
            "Umask": 0o077,
            "StandardErrorPath": os.path.expanduser("~/Library/Logs/keywatch.log"),
        }
    )
    domain = f"gui/{os.getuid()}"
    return Service(
        path=path,
        text=text,
        start=(("launchctl", "bootstrap", domain, path),),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        after=(),
        hint="log in on this machine's desktop",
    )


def _write(service: Service) -> None:
    """The service's file, whole or not at all. It holds no secret, and service managers want to read it."""
    folder = os.path.dirname(service.path)
    temp = f"{service.path}.{secrets.token_hex(6)}"
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(service.text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temp, service.path)
    except OSError as error:
        raise UsageError(f"{service.path}: can't be written: {error.strerror}") from None


def run_manager(command: tuple[str, ...], hint: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise UsageError(f"{command[0]} is not on this system: {hint}")
    env = dict(os.environ)
    runtime = f"/run/user/{os.getuid()}"
    if "XDG_RUNTIME_DIR" not in env and os.path.isdir(runtime):  # su and sudo do not set it
        env["XDG_RUNTIME_DIR"] = runtime
    try:
        done = subprocess.run(
            [program, *command[1:]],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ServiceError(f"{' '.join(command)}: did not answer in {_PATIENCE:.0f} seconds") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {done.returncode}"]
        if "onnect" in lines[0] or "XDG_RUNTIME_DIR" in lines[0]:
            raise ServiceError(f"{' '.join(command)}: {lines[0][:300]}: {hint}")
        raise ServiceError(f"{' '.join(command)}: {lines[0][:300]} {_tells(command)} tells why")


def _tells(command: tuple[str, ...]) -> str:
    return "journalctl --user -u keywatch" if "--user" in command else "journalctl -u 'keywatch*'"


def _say_what(path: str, what: str, options: argparse.Namespace) -> None:
    said = f"would {what}" if options.dry_run else {"write": "wrote", "remove": "removed"}[what]
    sys.stdout.write(f"{said:<12} {show_path(path, os.path.expanduser('~'))}\n")


def _indented(text: bytes) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.decode().splitlines())
