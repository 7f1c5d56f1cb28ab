"""Where keywatch keeps its own files: the XDG folders of a user, or the system's folders for root's service.

Folders are made 0700 and files 0600; a folder that another user owns or may write is refused, never repaired.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from keywatch.errors import StateError

APP = "keywatch"
#: in a state folder: what is remembered (database.py)
STATE_NAME = "state.db"
#: the configuration file, and the folder of more of them beside it
CONFIG_NAMES = ("keywatch.toml", "conf.d")
#: the system's own folders (docs/admin.md)
SYSTEM_CONFIG = "/etc/keywatch"
SYSTEM_STATE = "/var/lib/keywatch"
#: the identity of the system vault, sealed by systemd-creds(1): there where the system's services are installed
SYSTEM_IDENTITY = f"{SYSTEM_CONFIG}/identity.cred"


class Homes(NamedTuple):
    """The folders of one installation: configuration, durable state, throw-away cache, sockets, and the vault.

    `system`: they are the system's, whose vault lies behind the system agent.
    """

    config: str
    state: str
    cache: str
    runtime: str
    data: str
    system: bool = False

    @property
    def vault(self) -> str:
        """Where the vault file lies unless another is named."""
        return os.path.join(self.data, "vault.json")


def own_homes() -> Homes:
    """The folders of whoever runs keywatch: the system's for root, where its services are installed, else the user's.

    Root who sets XDG_STATE_HOME means a home of that name; XDG_CONFIG_HOME alone would part commands from what the
    system's agent reads. Nothing is created.
    """
    if os.geteuid() == 0 and "XDG_STATE_HOME" not in os.environ and os.path.exists(SYSTEM_IDENTITY):
        return system_homes()
    return user_homes()


def system_homes() -> Homes:
    """The system's folders, as root's commands use them; the services have others beside them."""
    return Homes(
        config=SYSTEM_CONFIG,
        state=f"{SYSTEM_STATE}/state",
        cache=f"{SYSTEM_STATE}/state/cache",
        runtime="/run/keywatch/root",
        data=f"{SYSTEM_STATE}/agent",
        system=True,
    )


def user_homes(env: dict[str, str] | None = None) -> Homes:
    """The folders of the user who runs keywatch, by the XDG base directory specification. Nothing is created."""
    env = dict(os.environ) if env is None else env
    home = env.get("HOME") or os.path.expanduser("~")

    def xdg(name: str, default: str) -> str:
        value = env.get(name, "")
        return os.path.join(value if os.path.isabs(value) else os.path.join(home, default), APP)

    runtime = env.get("XDG_RUNTIME_DIR", "")
    return Homes(
        config=xdg("XDG_CONFIG_HOME", ".config"),
        state=xdg("XDG_STATE_HOME", ".local/state"),
        cache=xdg("XDG_CACHE_HOME", ".cache"),
        data=xdg("XDG_DATA_HOME", ".local/share"),
        runtime=os.path.join(runtime, APP) if os.path.isabs(runtime) else xdg("XDG_STATE_HOME", ".local/state"),
    )


def real_path(path: str) -> str:
    """`os.path.realpath`, which fails where a link goes between its two looks at it: then it looks again."""
    for _ in range(8):
        try:
            return os.path.realpath(path)
        except OSError:
            continue
    return os.path.abspath(path)


def has_state(folder: str) -> bool:
    """Whether anything was ever remembered in a state folder."""
    return os.path.exists(os.path.join(folder, STATE_NAME))


def has_config(folder: str) -> bool:
    """Whether there is any configuration in the configuration's folder."""
    return any(os.path.lexists(os.path.join(folder, name)) for name in CONFIG_NAMES)


def private_dir(path: str) -> str:
    """Make `path` a folder of this user's, mode 0700, and return it. `StateError` when it is somebody else's."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        info = os.stat(path)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}: set XDG_STATE_HOME to a folder that you own") from error
    if info.st_uid != os.geteuid() or stat.S_IMODE(info.st_mode) & 0o022:
        raise StateError(f"{path}: must be owned by you and writable by nobody else: chmod 700 it, or remove it")
    return path


def installation_key(state_dir: str) -> bytes:
    """The random 32 bytes under which this installation fingerprints secrets; made on first use, file 0600.

    Losing it changes every fingerprint (baselines and ignore files by fingerprint stop matching); leaking it lets
    its finder test guesses of a secret against fingerprints, no more.
    """
    path = os.path.join(private_dir(state_dir), "installation.key")
    for _ in range(2):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            with os.fdopen(fd, "rb") as file:
                info = os.fstat(file.fileno())
                key = file.read(33)
        except FileNotFoundError:
            try:
                _create_key(state_dir, path)
            except OSError as error:
                raise StateError(f"{path}: can't be made: {error.strerror}") from None
            continue
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}") from None
        if info.st_uid != os.geteuid() or info.st_mode & 0o077:
            raise StateError(f"{path}: must be yours and mode 0600: chmod 600 it")
        if len(key) != 32:
            raise StateError(f"{path}: holds {len(key)} bytes, not 32: move it away, and a new one is made")
        return key
    raise StateError(f"{path}: can't be created")


def _create_key(state_dir: str, path: str) -> None:
    """Write a new key beside and link it in place, so that of two first starts one wins and both agree."""
    import secrets  # 3 ms: once in the life of an installation

    temp = os.path.join(state_dir, f".installation.key.{secrets.token_hex(8)}")
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        os.link(temp, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temp)
