"""Debian's cron runs jobs whose key was moved: out of /etc/crontab, files of cron.d and root's own crontab."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

CAN = os.geteuid() == 0 and shutil.which("cron") and shutil.which("unshare") and find_spec("botocore")


@pytest.mark.e2e
@pytest.mark.skipif(
    not CAN and os.environ.get("KEYWATCH_E2E") != "required", reason="needs root, cron, unshare and botocore"
)
def test_jobs_sign_with_the_same_key(tmp_path):
    top = Path(__file__).parents[2]
    lab = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", sys.executable, "-m", "tests.move.cronlab", str(tmp_path)],
        cwd=top, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert lab.returncode == 0, lab.stderr
    seen = json.loads(lab.stdout)
    wanted = {name: f"{key} 40" for name, key in seen["keys"].items()}
    assert seen["before"] == wanted
    assert seen["unmoved"] == []
    assert seen["left"] == []
    assert seen["after"] == wanted
    assert seen["undone"] == wanted
    assert seen["same"]
