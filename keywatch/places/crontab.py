"""This account's own crontab, which nobody may open in the spool: as crontab(1) prints it. Changes nothing."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess

from keywatch.model import Place

_PATH = "/usr/local/bin:/usr/bin:/bin"
#: where systems keep crontabs
SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/tabs")
_TIMEOUT = 2.0


def own_crontab() -> tuple[Place, bytes] | None:
    """The crontab with the place that it has in the spool; None where there is none, or where the spool can be read."""
    spool = next((each for each in SPOOLS if os.path.isdir(each)), "")
    program = shutil.which("crontab", path=_PATH)
    if not spool or program is None or os.access(spool, os.R_OK):
        return None
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
        done = subprocess.run(
            [program, "-l"], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_TIMEOUT,
            env={"PATH": _PATH, "LC_ALL": "C", "HOME": "/"},
        )  # fmt: skip
    except (KeyError, OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0 or not done.stdout:
        return None
    return Place(f"{spool}/{name}", (), "crontab-user", name, "cron (a user's crontab)"), done.stdout
