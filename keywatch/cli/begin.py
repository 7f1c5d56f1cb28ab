"""The first moments of `keywatch sweep`: trees are compared with what is remembered while the rest is still loaded."""

from __future__ import annotations

import os
from contextlib import ExitStack

from keywatch.paths import own_homes
from keywatch.sweep.ahead import look_ahead

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def begin_sweep(options: argparse.Namespace) -> int:
    """Sweep as the options say; the exit status."""
    with ExitStack() as stack:
        ahead = None
        if not (options.no_cache or options.rules or options.processes):
            paths = [*options.paths, *([os.path.expanduser("~")] if options.home else [])]
            ahead = look_ahead(paths, own_homes(), options.jobs or 0)
        if ahead is not None:
            stack.callback(ahead.dismiss)
        from keywatch.cli.sweep import run_sweep

        return run_sweep(options, ahead=ahead)
