"""Begins to sweep trees while the rest of keywatch is still being loaded, which takes a tenth of a second.

Only where nothing but keywatch's own rules and defaults can be meant. Loads as little as can be: every sweep waits for
this module.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from keywatch.defaults import MAX_FILE_SIZE
from keywatch.errors import StateError
from keywatch.paths import Homes, has_config, installation_key, real_path
from keywatch.places.walk import mounted_kernel_devices
from keywatch.state import FolderKey, State
from keywatch.sweep.crew import Crew, can_fork
from keywatch.sweep.stamp import stamp
from keywatch.sweep.units import plan_units, processors
from keywatch.sweep.worker import SweepWorker, Tools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keywatch.sweep.crew import Emit

#: units for each worker: planning more would cost all of them time that only the last one gains
_UNITS = 64


class Ahead:
    """Workers that sweep `trees` since `begun` (time.perf_counter). What they say is asked for once: `listen`.

    `known` is what was remembered as clean `under` the stamp of the rules, None where nothing is to be.
    """

    def __init__(self, trees: Sequence[str], tools: Tools, known: Mapping[FolderKey, bytes] | None, jobs: int) -> None:
        self.begun = time.perf_counter()
        self.known = known
        self.under = tools.under
        units = plan_units(trees, (), jobs, _UNITS)
        tools = tools._replace(units=units)
        self._crew = Crew(len(units), lambda emit, crashed: SweepWorker(tools, emit, crashed), jobs)

    def listen(self, take: Emit) -> None:
        """Pass on all that the workers say."""
        self._crew.listen(take)

    def dismiss(self) -> None:
        """End what is still at work."""
        self._crew.dismiss()


def begin(paths: Sequence[str], homes: Homes, *, jobs: int = 0, max_size: int = 0, cached: bool = True) -> Ahead | None:
    """Begin to sweep these trees, where it is worth it and safe; a configuration's wishes are the sweep's to know.

    Trouble with keywatch's own files is the sweep's to tell: then nothing is begun.
    """
    jobs = jobs or processors()
    if not paths or jobs < 2 or not can_fork() or has_config(homes.config) or not all(map(os.path.isdir, paths)):
        return None
    under = stamp()
    try:
        key = installation_key(homes.state)
        known = None
        if cached:
            with State(homes.state) as state:
                known = state.load_clean(under)
    except StateError:
        return None
    tools = Tools(
        units=(),
        key=key,
        under=under,
        cache=homes.cache,
        known=known or {},
        remember=cached,
        max_size=max_size or MAX_FILE_SIZE,
        no_entry=mounted_kernel_devices(),
    )
    return Ahead(list(dict.fromkeys(map(real_path, paths))), tools, known, jobs)
