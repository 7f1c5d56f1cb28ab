"""`keywatch config check|show|path`: the configuration, checked, and every setting that counts. Never writes it."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import fields

from keywatch.config import FILE_NAME, EntryPolicy, KeysConfig, SweepConfig, WatchConfig, parse_time, read_config
from keywatch.errors import ConfigError
from keywatch.paths import own_homes
from keywatch.policyfile import toml_text
from keywatch.report.escape import show
from keywatch.severity import NEVER, Severity

#: settings whose None or 0 stands for `never` in the file
_NEVER = frozenset(("fail_on", "sweep", "home_sweep", "max_age"))
#: seconds; every setting that is no whole number is a time
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def run_config(options: argparse.Namespace) -> int:
    """Check or show the configuration, or print its path. `ConfigError` where it is wrong."""
    homes = own_homes()
    path = os.path.join(homes.config, FILE_NAME)
    if homes.system and os.environ.get("XDG_CONFIG_HOME"):
        sys.stderr.write(
            f"keywatch: root's commands use the system's configuration, {show(homes.config)}, whatever XDG_CONFIG_HOME "
            "says: with XDG_STATE_HOME set too, root has a home of its own\n"
        )
    whose = " (of the system)" if homes.system else ""
    if options.what == "path":
        sys.stdout.write(f"{show(path)}\n")
        return 0
    config = read_config(path)
    there = os.path.lexists(path)
    if options.what == "check":
        if homes.system and (names := [name for name, policy in config.entries.items() if policy.session]):
            raise ConfigError(f"{path}: [entries.{names[0]}] session: the system agent has no network to get one by")
        for rules in config.sweep.rules:
            if not os.path.isfile(rules):
                raise ConfigError(f"{path}: [sweep] rules: there is no file {rules}")
        said = "is right" if there else "is not there, and need not be: every setting has its default"
        sys.stdout.write(f"{show(path)}{whose}: {said}\n")
        return 0
    sys.stdout.write(f"# {show(path)}{whose}{'' if there else ' (not there)'}\n")
    for line in _lines("sweep", config.sweep, SweepConfig()):
        sys.stdout.write(line + "\n")
    for line in _lines("watch", config.watch, WatchConfig()):
        sys.stdout.write(line + "\n")
    for line in _lines("keys", config.keys, KeysConfig()):
        sys.stdout.write(line + "\n")
    for name, policy in config.entries.items():
        for line in _lines(f"entries.{toml_text(name)}", policy, EntryPolicy()):
            sys.stdout.write(line + "\n")
    return 0


def _lines(name: str, section: object, default: object) -> Iterator[str]:
    """A section in TOML; what is as it is without a file says so."""
    yield ""
    yield f"[{name}]"
    for each in fields(section):  # type: ignore[arg-type]  # a dataclass, as config.py makes them
        value = getattr(section, each.name)
        mark = "  # the default" if value == getattr(default, each.name) else ""
        yield f"{each.name} = {_toml(each.name, value)}{mark}"


def _toml(name: str, value: object) -> str:
    if name in _NEVER and not isinstance(value, Severity) and not value:
        return f'"{NEVER}"'
    if isinstance(value, Severity):
        return f'"{value.label}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml("", item) for item in value) + "]"
    if isinstance(value, str):
        return toml_text(value)
    return _time(value) if isinstance(value, float) else str(value)


def _time(seconds: float) -> str:
    """As a person writes it, in the largest unit that goes into it, where that is read back as exactly the same."""
    for unit, length in _UNITS.items():
        text = f"{round(seconds / length)}{unit}"
        with contextlib.suppress(ValueError):  # more digits than a time has
            if parse_time(text) == seconds:
                return f'"{text}"'
    return repr(seconds)
