"""What a notification says of a credential: where it lies, what it is and why it matters. Never a secret.

Paths of the person's own files, shortened; of another account's files only whose they are. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from keywatch.memory import Remembered
from keywatch.offers.aging import days_of, entry_of
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


def age_of(offers: Sequence[Offer], now: float) -> tuple[str, str]:
    """Headline and text for keys of the vault that are past their age."""
    told = [f"{show(entry_of(o.identity))} ({show(o.masked)}), {days_of(o.identity, now)} days old" for o in offers]
    if len(offers) == 1:
        offer = offers[0]
        text = "Rotating it makes a new key and switches to it; what asks keywatch goes on without a stop."
        return f"The key '{show(entry_of(offer.identity))}' is {days_of(offer.identity, now)} days old", text
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return f"{len(offers)} keys of the vault are old", ", ".join(told[:_MOST]) + more


def where(each: Remembered, home: str, user: str) -> str:
    """A place as a person sees it."""
    place = each.finding.place
    if place.owner not in ("", user) and not place.path.startswith(home.rstrip("/") + "/"):
        return f"a file of {show(place.owner)}"
    return show_path(place.path, home)
