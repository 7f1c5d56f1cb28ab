"""The floors of the design: no module imports from a floor above its own, and the pure rooms stay pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warm import unmeasured

PACKAGE = Path(__file__).parent.parent / "keywatch"

#: module or package below keywatch → floor
FLOORS = {
    "model": 0, "severity": 0, "defaults": 0, "errors": 0, "paths": 0,
    "config": 0, "request": 0, "globs": 0, "hardening": 0, "events": 0,
    "detect": 1, "state": 1, "database": 1, "totals": 1, "memory": 1, "age": 1, "atomic": 1, "suppress": 1,
    "ignores": 1, "audit": 1, "wire": 1, "policyfile": 1,
    "formats": 2,
    "places": 3, "vault": 3, "report": 3,
    "sweep": 4, "move": 4, "serve": 4, "offers": 4, "advise": 4, "aws": 4,
    "cli": 5, "watch": 5, "units": 5, "__main__": 5,
}  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))


def _room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "keywatch" and len(parts) > 1 else None


def _imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_import_goes_up(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for line, name in _imports(path):
        room = _room(name)
        if room is not None and room in FLOORS:
            assert FLOORS[room] <= FLOORS[own], f"{path}:{line}: {own} (floor {FLOORS[own]}) imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_has_a_floor_and_a_size(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own == "__init__" or own in FLOORS, f"{path}: give it a floor here and in the design"
    assert len(path.read_text().splitlines()) <= 400, f"{path}: longer than 400 lines"
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path}: its first lines must say what it is for"


@pytest.mark.parametrize("room", ["detect", "formats"])
def test_pure_rooms_touch_no_file_clock_or_environment(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        for line, name in _imports(path):
            top = name.split(".")[0]
            assert top not in {
                "os",
                "io",
                "pathlib",
                "time",
                "subprocess",
                "socket",
                "sqlite3",
            }, f"{path}:{line}: a pure module imports {name}"
        names = {
            n.func.id
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        calls = {
            n.func.attr
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        }
        assert not calls & {"now", "today", "utcnow"}, f"{path}: a pure module asks the clock"
        assert not names & {"open", "print", "input", "eval", "exec"}, f"{path}: a pure module calls {names}"


FIRST = """
import os, sys
for name in sys.argv[1:]:
    if os.fork() == 0:
        try:
            __import__(name)
        except BaseException as error:
            print(name, repr(error), flush=True)
        os._exit(0)
    os.wait()
"""


def test_each_module_can_be_the_first() -> None:
    """A command imports only what it needs, so no module may lean on another that was imported before it."""
    paths = [path.relative_to(PACKAGE.parent).with_suffix("") for path in MODULES if path.stem != "__main__"]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    done = subprocess.run(
        [sys.executable, "-c", FIRST, *names], cwd=PACKAGE.parent, env=unmeasured(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == ""
