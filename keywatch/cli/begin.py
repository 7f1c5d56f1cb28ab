"""The first moments of `keywatch sweep`: trees are being swept while the rest is still loaded."""

from __future__ import annotations

import os
from contextlib import ExitStack

from keywatch.paths import own_homes
from keywatch.sweep.ahead import begin

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def begin_sweep(options: argparse.Namespace) -> int:
    """Sweep as the options say; the exit status."""
    with ExitStack() as stack:
        ahead = None
        if not options.rules:
            paths = [*options.paths, *([os.path.expanduser("~")] if options.home else [])]
            ahead = begin(
                paths,
                own_homes(),
                jobs=options.jobs or 0,
                max_size=options.max_size or 0,
                cached=not options.no_cache,
            )
        if ahead is not None:
            stack.callback(ahead.dismiss)
        from keywatch.cli.sweep import run_sweep

        return run_sweep(options, ahead=ahead)
