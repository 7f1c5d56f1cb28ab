"""Tells the person of offers by notifications, and does what they choose. A process of its own, that ends when idle.

At most one notification a minute, then one for all that came meanwhile; none while the screen is locked or the person
wants none. What is chosen is done by the same commands that a person would type, in processes of their own: no key is
ever in this one.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keywatch.hardening import harden
from keywatch.memory import Memory, Remembered
from keywatch.offers.aging import entry_of, step_of
from keywatch.offers.store import Offer, Offers, OfferState
from keywatch.offers.words import body_of, digest_of, news_of, summary_of, waiting_of
from keywatch.paths import Homes, user_homes
from keywatch.report.escape import show

if TYPE_CHECKING:
    from keywatch.offers.desktop import Closed, Desktop, Pressed
    from keywatch.offers.macos import LibraryDesktop

#: seconds between two notifications of findings
PACE = 60.0
#: seconds for which a dismissed offer, or one that was undone, is not told again
SNOOZE = 86400.0
#: seconds after which a notification that nobody touched is no longer waited for
_LIFE = 3600.0
_COMMAND_TIME = 300.0
_LAST = "told"
_TERMINALS = (
    ("xdg-terminal-exec",), ("x-terminal-emulator", "-e"), ("gnome-terminal", "--"), ("konsole", "-e"),
    ("xfce4-terminal", "-x"), ("alacritty", "-e"), ("kitty",), ("foot",), ("xterm", "-e"),
)  # fmt: skip
_REVIEW = ("review", "Review")
#: a terminal closes when its command ends: so that its words can be read
_AND_WAIT = ("sh", "-c", '"$@"; printf "\\n[Enter] "; read -r _', "sh")


@dataclass(slots=True)
class Shown:
    """A notification on the screen: the offers that it is about, the move that its Undo takes back."""

    identities: tuple[str, ...]
    since: float = field(default_factory=time.time)
    move: str = ""


class Notifier:
    """The loop, and what each choice does."""

    def __init__(self, homes: Homes, desktop: Desktop | LibraryDesktop, offers: Offers, *, pace: float = PACE) -> None:
        """`pace` is the time between two notifications of findings, in seconds."""
        self._homes = homes
        self._desktop = desktop
        self._offers = offers
        self._pace = pace
        self._shown: dict[int, Shown] = {}
        self._home = os.path.expanduser("~")

    def run(self, wakes: int) -> None:
        """Until nothing is left to tell or to wait for, or the descriptor `wakes` ends."""
        while True:
            now = time.time()
            self._offers.wake(now)
            new = [offer for offer in self._offers.all() if offer.state is OfferState.NEW]
            news = self._offers.news()
            wait = _LIFE
            if new or news:
                # a clock that was set back must not silence for long
                wait = min(self._pace, max(0.0, self._offers.note(_LAST) + self._pace - now))
                if wait == 0.0:
                    if self._desktop.is_quiet():
                        wait = self._pace
                    else:
                        self._tell_news(news)
                        if new:
                            self._tell(new, now)
                        else:
                            self._offers.leave_note(_LAST, now)
                        continue
            self._shown = {number: shown for number, shown in self._shown.items() if now - shown.since < _LIFE}
            if not new and not news and not self._shown:
                return
            events, woken = self._desktop.wait(wait, wakes)
            if woken and not os.read(wakes, 4096):
                return
            for event in events:
                self._hear(event)

    def _tell_news(self, news: list[tuple[str, str]]) -> None:
        if news:
            self._desktop.notify(*news_of(news, self._home), [("default", "OK")], urgent=True)
            self._offers.tell_news(news)

    def _tell(self, new: list[Offer], now: float) -> None:
        found = [offer for offer in new if not entry_of(offer.identity)]
        if not found:
            self._tell_waiting(new, now)
        else:  # the vault's keys can wait for the next time
            self._tell_found(found, now)

    def _tell_waiting(self, offers: list[Offer], now: float) -> None:
        """Keys of the vault that are past their age, or whose rotation waits for a step."""
        summary, body = waiting_of(offers, now)
        label = "Retire" if step_of(offers[0].identity) else "Rotate"
        one = [("default", label), ("go", label), ("later", "Later"), ("ignore", "Ignore")]
        some = [("default", "Show"), ("status", "Show"), ("later", "Later")]
        self._show(offers, self._desktop.notify(summary, body, one if len(offers) == 1 else some), now)

    def _show(self, offers: list[Offer], number: int, now: float) -> None:
        """Note what stands on the screen."""
        self._shown[number] = Shown(tuple(offer.identity for offer in offers))
        for offer in offers:
            self._offers.turn(offer.identity, OfferState.TOLD, now)
        self._offers.leave_note(_LAST, now)

    def _tell_found(self, new: list[Offer], now: float) -> None:
        if len(new) == 1:
            offer = new[0]
            found = self._found(offer.identity)
            if not found:
                self._offers.turn(offer.identity, OfferState.SUPERSEDED, now)
                return
            actions = [("default", "Review"), ("move", "Move"), _REVIEW, ("ignore", "Ignore")]
            body = body_of(offer, found, self._home, getpass.getuser())
            number = self._desktop.notify(summary_of(offer), body, actions, urgent=True)
        else:
            summary, body = digest_of(new)
            number = self._desktop.notify(summary, body, [("default", "Review"), _REVIEW], urgent=True)
        self._show(new, number, now)

    def _hear(self, event: Pressed | Closed) -> None:
        from keywatch.offers.desktop import DISMISSED, Pressed

        shown = self._shown.pop(event.number, None)
        if shown is None:
            return  # somebody else's notification
        if not isinstance(event, Pressed):
            if event.reason == DISMISSED and not shown.move:
                self._snooze(shown.identities)
            return
        with contextlib.suppress(RuntimeError):  # some servers leave it, and a choice is made once
            self._desktop.close(event.number)
        if entry_of(shown.identities[0]):
            self._choose_waiting(shown.identities, event.action)
            return
        match event.action:
            case "move" if len(shown.identities) == 1:
                self._move(shown.identities[0])
            case "ignore" if len(shown.identities) == 1:
                self._ignore(shown.identities[0])
            case "undo" if shown.move:
                self._undo(shown.identities, shown.move)
            case "review" | "default" if not shown.move:
                self._review()

    # -- what can be chosen --------------------------------------------------------------------------------------------

    def _move(self, identity: str) -> None:
        """The plan first: what it can't do, or needs a person for, is said instead of half done."""
        found = self._found(identity)
        if not self._offers.turn(identity, OfferState.ACCEPTED, time.time()):
            return
        ids = [each.finding.id for each in found]
        paths = list(dict.fromkeys(each.finding.place.path for each in found))
        plans, trouble = self._keywatch("move", *paths, "--dry-run", "--json")
        wanted = [plan for plan in plans if isinstance(plan, dict) and set(plan.get("findings", ())) & set(ids)]
        unmoved = [each for plan in plans if isinstance(plan, dict) for each in plan.get("unmoved", ())]
        stuck = [each for each in unmoved if each.get("finding") in ids]
        if trouble or stuck or not wanted:
            self._fail(identity, trouble or (str(stuck[0].get("why", "")) if stuck else "the key is gone"))
            return
        done, trouble = self._keywatch(
            "move", *(str(each) for plan in wanted for each in plan["findings"]), "--yes", "--json"
        )
        moves = [each["move"]["id"] for each in done if isinstance(each, dict) and each.get("move")]
        if trouble or not moves:
            self._fail(identity, trouble or "nothing was changed")
            return
        self._offers.turn(identity, OfferState.DONE, time.time())
        todo = [
            str(note.get("text", ""))
            for plan in wanted
            for note in plan.get("notes", ())
            if note.get("topic") == "to do"
        ]
        body = f"It is in the vault as {show(str(wanted[0].get('entry')))}, and what used it asks keywatch now."
        if todo:
            body += f"\nTo do: {show(todo[0])}"
        number = self._desktop.notify("The key is safe", body, [("default", "OK"), ("undo", "Undo")])
        self._shown[number] = Shown((identity,), move=str(moves[0]))

    def _undo(self, identities: tuple[str, ...], move: str) -> None:
        now = time.time()
        for identity in identities:  # before the file changes: the person knows of it
            self._offers.turn(identity, OfferState.NEW, now)
        self._snooze(identities)
        _done, trouble = self._keywatch("undo", move, "--yes", "--json")
        if trouble:
            self._desktop.notify("The move could not be undone", trouble, [])
        else:
            self._desktop.notify("The key is back in its files", "It is in plaintext again.", [])

    def _ignore(self, identity: str) -> None:
        ids = [each.finding.id for each in self._found(identity)]
        _done, trouble = self._keywatch("ignore", *ids, "--reason", "chosen in a notification", json_out=False)
        if trouble:
            self._fail(identity, trouble)
        else:
            self._offers.turn(identity, OfferState.IGNORED, time.time())

    def _choose_waiting(self, identities: tuple[str, ...], action: str) -> None:
        """What was chosen for keys of the vault."""
        match action:
            case "go" | "default" if len(identities) == 1:
                what = "retire" if step_of(identities[0]) else "rotate"
                words = ["key", what, entry_of(identities[0])]
                self._terminal(_AND_WAIT, words, f"{what.capitalize()} the key in a terminal")
            case "status" | "default":
                self._terminal(_AND_WAIT, ["status"], "See the keys in a terminal")
            case "later":
                self._snooze(identities)
            case "ignore" if len(identities) == 1:
                self._offers.turn(identities[0], OfferState.IGNORED, time.time())

    def _review(self) -> None:
        self._terminal((), ["review"], "Review the keys in a terminal")

    def _terminal(self, through: tuple[str, ...], words: list[str], instead: str) -> None:
        """Open a terminal with a command; where there is none, say the command."""
        from keywatch.offers.desktop import has_display

        for terminal in _TERMINALS if has_display() else ():
            if program := shutil.which(terminal[0]):
                subprocess.Popen(
                    [program, *terminal[1:], *through, _program(), *words], start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                return
        self._desktop.notify(instead, f"keywatch {show(' '.join(words))}", [])

    def _snooze(self, identities: tuple[str, ...]) -> None:
        now = time.time()
        for identity in identities:
            self._offers.turn(identity, OfferState.SNOOZED, now, until=now + SNOOZE)

    def _fail(self, identity: str, why: str) -> None:
        self._offers.turn(identity, OfferState.FAILED, time.time(), said=why)
        body = f"{show(why)}\nkeywatch review shows the plan"
        number = self._desktop.notify("The key was not moved", body, [("default", "Review"), _REVIEW])
        self._shown[number] = Shown((identity,))

    # -- what they need ------------------------------------------------------------------------------------------------

    def _found(self, identity: str) -> list[Remembered]:
        with Memory(self._homes.state, read_only=True) as memory:
            return [each for each in memory.all() if each.finding.identity == identity]

    def _keywatch(self, *words: str, json_out: bool = True) -> tuple[list[Any], str]:
        """Run a command: its JSON as a list, and what went wrong in one line."""
        try:
            done = subprocess.run(
                [_program(), *words], capture_output=True, check=False, timeout=_COMMAND_TIME, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            return [], "keywatch could not be run, or took too long"
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        trouble = said[-1].removeprefix("keywatch: error: ") if said else "keywatch failed without a word"
        if not json_out:
            return [], "" if done.returncode == 0 else trouble
        try:
            answer = json.loads(done.stdout) if done.returncode in (0, 1) else None
        except ValueError:
            answer = None
        if answer is None:
            return [], trouble
        return answer if isinstance(answer, list) else [answer], ""


def _program() -> str:
    """keywatch, as it is installed beside this Python."""
    beside = os.path.join(os.path.dirname(sys.executable), "keywatch")
    return beside if os.access(beside, os.X_OK) else shutil.which("keywatch") or "keywatch"


def _open_desktop() -> Desktop | LibraryDesktop:
    if sys.platform == "darwin":
        from keywatch.offers.macos import LibraryDesktop

        return LibraryDesktop()
    from keywatch.offers.desktop import Desktop

    return Desktop()


def main() -> None:
    """The process."""
    harden()
    homes = user_homes()
    try:
        desktop = _open_desktop()
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"keywatch: no notifications: {show(str(error))}\n")
        sys.exit(0)
    pace = float(os.environ.get("KEYWATCH_PACE", PACE))
    with Offers(homes.state) as offers:
        try:
            Notifier(homes, desktop, offers, pace=pace).run(0)
        except (OSError, RuntimeError) as error:  # the bus went away with the session
            sys.stderr.write(f"keywatch: notifications ended: {show(str(error))}\n")


if __name__ == "__main__":
    main()
