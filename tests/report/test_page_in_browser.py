"""The page in a real browser: it fits phone and desk, is accessible, filters, prints, and loads and runs nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pages import one_machine, page, several

from keywatch.model import SweepResult
from keywatch.report.machines import MachineReport

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")
MISSING = BROWSER is None or not find_spec("playwright") or not find_spec("axe_playwright_python")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        MISSING and os.environ.get("KEYWATCH_E2E") != "required", reason="no chromium, playwright or axe"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # root, as CI may be, has no sandbox to give
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = play.chromium.launch(executable_path=BROWSER, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "one": page(one_machine()),
        "several": page(*several()),
        "none": page(MachineReport("clean", SweepResult(machine="clean"))),
    }
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


def opened(browser: Any, path: Path, said: list[str] | None = None, **options: Any) -> Any:
    tab = browser.new_context(**options).new_page()
    heard = [] if said is None else said
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("request", lambda request: heard.append(request.url) if request.url != path.as_uri() else None)
    tab.goto(path.as_uri())
    return tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", ["one", "several", "none"])
def test_it_fits_and_is_accessible(browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    said: list[str] = []
    tab = opened(browser, pages[name], said, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert said == [], "it loads, reports or logs something"
    assert tab.evaluate("window.hurt") is None
    results = Axe().run(tab)
    assert results.violations_count == 0, results.generate_report()
    tab.context.close()


def test_filters_leave_what_was_asked_for(browser: Any, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["several"])

    def seen() -> int:
        return tab.locator("article.key:visible").count()

    every = seen()
    assert tab.locator("#shown").inner_text() == f"{every} shown"
    tab.select_option("select[name=machine]", "laptop")
    on_laptop = seen()
    assert 0 < on_laptop < every
    tab.uncheck("input[value=info]")
    assert 0 < seen() < on_laptop
    assert tab.locator("svg.graph g.off").count() == every - seen()
    tab.fill("input[name=text]", "  BASHRC 0644 ")
    assert seen() == 1
    assert tab.locator("#shown").inner_text() == f"1 of {every} shown"
    tab.fill("input[name=text]", "nowhere")
    assert (seen(), tab.locator("#nothing").is_visible()) == (0, True)
    tab.keyboard.press("Enter")
    assert tab.url == pages["several"].as_uri(), "the form went somewhere"
    tab.context.close()


def test_without_script_everything_is_there_but_the_filters(browser: Any, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["several"], java_script_enabled=False)
    assert tab.locator("article.key").count() > 6
    assert tab.locator("article.key:visible").count() == tab.locator("article.key").count()
    assert not tab.locator("#filters").is_visible()
    tab.context.close()


def test_what_is_smuggled_into_the_page_does_not_run(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """Were a name ever to become markup, the policy would still stop it: an image, a handler, a script, a style."""
    smuggled = (
        "<script>window.hurt = 1</script><img src=x.png onerror='window.hurt = 1'><style>body{color:red}</style></main>"
    )
    path = tmp_path / "smuggled.html"
    path.write_text(pages["one"].read_text(encoding="utf-8").replace("</main>", smuggled), encoding="utf-8")
    said: list[str] = []
    tab = opened(browser, path, said)
    assert tab.evaluate("window.hurt") is None
    assert len([line for line in said if "Content Security Policy" in line]) >= 3, said
    assert tab.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
    tab.context.close()


def test_on_paper_it_is_light_and_unfolded(browser: Any, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["one"], color_scheme="dark")
    tab.emulate_media(media="print")
    assert not tab.locator("#filters").is_visible()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    # headless print-to-PDF fires beforeprint
    assert tab.pdf().startswith(b"%PDF")
    assert tab.evaluate("[...document.querySelectorAll('details')].every((folded) => folded.open)")
    tab.context.close()
