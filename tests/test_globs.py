"""Globs as .gitignore has them, against git's own examples and against time."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywatch.globs import covers, step_matches


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.env", "/r/a/b/x.env", True),
        ("*.env", "/r/x.env.bak", False),
        ("node_modules", "/r/a/node_modules/x/y.js", True),
        ("/node_modules", "/r/a/node_modules/x", False),
        ("/node_modules", "/r/node_modules/x", True),
        ("a/b", "/r/a/b/c", True),
        ("a/b", "/r/x/a/b", False),
        ("**/b", "/r/x/a/b", True),
        ("**/b", "/r/b", True),
        ("a/**/c", "/r/a/c", True),
        ("a/**/c", "/r/a/x/y/c/d", True),
        ("a/**", "/r/a", False),
        ("a/**", "/r/a/b", True),
        ("a/*/c", "/r/a/x/y/c", False),
        ("[!.]*", "/r/.x", False),
        ("x[0-9]?", "/r/x1y", True),
        (r"\*", "/r/*", True),
        (r"\*", "/r/x", False),
        ("[", "/r/[", True),
        ("[]a]", "/r/]", True),
        ("*", "/elsewhere/x", False),
    ],
)
def test_a_glob_covers_what_git_says(glob: str, path: str, expected: bool) -> None:
    assert covers(glob, path, "/r") is expected


def test_a_folder_glob_needs_something_below() -> None:
    assert covers("build", "/r/build", "/r")
    assert not covers("build", "/r/build", "/r", folders_only=True)
    assert covers("build", "/r/build/x", "/r", folders_only=True)


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_a_step_matches_as_fnmatch_does(glob: str, name: str) -> None:
    assert step_matches(glob, name) == fnmatch.fnmatchcase(name, glob)


@given(st.text("ab*?[]!^-\\/", max_size=20), st.text("ab[]-/", max_size=20))
def test_no_glob_fails(glob: str, name: str) -> None:
    covers(glob, "/" + name)


def test_a_hostile_glob_takes_no_time() -> None:
    begun = time.perf_counter()
    assert not step_matches("*a" * 500 + "b", "a" * 2000)
    assert not covers("/".join(["**", "a"] * 50) + "/b", "/" + "/".join(["a"] * 500))
    assert time.perf_counter() - begun < 2
