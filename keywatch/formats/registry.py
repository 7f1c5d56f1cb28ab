"""The formats by name. A new format is one file beside this one and one line here; imports are lazy."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from keywatch.formats.base import Format

#: name of the format → module in keywatch.formats that holds its `FORMAT`
MODULES: dict[str, str] = {
    "aws-ini": "aws_ini",
    "ini": "ini",
    "shell": "shell",
    "fish": "fish",
    "csh": "csh",
    "crontab-system": "crontab",
    "crontab-user": "crontab",
    "dotenv": "dotenv",
    "environment": "environment",
    "env-file": "environment",
    "systemd": "systemd",
    "json": "json",
    "yaml": "yaml",
    "toml": "toml",
    "hcl": "hcl",
    "xml": "xml",
    "netrc": "netrc",
    "csv": "csv",
    "history": "history",
    "text": "text",
}


@cache
def find(name: str) -> Format:
    """The format of that name. `KeyError` for one that is not registered."""
    module = import_module(f"keywatch.formats.{MODULES[name]}")
    formats: dict[str, Format] = module.FORMATS
    return formats[name]
