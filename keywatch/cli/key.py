"""`keywatch key …`: what can be done with AWS keys, each action in a module of its own, loaded when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

#: action → the module of cli/ and its function
ACTIONS = {
    "list": ("key_list", "run_list"),
    "create": ("key_create", "run_create"),
    "templates": ("key_templates", "run_templates"),
    "rotate": ("key_rotate", "run_rotate"),
    "retire": ("key_retire", "run_retire"),
    "session": ("key_session", "run_session"),
    "consumers": ("key_consumers", "run_consumers"),
}


def run_key(options: argparse.Namespace) -> int:
    """Do the action that the options name; the exit status."""
    module, function = ACTIONS[options.action]
    run: Callable[[argparse.Namespace], int] = getattr(import_module(f"keywatch.cli.{module}"), function)
    return run(options)
