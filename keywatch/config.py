"""The configuration file: what may stand in keywatch.toml, its defaults and its limits.

Every key is checked: an unknown one is refused with the nearest name, a wrong value with what was expected. Holds no
secret, reads no environment, and never writes the file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from keywatch.defaults import ARCHIVE_DEPTH, MAX_FILE_SIZE
from keywatch.errors import ConfigError
from keywatch.paths import CONFIG_NAMES
from keywatch.severity import NEVER, Severity, parse_fail_on

#: the file, and beside it a folder of more such files, read in the order of their names: each sets what it names
FILE_NAME, CONF_D = CONFIG_NAMES
_MOST_FILES = 1000
#: a configuration larger than this is a mistake
MAX_BYTES = 1 << 20
#: what may lock the vault that the daemon holds open
LOCK_ON = ("screen", "suspend")
#: what becomes of a program that wants an entry for the first time
NEW = ("tell", "ask", "deny")

#: as IAM and STS accept them (their API references)
_ROLE = re.compile(r"arn:aws[a-z-]{0,20}:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_MFA = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
#: seconds: STS gives no session for less, to an IAM user none for more, and none of a role for more
SHORTEST, LONGEST_SESSION, LONGEST_ROLE = 900, 129_600, 43_200

_TIMES = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_UNITS = {"": 1, "B": 1, "K": 10, "KB": 10, "KIB": 10, "M": 20, "MB": 20, "MIB": 20, "G": 30, "GB": 30, "GIB": 30}


@dataclass(frozen=True, slots=True)
class SweepConfig:
    """`[sweep]`: what a sweep reads and when it fails. docs/configuration.md says what each key means.

    `max_file_size` is in bytes; `jobs` 0 means one per processor; `fail_on` None means that no finding is a failure.
    """

    max_file_size: int = MAX_FILE_SIZE
    jobs: int = 0
    home_depth: int = 6
    archive_depth: int = ARCHIVE_DEPTH
    skip: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.LOW
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryPolicy:
    """`[entries.NAME]`: to whom the agent gives an entry. Empty: to any of this user's programs.

    `new`: what becomes of a program that has not used it before; empty: as `[keys]` says. `session`: temporary keys are
    given instead of it, for `duration` seconds: of `role` where one is named, with a code of the MFA device `mfa` (its
    ARN or serial number) where one is.
    """

    deny: bool = False
    ask: bool = False
    uids: tuple[int, ...] = ()
    executables: tuple[str, ...] = ()
    new: str = ""
    session: bool = False
    role: str = ""
    mfa: str = ""
    duration: float = 3600.0
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class KeysConfig:
    """`[keys]`: what counts for every entry unless its own section says otherwise.

    `max_age`: how old a long-lived key may get before it is offered to be rotated; in seconds, 0 for never.
    """

    max_age: float = 90 * 86400.0
    new: str = "tell"


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """`[watch]`: how the daemon watches. Times are in seconds, 0 for never; `folders` is a number of folders."""

    quiet: float = 0.15
    poll: float = 5.0
    recheck: float = 60.0
    sweep: float = 900.0
    home_sweep: float = 86400.0
    folders: int = 8192
    also: tuple[str, ...] = ()
    system: bool = True
    homes: bool = False
    notify: bool = True
    mail: bool = False
    lock_on: tuple[str, ...] = LOCK_ON


@dataclass(frozen=True, slots=True)
class Config:
    """All of keywatch.toml. `entries` by the entry's name in lower case, as names are found."""

    sweep: SweepConfig = field(default_factory=SweepConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)
    entries: Mapping[str, EntryPolicy] = field(default_factory=dict)
    keys: KeysConfig = field(default_factory=KeysConfig)


def parse_size(text: str) -> int:
    """Bytes of `1048576`, `64K`, `64 MiB` or `1G` (units are powers of 1024). `ValueError` says what is expected."""
    digits = text.strip().rstrip("BbIiKkMmGg ")
    unit = text.strip()[len(digits) :].strip().upper()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15 or unit not in _UNITS:
        raise ValueError(f"'{text}' is no size: write bytes, or a number with K, M or G, such as 64M")
    size = int(digits)
    return size << _UNITS[unit] if _UNITS[unit] > 1 else size


def read_config(path: str) -> Config:
    """The configuration at `path` and in the folder `conf.d` beside it; all defaults where no file is.

    A later file's key counts, and of an entry's policy its whole section. `ConfigError` names the file and the key.
    """
    config = _read_file(path) or Config()
    folder = os.path.join(os.path.dirname(path), CONF_D)
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".toml") and not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return config
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}") from None
    if len(names) > _MOST_FILES:
        raise ConfigError(f"{folder}: more than {_MOST_FILES} files")
    for name in names:
        config = _read_file(os.path.join(folder, name), config) or config
    return config


def _read_file(path: str, below: Config | None = None) -> Config | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ConfigError(f"{path}: is no regular file")
        content = file.read(MAX_BYTES + 1)
    return parse_config(content, path, below)


def parse_config(content: bytes, source: str, below: Config | None = None) -> Config:
    """The configuration in `content`; `source` names it in errors. Relative rule files lie beside `source`.

    What it does not name is as in `below`, or else as by default.
    """
    import tomllib  # 10 ms: only where there is a file to read

    if len(content) > MAX_BYTES:
        raise ConfigError(f"{source}: larger than {MAX_BYTES} bytes")
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{source}:{line}: not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ConfigError(f"{source}: not valid TOML: {reason}") from None
    _refuse_unknown(document, ("sweep", "watch", "keys", "entries"), source, "section")
    for name in ("sweep", "watch", "keys"):
        if not isinstance(document.get(name, {}), dict):
            raise ConfigError(f"{source}: '{name}' must be a section: write [{name}]")
    entries = document.get("entries", {})
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ConfigError(f"{source}: 'entries' must hold sections: write [entries.NAME]")
    policies = {name.casefold(): _policy(entry, f"{source}: [entries.{name[:64]}]") for name, entry in entries.items()}
    base = below or Config()
    return Config(
        _sweep(document.get("sweep", {}), source, base.sweep),
        _watch(document.get("watch", {}), source, base.watch),
        {**base.entries, **policies},
        _keys(document.get("keys", {}), source, base.keys),
    )


def _sweep(section: Mapping[str, object], source: str, base: SweepConfig) -> SweepConfig:
    readers: dict[str, Callable[[object], object]] = {
        "max_file_size": _size,
        "jobs": _whole(0, 256),
        "home_depth": _whole(0, 64),
        "archive_depth": _whole(0, 16),
        "skip": _texts,
        "fail_on": _fail_on,
        "rules": lambda value: tuple(_beside(source, path) for path in _texts(value)),
    }
    return replace(base, **_read(section, readers, f"{source}: [sweep]"))  # type: ignore[arg-type]  # as the readers give


def _watch(section: Mapping[str, object], source: str, base: WatchConfig) -> WatchConfig:
    readers: dict[str, Callable[[object], object]] = {
        "quiet": _time(0.01, 0.6),
        "poll": _time(0.2, 3600),
        "recheck": _time(0.2, 86400),
        "sweep": _time(1, 7 * 86400, never=True),
        "home_sweep": _time(60, 90 * 86400, never=True),
        "folders": _whole(0, 1_000_000),
        "also": lambda value: tuple(_beside(source, path) for path in _texts(value)),
        "system": _flag,
        "homes": _flag,
        "notify": _flag,
        "mail": _flag,
        "lock_on": _choices(LOCK_ON),
    }
    return replace(base, **_read(section, readers, f"{source}: [watch]"))  # type: ignore[arg-type]  # as the readers give


def _keys(section: Mapping[str, object], source: str, base: KeysConfig) -> KeysConfig:
    readers: dict[str, Callable[[object], object]] = {
        "max_age": _time(86400, 3650 * 86400, never=True),
        "new": _one_of(NEW),
    }
    return replace(base, **_read(section, readers, f"{source}: [keys]"))  # type: ignore[arg-type]  # as the readers give


def _policy(section: Mapping[str, object], where: str) -> EntryPolicy:
    readers: dict[str, Callable[[object], object]] = {
        "deny": _flag,
        "ask": _flag,
        "uids": _numbers,
        "executables": _paths,
        "new": _one_of(("", *NEW)),
        "session": _flag,
        "role": _like(_ROLE, "the ARN of a role, such as arn:aws:iam::123456789012:role/name"),
        "mfa": _like(_MFA, "an MFA device's ARN or serial number: keywatch key session NAME --mfa finds it out"),
        "duration": _time(SHORTEST, LONGEST_SESSION),
        "external_id": _like(_EXTERNAL_ID, "2 to 1224 letters, digits and +=,.@:/-"),
    }
    policy = EntryPolicy(**_read(section, readers, where))  # type: ignore[arg-type]  # as the readers give
    # a slip here must never mean that the long-lived key is given after all
    if not policy.session and (policy.role or policy.mfa or policy.external_id):
        raise ConfigError(f"{where}: role, mfa and external_id are for temporary keys: add session = true")
    if policy.external_id and not policy.role:
        raise ConfigError(f"{where}: external_id goes with a role")
    if policy.role and policy.duration > LONGEST_ROLE:
        raise ConfigError(f"{where} duration: a role's session lasts for 12 hours at most")
    return policy


def _read(
    section: Mapping[str, object], readers: Mapping[str, Callable[[object], object]], where: str
) -> dict[str, object]:
    """The values of a section, each by its reader."""
    _refuse_unknown(section, tuple(readers), where, "key")
    values: dict[str, object] = {}
    for key, value in section.items():
        try:
            values[key] = readers[key](value)
        except ValueError as error:
            raise ConfigError(f"{where} {key}: {error}") from None
    return values


def _refuse_unknown(table: Mapping[str, object], known: tuple[str, ...], where: str, what: str) -> None:
    for key in table:
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key[:100], known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"{where}: unknown {what} {key[:100]!r}: {hint}")


def _size(value: object) -> int:
    if isinstance(value, str):
        value = parse_size(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1 << 50:
        raise ValueError('expected a size of at least one byte, such as 1048576 or "64M"')
    return value


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return value

    return read


def _time(least: float, most: float, *, never: bool = False) -> Callable[[object], float]:
    def read(value: object) -> float:
        if never and value == NEVER:
            return 0.0
        seconds = parse_time(value) if isinstance(value, str) else value
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not least <= seconds <= most:
            choice = f", or {NEVER}" if never else ""
            raise ValueError(
                f'expected {least:g} to {most:g} seconds, as a number or such as "150ms", "5m", "1d"{choice}'
            )
        return float(seconds)

    return read


def parse_time(text: str) -> float:
    """Seconds of `150ms`, `5s`, `10m`, `2h`, `1d` or `90`. `ValueError` says what is expected."""
    digits = text.strip().rstrip("smhd")
    unit = text.strip()[len(digits) :]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or unit not in _TIMES:
        raise ValueError(f"'{text[:100]}' is no time: write a number with ms, s, m, h or d, such as 5m")
    return int(digits) * _TIMES[unit]


def _choices(known: tuple[str, ...]) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        words = _texts(value)
        if wrong := [word for word in words if word not in known]:
            raise ValueError(f"unknown {wrong[0][:100]!r}: known: {', '.join(known)}")
        return words

    return read


def _one_of(known: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise ValueError(f"expected one of {', '.join(word for word in known if word)}")
        return str(value)

    return read


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item and "\0" not in item for item in value):
        raise ValueError('expected a list of texts, such as ["a", "b"]')
    return tuple(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")  # noqa: TRY004 - like every other wrong value
    return value


def _numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 1 << 32 for item in value):
        raise ValueError("expected a list of user ids, such as [1000]")
    return tuple(value)


def _paths(value: object) -> tuple[str, ...]:
    paths = _texts(value)
    if wrong := [path for path in paths if not path.startswith("/")]:
        raise ValueError(f"expected absolute paths of programs, not {wrong[0][:100]!r}")
    return paths


def _like(pattern: re.Pattern[str], expected: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value != "" and (not isinstance(value, str) or not pattern.fullmatch(value)):
            raise ValueError(f"expected {expected}")
        return str(value)

    return read


def _fail_on(value: object) -> Severity | None:
    if not isinstance(value, str):
        raise ValueError(f"expected one of {', '.join(s.label for s in Severity)}, {NEVER}")  # noqa: TRY004
    return parse_fail_on(value)


def _beside(source: str, path: str) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(source)), os.path.expanduser(path))
