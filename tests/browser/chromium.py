"""The Chromium of the machine, without a network, and what a page in it did that it should not."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

VARIABLE = "FUSED_SPEC_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PICTURES = Path(__file__).parents[2] / ".test-pictures"
"""Where the screenshots are left, for people to look at."""

_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
_NOWHERE = "--proxy-server=127.0.0.1:9"  # nothing listens there, so no request leaves the machine

Scheme = Literal["light", "dark"]


def program() -> str:
    """Where the browser is. Without one nobody knows what pages look like, so a test fails and is not passed over."""
    found = os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail(f"no Chromium is found: .ci/browser installs it, or {VARIABLE} names one", pytrace=False)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, which ends with the block."""
    path = program()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=[*_QUIET, _NOWHERE], chromium_sandbox=os.getuid() != 0
        )
        yield browser
        browser.close()


@dataclass(slots=True)
class Seen:
    """A page that is open, with every complaint of the browser and every address that it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def picture(self, name: str, *, whole: bool = True) -> Path:
        """A screenshot, kept."""
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole, animations="disabled")
        return path

    def violations(self) -> list[str]:
        """What axe finds that somebody could not use, each with where it is."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:5]}" for one in found]


@contextmanager
def opened(
    browser: Browser, path: Path, *, scheme: Scheme = "light", size: tuple[int, int] = (1280, 900), scripts: bool = True
) -> Iterator[Seen]:
    """The file as a person opens it."""
    width, height = size
    context = browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        offline=True,
        reduced_motion="reduce",
        has_touch=width < 500,
    )
    page = context.new_page()
    seen = Seen(page)

    def asks(request: Request) -> None:
        seen.asked.append(request.url)

    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", asks)
    page.goto(path.as_uri())
    yield seen
    context.close()
