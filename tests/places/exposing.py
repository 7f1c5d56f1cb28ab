"""Files to ask about, and who is asked: what the tests of exposure share."""

from __future__ import annotations

from pathlib import Path

from keywatch.places.exposure import Exposures


def exposures(tmp_path: Path, mountinfo: bytes = b"", git: str = "", home: str | None = None) -> Exposures:
    """Who is asked: a machine of made-up /sys and mounts, with no git unless its program is given."""
    (tmp_path / "mountinfo").write_bytes(mountinfo)
    return Exposures(str(tmp_path / "sys"), str(tmp_path / "mountinfo"), home or str(tmp_path / "home"), git)


def put(path: Path, text: str = "") -> Path:
    """Write a file, and the folders to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
