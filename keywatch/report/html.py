"""The report as one page for a browser: everything in one file, nothing from the network, no secret.

A Content-Security-Policy allows this page's own style and script by their hashes and nothing else. Without the script
everything is there but the filters. What files and other machines say goes in as text only (markup.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from importlib.resources import files
from itertools import islice
from typing import TextIO
from xml.etree.ElementTree import Element

from keywatch import __version__
from keywatch.model import Finding
from keywatch.report.base import first_line, main_part, masked, plural
from keywatch.report.escape import show_path, show_place
from keywatch.report.graph import Key, draw_graph
from keywatch.report.grouping import DROPPED, SUPPRESSED, by_credential, common_reasons, next_steps
from keywatch.report.html_tables import list_machines, list_moved, list_skipped, say_time
from keywatch.report.machines import MachineReport
from keywatch.report.markup import Child, digest_of, fill, make, make_static, write_page
from keywatch.report.trend import add_machines, draw_trend, list_days
from keywatch.severity import Severity

#: skipped files that are named for each machine; the rest is counted
_MAX_SKIPPED = 200


def write(machines: Sequence[MachineReport], out: TextIO, *, made: float) -> None:
    """The page of these machines; `made` is when, in seconds since the epoch."""
    style = _static("page.css")
    script = _static("page.js")
    policy = (
        f"default-src 'none'; style-src {digest_of(style)}; script-src {digest_of(script)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    title = f"keywatch: {machines[0].name if len(machines) == 1 else plural(len(machines), 'machine')}"
    head = make(
        "head",
        make("meta", charset="utf-8"),
        make("meta", http_equiv="Content-Security-Policy", content=policy),
        make("meta", name="viewport", content="width=device-width, initial-scale=1"),
        make("meta", name="referrer", content="no-referrer"),
        make("meta", name="robots", content="noindex"),
        make("meta", name="color-scheme", content="light dark"),
        make("title", title),
        make_static("style", style),
    )
    body = make("body", make("a", "Skip to the keys", class_="skip", href="#keys"), *_parts(machines, made))
    fill(body, make_static("script", script))
    out.write(write_page(make("html", head, body, lang="en")))


def _static(name: str) -> str:
    return (files("keywatch.report") / name).read_text(encoding="utf-8")


def _parts(machines: Sequence[MachineReport], made: float) -> Iterator[Element]:
    keys = _keys(machines)
    many = len(machines) > 1
    yield _header(machines, made)
    main = make("main", _verdict(machines, keys))
    days = add_machines([machine.trend for machine in machines])
    # the two stand beside each other where there is room
    over = make("section", make("h2", "Over time", id="h-time"), class_="time", aria_labelledby="h-time")
    if len(days) > 1:
        table = make("div", list_days(days), class_="scroll", tabindex=0, role="region", aria_label="Keys by day")
        fill(over, draw_trend(days), make("details", make("summary", "The same in figures"), table))
    else:
        told = "Sweeps of one day so far: the line begins with the second day." if days else "No earlier sweeps known."
        fill(over, make("p", told, class_="quiet"))
    fill(main, over)
    if many:
        fill(main, list_machines(machines))
    if keys:
        fill(main, _graph(keys, machines=many))
    fill(main, _list(keys, machines))
    if any(machine.moved for machine in machines):
        fill(main, list_moved(machines))
    fill(main, _rest(machines))
    yield main
    yield make(
        "footer",
        make(
            "p",
            "This page holds no secret: of an access key id its first and last four characters, of everything else a "
            "fingerprint, a hash under a key of its machine. It loads nothing and sends nothing.",
        ),
        make("p", f"Made by keywatch {__version__} on {say_time(made)}."),
    )


def _keys(machines: Sequence[MachineReport]) -> list[Key]:
    """The credentials of all machines, most urgent first."""
    found = [(machine, group) for machine in machines for group in by_credential(machine.sweep.findings)]
    found.sort(key=lambda pair: (-max(f.severity for f in pair[1]), -len(pair[1])))
    return [Key(f"key-{number}", machine.name, machine.home, group) for number, (machine, group) in enumerate(found, 1)]


def _header(machines: Sequence[MachineReport], made: float) -> Element:
    if len(machines) == 1:
        sweep = machines[0].sweep
        told = f"{machines[0].name}, swept {say_time(sweep.swept)}"
    else:
        told = f"{plural(len(machines), 'machine')}, put together {say_time(made)}"
    return make("header", make("h1", "Keys left in plaintext"), make("p", told))


def _verdict(machines: Sequence[MachineReport], keys: Sequence[Key]) -> Element:
    """What matters in one sentence, and the counts by severity."""
    places = sum(len(machine.sweep.findings) for machine in machines)
    counts = dict.fromkeys(sorted(Severity, reverse=True), 0)
    for key in keys:
        counts[max(f.severity for f in key.findings)] += 1
    says = "No keys found." if not keys else f"{plural(len(keys), 'key')} in {plural(places, 'place')}."
    known = counts[Severity.CRITICAL]
    if known:
        says += f" Treat {known:,} of them as known to others." if known < len(keys) else " Treat as known to others."
    tally = make("ul", class_="tally")
    for severity, count in counts.items():
        number = make("strong", f"{count:,}")
        fill(tally, make("li", number, " ", severity.label, class_=severity.label if count else "none"))
    section = make("section", make("p", says, class_="says"), tally, class_="verdict", aria_label="Summary")
    moved = sum(row.state == "moved" for machine in machines for row in machine.moved)
    if moved:
        fill(section, make("p", f"{plural(moved, 'place')} cleared so far, keys moved into a vault."))
    return section


def _graph(keys: Sequence[Key], *, machines: bool) -> Element:
    svg, left_out = draw_graph(keys, machines=machines)
    region = make("div", svg, class_="scroll", tabindex=0, role="region", aria_label="Graph of keys and places")
    section = make(
        "section",
        make("h2", "Where each key lies, and what reads it", id="h-graph"),
        region,
        class_="wide",
        aria_labelledby="h-graph",
    )
    if left_out:
        fill(section, make("p", f"{plural(left_out, 'key')} more did not fit: the list has them all.", class_="quiet"))
    return section


def _list(keys: Sequence[Key], machines: Sequence[MachineReport]) -> Element:
    many = len(machines) > 1
    section = make("section", make("h2", "The keys", id="keys", tabindex=-1), class_="wide", aria_labelledby="keys")
    if not keys:
        return fill(section, make("p", "None.", class_="quiet"))
    said = {
        machine.name: common_reasons(machine.sweep.findings)
        if len({f.identity for f in machine.sweep.findings}) > 1
        else ()
        for machine in machines
    }
    fill(section, _filters(keys, machines))
    for name, reasons in said.items():
        for reason in reasons:
            fill(section, make("p", f"All{f' on {name}' if many else ''}: {reason}.", class_="quiet"))
    elsewhere = _elsewhere(keys)
    for key in keys:
        others = elsewhere.get(_likeness(key), {key.machine: None})
        fill(section, _key(key, said[key.machine], others, many=many))
    nothing = make("p", "No key is left by these filters.", id="nothing", class_="quiet", hidden="hidden")
    return fill(section, nothing)


def _likeness(key: Key) -> tuple[str, str]:
    """What the same key has in common on all machines: fingerprints differ, each machine has a key of its own."""
    first = key.findings[0]
    return (first.account or "", masked(first))


def _elsewhere(keys: Sequence[Key]) -> dict[tuple[str, str], dict[str, None]]:
    """The machines on which a key of that account and masked id lies, each once and in order."""
    machines: dict[tuple[str, str], dict[str, None]] = {}
    for key in keys:
        if all(likeness := _likeness(key)):
            machines.setdefault(likeness, {})[key.machine] = None
    return machines


def _filters(keys: Sequence[Key], machines: Sequence[MachineReport]) -> Element:
    """Hidden until the script, without which they would do nothing, shows them."""
    severities = make("fieldset", make("legend", "Severity"))
    for severity in sorted({max(f.severity for f in key.findings) for key in keys}, reverse=True):
        box = make("input", type="checkbox", name="severity", value=severity.label, checked="checked")
        fill(severities, make("label", box, " ", severity.label))
    form = make("form", id="filters", hidden="hidden", role="search", aria_label="Filter the keys")
    text = make("input", type="search", name="text", autocomplete="off", placeholder="path, rule, account …")
    fill(form, make("label", "Text ", text), severities)
    if len(machines) > 1:
        choice = make("select", make("option", "all", value=""), name="machine")
        fill(choice, *(make("option", machine.name, value=machine.name) for machine in machines))
        fill(form, make("label", "Machine ", choice))
    return fill(form, make("p", id="shown", role="status"))


def _key(key: Key, said: Sequence[str], machines: Collection[str], *, many: bool) -> Element:
    first = key.findings[0]
    worst = max(finding.severity for finding in key.findings)
    name = make("h3", first.title or first.rule)
    if told := masked(first):
        fill(name, " ", make("code", told))
    article = make(
        "article",
        make("p", worst.label, class_="badge"),
        name,
        make("p", " · ".join(_traits(key, many=many)), class_="traits"),
        id=key.anchor,
        class_=f"key {worst.label}",
        data_severity=worst.label,
        data_machine=key.machine,
    )
    facts = make("dl")
    places = make("ul", *(_place(finding, key.home, worst) for finding in key.findings))
    fill(facts, make("dt", "Place" if len(key.findings) == 1 else "Places"), make("dd", places))
    reasons = make("ul", *_reasons(key, said))
    # of ten thousand machines only the first few are looked at for each key
    others = [name for name in islice(machines, 4) if name != key.machine][:3]
    if others:
        more = len(machines) - 1 - len(others)
        named = ", ".join(others) + (f" and {more:,} more" if more else "")
        fill(reasons, make("li", f"Likely the same key (same account, same ends of its id) on {named}"))
    if len(reasons):
        fill(facts, make("dt", "Why"), make("dd", reasons))
    steps = make("ul", *(_step(step) for step in next_steps(key.findings, key.home)))
    if len(steps):
        fill(facts, make("dt", "Next"), make("dd", steps))
    return fill(article, facts)


def _traits(key: Key, *, many: bool) -> Iterator[str]:
    first = key.findings[0]
    if many:
        yield f"on {key.machine}"
    if first.kind != "unknown":
        yield first.kind
    if first.account:
        yield f"account {first.account}"
    if (part := main_part(first)) is not None:
        yield f"fingerprint {part.fingerprint[:16]}"


def _place(finding: Finding, home: str, worst: Severity) -> Element:
    # shown already: a tree's text would have its backslashes doubled
    where = make("code")
    where.text = f"{show_place(finding.place.path, finding.place.via, home)}:{first_line(finding)}"
    about = [f"read by {finding.place.consumer}" if finding.place.consumer else "", finding.place.format]
    if finding.place.owner:
        about.append(f"owner {finding.place.owner}")
    if finding.severity < worst:
        about.append(finding.severity.label)
    return make("li", where, " ", make("small", " · ".join(filter(None, about))))


def _reasons(key: Key, said: Sequence[str]) -> Iterator[Element]:
    """Each reason once, the most urgent place's first; with its places where it does not hold for all."""
    holders: dict[str, list[Finding]] = {}
    for finding in sorted(key.findings, key=lambda f: -f.severity):
        for reason in finding.reasons:
            if reason not in said:
                holders.setdefault(reason, []).append(finding)
    for reason, having in sorted(holders.items(), key=lambda item: len(item[1]) < len(key.findings)):
        line = make("li", reason)
        if len(having) < len(key.findings):
            where = make("small")
            where.text = (
                ", ".join(dict.fromkeys(show_path(f.place.path, key.home) for f in having))
                if len(having) <= 2
                else f"{len(having):,} of the places"
            )
            fill(line, " ", where)
        yield line


def _step(step: str) -> Element:
    """A step; its command, where it has one, as one (report/advice.py puts it behind a colon)."""
    sentence, colon, command = step.partition(": ")
    line = make("li")
    line.text = sentence + (": " if colon and not _is_command(command) else ": " if colon else "")
    if colon and _is_command(command):
        code = make("code")
        code.text = command
        return fill(line, code)
    line.text += command
    return line


def _is_command(text: str) -> bool:
    return text.startswith(("chmod ", "git ", "aws ", "keywatch "))


def _rest(machines: Sequence[MachineReport]) -> Element:
    """What was left out, what could not be read, and what else a reader should know."""
    section = make("section", make("h2", "What else to know", id="h-rest"), class_="wide", aria_labelledby="h-rest")
    for machine in machines:
        sweep = machine.sweep
        facts = make("ul")
        where = f" in {', '.join(show_path(place, machine.home) for place in sweep.places)}" if sweep.places else ""
        swept = make("li")
        swept.text = f"Swept {plural(sweep.summary.files, 'file')} in {sweep.summary.seconds:,.2f} s{where}"
        fill(facts, swept)
        for lead, counts, names in (
            ("Left out, no keys", sweep.dropped, DROPPED),
            ("Left out, as somebody said", sweep.suppressed, SUPPRESSED),
        ):
            told = [f"{count:,} × {names.get(name, name)}" for name, count in counts.items() if count]
            if told:
                fill(facts, make("li", f"{lead}: {', '.join(told)}"))
        fill(facts, *(make("li", note) for note in sweep.notes))
        shown: list[Child] = [make("h3", machine.name)] if len(machines) > 1 else []
        shown.append(facts)
        if sweep.skipped:
            shown.append(list_skipped(machine, _MAX_SKIPPED))
        fill(section, *shown)
    return section
