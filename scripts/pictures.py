"""Draws the pictures of docs/guide.md: the program on a terminal, in a made-up home with made-up keys.

usage: python scripts/pictures.py [FOLDER]     (needs the `dev` extra; FOLDER is docs/pictures)

Each picture is an SVG of what the real program wrote, so that a picture shows nothing that the program does not do.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tests.cli.screen import ScreenTerminal  # noqa: E402
from tests.fakes import Fakes  # noqa: E402
from tests.move.moving import PROGRAMS, Moving  # noqa: E402

WIDTH = 100
#: where pip puts the program for a person, in place of where these tests have it
INSTALLED = "/home/you/.local/bin"
fakes = Fakes(2026)


def main() -> None:
    """Make all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        machine = Moving(Path(scratch))
        furnish(machine)
        draw(folder / "sweep.svg", machine, 34, ["keywatch", "sweep", "--home"])
        machine.init_vault()
        draw(folder / "move.svg", machine, 40, ["keywatch", "move", "~/.aws/credentials", "--dry-run"])
        draw(folder / "review.svg", machine, 26, ["keywatch", "review"], until="q  end", press="\r")


def furnish(machine: Moving) -> None:
    """A home as people have them: a key in `~/.aws`, another copied into a profile and a project."""
    work, site = (fakes.key_id(), fakes.secret()), (fakes.key_id(), fakes.secret())
    machine.write(
        ".aws/credentials",
        f"[default]\naws_access_key_id = {work[0]}\naws_secret_access_key = {work[1]}\n",
    )
    machine.write(".aws/config", "[default]\nregion = eu-west-1\n")
    machine.write(".bashrc", f"export AWS_ACCESS_KEY_ID={work[0]}\nexport AWS_SECRET_ACCESS_KEY={work[1]}\n", 0o644)
    machine.write("shop/.env", f"AWS_ACCESS_KEY_ID={site[0]}\nAWS_SECRET_ACCESS_KEY={site[1]}\nBUCKET=shop-images\n")


def draw(path: Path, machine: Moving, height: int, words: list[str], until: str = "", press: str = "") -> None:
    """Run the program on a terminal of that height, until it ends or shows `until`, and draw its screen."""
    argv = [os.path.join(PROGRAMS, words[0]), *(re.sub("^~", str(machine.home), word) for word in words[1:])]
    with ScreenTerminal(argv, machine.env, str(machine.home), WIDTH, height) as terminal:
        if until:
            terminal.wait_for(until)
            terminal.press(press)
            time.sleep(2 if press else 0)
            terminal.text()
        else:
            terminal.wait()
        lines = [Text(f"$ {' '.join(words)}", style="bold"), *screen_lines(terminal)]
    while lines and not lines[-1].plain.strip():
        lines.pop()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(line, soft_wrap=True)
    svg = console.export_svg(title="keywatch", unique_id=path.stem)
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))
    print(path.name, f"{len(lines)} lines")


def screen_lines(terminal: ScreenTerminal) -> list[Text]:
    """The screen as text with its colours."""
    found = []
    screen = terminal.screen
    for row in range(screen.lines):
        cells = [screen.buffer[row][column] for column in range(screen.columns)]
        line = Text()
        for style, run in groupby(cells, key=_style):
            line.append("".join(cell.data for cell in run), style)
        line.rstrip()
        plain = line.plain.replace(PROGRAMS, INSTALLED)
        found.append(line if plain == line.plain else Text(plain, line.get_style_at_offset(Console(), 4)))
    return found


def _style(cell: object) -> Style:
    def colour(name: str) -> str | None:
        if name == "default":
            return None
        named = {"brown": "yellow"}.get(name, name)
        return f"#{named}" if re.fullmatch(r"[0-9a-f]{6}", named) else named.replace("bright", "bright_")

    return Style(
        color=colour(cell.fg), bgcolor=colour(cell.bg), bold=cell.bold, italic=cell.italics,  # type: ignore[attr-defined]
        underline=cell.underscore, reverse=cell.reverse,  # type: ignore[attr-defined]
    )  # fmt: skip


if __name__ == "__main__":
    main()
