"""A mail to the person's own mailbox on this machine, through sendmail(8), where there is no desktop to notify on.

It says how many keys wait and where to look; no secret, and no path. Never leaves the machine by keywatch's doing: the
address is the account's name.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence

from keywatch.offers.aging import days_of, entry_of, step_of
from keywatch.offers.store import Offer
from keywatch.report.escape import show

SENDMAIL = ("/usr/sbin/sendmail", "/usr/lib/sendmail")
#: seconds between two mails
PACE = 3600.0
_MOST = 20
_PATIENCE = 10.0


def letter(offers: Sequence[Offer], user: str, now: float = 0.0) -> bytes:
    """The mail, headers and all."""
    old = [offer for offer in offers if entry_of(offer.identity)]
    found = len(offers) - len(old)
    told = [f"{found} key{'s' * (found != 1)} in plaintext"] if found else []
    told += [f"{len(old)} old key{'s' * (len(old) != 1)} in the vault"] if old else []
    many = ", ".join(told)
    lines = [_line(offer, now) for offer in offers[:_MOST]]
    if len(offers) > _MOST:
        lines.append(f"  and {len(offers) - _MOST} more")
    return (
        f"To: {user}\nSubject: keywatch: {many}\nAuto-Submitted: auto-generated\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        + "\n".join(lines)
        + "\n\nWhere they lie:      keywatch status\n"
        + ("Move them to safety: keywatch review\n" if found else "")
        + ("Rotate an old one:   keywatch key rotate ENTRY\n" if old else "")
    ).encode("utf-8", "replace")


def _line(offer: Offer, now: float) -> str:
    line = f"  {show(offer.title)} {show(offer.masked)}"
    if entry := entry_of(offer.identity):
        step = step_of(offer.identity)
        line += f", entry {show(entry)}, "
        line += f"can be {step}d: keywatch key retire" if step else f"{days_of(offer.identity, now)} days old"
    return line


def send(offers: Sequence[Offer], now: float = 0.0) -> bool:
    """Hand a mail over to sendmail(8) ; False where it does not take it."""
    program = next((path for path in SENDMAIL if os.access(path, os.X_OK)), "")
    if not program:
        return False
    user = pwd.getpwuid(os.geteuid()).pw_name
    try:
        process = subprocess.Popen(
            [program, "-i", "-odb", "--", user], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
        )  # fmt: skip
        process.communicate(letter(offers, user, now), timeout=_PATIENCE)  # -odb: it delivers in the background
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0
