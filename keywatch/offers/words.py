"""What a notification says of a credential: where it lies, what it is and why it matters. Never a secret.

Paths of the person's own files, shortened; of another account's files only whose they are. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from keywatch.memory import Remembered
from keywatch.offers.aging import days_of, entry_of, step_of
from keywatch.offers.store import Offer
from keywatch.report.escape import show, show_path

#: places that are named one by one
_MOST = 3


def summary_of(offer: Offer) -> str:
    """The notification's headline."""
    return f"{show(offer.title)} in plaintext"


def body_of(offer: Offer, found: Sequence[Remembered], home: str, user: str) -> str:
    """Where it lies, who wrote it, and the first reason."""
    places = list(dict.fromkeys(where(each, home, user) for each in found))
    more = f" and {len(places) - _MOST} more places" if len(places) > _MOST else ""
    lines = [f"{show(offer.masked)} in {', '.join(places[:_MOST])}{more}"]
    if writers := list(dict.fromkeys(show(each.writer) for each in found if each.writer)):
        lines.append(f"probably written by {', '.join(writers[:_MOST])}")
    lead = max(found, key=lambda each: each.finding.severity, default=None)
    if lead is not None and lead.finding.reasons:
        lines.append(show(lead.finding.reasons[0]))
    return "\n".join(lines)


def digest_of(offers: Sequence[Offer]) -> tuple[str, str]:
    """Headline and text for several credentials at once."""
    kinds = list(dict.fromkeys(f"{show(offer.title)} {show(offer.masked)}" for offer in offers))
    more = f" and {len(kinds) - _MOST} more" if len(kinds) > _MOST else ""
    return f"{len(offers)} keys in plaintext", ", ".join(kinds[:_MOST]) + more


def waiting_of(offers: Sequence[Offer], now: float) -> tuple[str, str]:
    """Headline and text for keys of the vault that wait for a step: past their age, or rotated."""
    first = offers[0]
    if len(offers) == 1 and (step := step_of(first.identity)):
        text = f"{show(first.masked)} was rotated a while ago. Who used it last is looked up first."
        return f"The old key of '{show(entry_of(first.identity))}' can be {step}d", text
    if len(offers) == 1:
        text = "Rotating it makes a new key and switches to it; what asks keywatch goes on without a stop."
        return f"The key '{show(entry_of(first.identity))}' is {days_of(first.identity, now)} days old", text
    told = [f"{show(entry_of(each.identity))} ({show(each.masked)}), {_why(each, now)}" for each in offers]
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return f"{len(offers)} keys of the vault wait for a step", ", ".join(told[:_MOST]) + more


def _why(offer: Offer, now: float) -> str:
    if step := step_of(offer.identity):
        return f"its old one can be {step}d"
    return f"{days_of(offer.identity, now)} days old"


def news_of(news: Sequence[tuple[str, str]], home: str) -> tuple[str, str]:
    """Headline and text of programs that are new to entries."""
    lines = [f"{show(entry)}: {show_path(program, home)}" for entry, program in news[:_MOST]]
    more = [f"and {len(news) - _MOST} more"] if len(news) > _MOST else []
    entries = list(dict.fromkeys(entry for entry, _ in news))
    whose = f"'{show(entries[0])}'" if len(entries) == 1 else "your keys"
    headline = f"A new program uses the key {whose}" if len(news) == 1 else f"{len(news)} new programs use {whose}"
    return headline, "\n".join([*lines, *more, "keywatch key consumers shows them all"])


def where(each: Remembered, home: str, user: str) -> str:
    """A place as a person sees it."""
    place = each.finding.place
    if place.owner not in ("", user) and not place.path.startswith(home.rstrip("/") + "/"):
        return f"a file of {show(place.owner)}"
    return show_path(place.path, home)
