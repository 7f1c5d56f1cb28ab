"""`keywatch review`: all findings by credential on one screen, and a key for each thing that can be done with them.

The same plans and the same moves as `keywatch move`; nothing is changed without a yes.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from itertools import groupby

from keywatch.cli.move_text import Page
from keywatch.cli.review_page import Row, View, about, draw
from keywatch.cli.terminal import Terminal
from keywatch.cli.workbench import find_all, in_order, make_planner, open_workshop, vault_named
from keywatch.errors import KeywatchError, UsageError
from keywatch.ignores import add_ignore, drop_ignore
from keywatch.model import Finding
from keywatch.move.apply import Workshop, apply_plan
from keywatch.move.base import Plan
from keywatch.move.plan import Wish
from keywatch.move.recover import recover_all
from keywatch.move.select import select
from keywatch.move.undo import undo_move
from keywatch.paths import Homes, own_homes

DONE, LEFT = 0, 1
_FAR = 10**6
_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1, "home": -_FAR, "end": _FAR}


def run_review(options: argparse.Namespace) -> int:
    """Review findings; 0 when nothing is left to look at, 1 otherwise."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "") in ("", "dumb"):
        raise UsageError("review needs a terminal: without one see keywatch sweep --json and keywatch move --dry-run")
    from rich.console import Console

    homes = own_homes()
    vault = vault_named(options.to, homes)
    sys.stderr.write("looking for keys …\n")
    findings = find_all(options.words, homes)
    wanted = in_order(select(options.words, findings) if options.words else findings)
    rows = [Row(list(group)) for _, group in groupby(wanted, key=lambda finding: finding.identity)]
    rows.sort(key=lambda row: -row.lead.severity)
    console = Console(highlight=False)
    with Terminal(console) as terminal, Review(options, homes, vault, terminal, View(rows), findings) as review:
        review.run()
    left = [row for row in rows if not row.state]
    states = Counter(row.state for row in rows if row.state)
    done = ", ".join(f"{count} {state}" for state, count in states.items())
    console.print(
        f"{len(rows)} key{'s' * (len(rows) != 1)}: {done or 'nothing was done'}"
        + (f", {len(left)} left" if done and left else "")
    )
    return LEFT if left else DONE


class Review:
    """The keys and what they do. A context manager: it closes the vault."""

    def __init__(
        self,
        options: argparse.Namespace,
        homes: Homes,
        vault: str,
        terminal: Terminal,
        view: View,
        findings: list[Finding],
    ) -> None:
        """`vault` as `vault_named` gives it; `findings` are all that are known."""
        self._options = options
        self._homes = homes
        self._vault = vault
        self._terminal = terminal
        self._view = view
        self._findings = findings
        self._stack = ExitStack()
        self._workshop: Workshop | None = None

    def __enter__(self) -> Review:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self) -> None:
        """Until the person ends it."""
        while True:
            self._draw()
            key = self._terminal.key()
            if key == "q" or (key == "escape" and not self._view.looking):
                return
            if key == "resize":
                continue
            self._view.message = ""
            try:
                self._press(key)
            except KeywatchError as error:
                self._view.message = " ".join(str(error).splitlines())

    def _draw(self) -> None:
        self._terminal.draw(draw(self._view, self._terminal.width, self._terminal.height))

    def _press(self, key: str) -> None:
        view = self._view
        if not view.rows:
            return
        page = max(1, self._terminal.height - 5)
        steps = {**_STEPS, "page up": -page, "page down": page}
        if view.looking:
            view.scroll += steps.get(key, 0)
            if key in ("escape", "left", "backspace"):
                view.looking = False
        else:
            view.at = max(0, min(len(view.rows) - 1, view.at + steps.get(key, 0)))
            if key in ("enter", "right"):
                self._look("")
        actions: dict[str, Callable[[Row], None]] = {
            "m": lambda row: self._move(row, ""), "r": lambda row: self._move(row, "redact"), "i": self._ignore,
            "s": self._skip, "u": self._undo,
        }  # fmt: skip
        if key in actions:
            actions[key](view.rows[view.at])

    # -- what can be done ----------------------------------------------------------------------------------------------

    def _look(self, way: str) -> Plan | None:
        """Show the credential with its plan."""
        view = self._view
        row = view.rows[view.at]
        view.looking, view.scroll = True, 0
        row.lines = about(row, view.home)
        if row.state not in ("", "skipped"):
            row.lines.append(f"  {row.state}" + (f"  (keywatch undo {row.move})" if row.move else ""))
            return None
        text = io.StringIO()
        try:
            workshop = self._open()
            plan = make_planner(Wish(way, "", self._vault), self._homes, workshop, self._findings).plan(row.findings)
        except KeywatchError as error:
            row.lines += [f"  {line}" for line in str(error).splitlines()]
            return None
        Page(text, color=True).plan(plan, workshop.vault.title)
        row.lines += text.getvalue().splitlines()
        return plan

    def _move(self, row: Row, way: str) -> None:
        if row.state not in ("", "skipped"):
            self._view.message = f"it is {row.state} already: u undoes that"
            return
        plan = self._look(way)
        if plan is None:
            return
        if not plan.changes:
            self._view.message = plan.unmoved[0].why if plan.unmoved else "there is nothing to change"
            return
        several = f" in {len(plan.changes)} files" if len(plan.changes) > 1 else ""
        if not self._yes(f"Make this change{several}? [y/N]"):
            self._view.message = "nothing was changed"
            return
        outcome = apply_plan(plan, self._open(), self._tell)
        row.state, row.move = ("redacted" if way else "moved"), outcome.move.id
        self._look("")
        row.lines = [*(row.lines or []), *(f"  mind: {word}" for word in outcome.words)]
        self._view.message = f"{row.state}: u undoes it, now or later (keywatch undo {row.move})"

    def _ignore(self, row: Row) -> None:
        if row.state not in ("", "skipped"):
            self._view.message = f"it is {row.state} already: u undoes that"
            return
        reason = self._ask("Why may it stay?")
        if not reason:
            self._view.message = "nothing was changed"
            return
        for finding in row.findings:
            add_ignore(self._homes.config, f"finding:{finding.id}", reason)
        row.state = "ignored"
        self._view.message = "ignored: u has it reported again"

    def _skip(self, row: Row) -> None:
        if not row.state:
            row.state = "skipped"
        self._view.looking = False
        self._view.at = min(len(self._view.rows) - 1, self._view.at + 1)

    def _undo(self, row: Row) -> None:
        if row.move:
            if not self._yes("Put the key back into its files, in plaintext? [y/N]"):
                return
            workshop = self._open()
            words = undo_move(workshop.journal.get(row.move), workshop, self._tell)
            row.state = row.move = ""
            self._view.message = "undone" + "".join(f"; {word}" for word in words)
        elif row.state == "ignored":
            for finding in row.findings:
                drop_ignore(self._homes.config, f"finding:{finding.id}")
            row.state = ""
            self._view.message = "it is reported again"
        elif row.state:
            row.state = ""
        else:
            self._view.message = "nothing was done with this key"
        self._view.looking = False

    # -- what they need ------------------------------------------------------------------------------------------------

    def _open(self) -> Workshop:
        """The vault, opened when it is first needed: it may ask for a passphrase, on the person's own screen."""
        if self._workshop is None:
            with self._terminal.suspended():
                workshop = self._stack.enter_context(open_workshop(self._options, self._homes, self._vault))
                ended = recover_all(workshop)
                self._workshop = workshop
            if ended:
                self._view.message = f"move {ended[0].move.id}, which was cut short: {ended[0].words}"
        return self._workshop

    def _tell(self, what: str) -> None:
        self._view.message = f"{what} …"
        self._draw()

    def _yes(self, question: str) -> bool:
        return self._ask(question).lower() in ("y", "yes")

    def _ask(self, question: str) -> str:
        """What the person types; empty for Esc."""
        view = self._view
        view.question, view.typed = question, ""
        try:
            while True:
                self._draw()
                key = self._terminal.key()
                if key == "enter":
                    return view.typed.strip()
                if key == "escape":
                    return ""
                if key == "backspace":
                    view.typed = view.typed[:-1]
                elif key == "page down":
                    view.typed += " "
                elif len(key) == 1 and len(view.typed) < 200:
                    view.typed += key
        finally:
            view.question = view.typed = ""
