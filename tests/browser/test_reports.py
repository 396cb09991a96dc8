"""Reports in a browser: opened from a file, in light and in dark, on a desk and on a phone, with a keyboard alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fused_spec.reconcile.archive.folders import Archive
from fused_spec.views.pages.data import Fact, Made
from fused_spec.views.pages.gathering import newest_of, page_data
from fused_spec.views.pages.report import report
from tests.browser.chromium import Scheme, opened
from tests.unit.maps.examples import continent
from tests.unit.views.pages import kept

pytestmark = pytest.mark.thorough

DESK, PHONE = (1280, 900), (360, 740)


def written(make: Callable[[Path], Archive], folder: Path) -> Path:
    archive = make(folder)
    path = folder / "report.html"
    path.write_bytes(report(page_data("Runs of a week", list(archive.receipts()), archive)))
    return path


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)])
@pytest.mark.parametrize("make", [kept.week, kept.hostile, kept.empty])
def test_a_report_asks_for_nothing_and_can_be_used_by_everybody(
    browser: Browser, tmp_path: Path, make: Callable[[Path], Archive], scheme: Scheme, size: tuple[int, int]
) -> None:
    path = written(make, tmp_path)
    with opened(browser, path, scheme=scheme, size=size) as seen:
        seen.picture(f"report-{make.__name__}-{scheme}-{size[0]}")
        assert seen.complaints == []
        assert [url for url in seen.asked if not url.startswith("data:")] == [path.as_uri()]
        assert seen.violations() == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_what_a_run_made_is_a_second_map_that_everybody_can_use(browser: Browser, tmp_path: Path) -> None:
    archive = kept.week(tmp_path)
    run = newest_of("tiles", archive)
    made = Made(facts=(Fact("rows", "51"),), place=continent(), notes=("A note.",))
    path = tmp_path / "made.html"
    path.write_bytes(report(page_data("Tiles", [run], archive, made={run.job_id: made})))
    with opened(browser, path) as seen:
        seen.picture("report-made")
        assert seen.complaints == []
        assert seen.violations() == []
        assert seen.page.locator(".map-frame").count() == 2


def test_the_first_failed_task_is_opened_with_the_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(kept.week, tmp_path)) as seen:
        seen.page.locator("[data-grid] a").first.focus()
        for _ in range(47):
            seen.page.keyboard.press("ArrowRight")
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "t1-1-47"
        assert seen.page.evaluate("document.activeElement.checkVisibility()")


def test_a_grid_is_one_stop_of_the_tab_key(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(kept.week, tmp_path)) as seen:
        stops = "document.querySelectorAll('[data-grid] a[tabindex=\"0\"], [data-grid] a:not([tabindex])').length"
        grids = "document.querySelectorAll('[data-grid]').length"
        assert seen.page.evaluate(stops) == seen.page.evaluate(grids)


def test_without_scripts_everything_is_there(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(kept.week, tmp_path), scripts=False) as seen:
        assert seen.page.get_by_text("16% longer than the median of 4 earlier runs").is_visible()
        assert seen.page.locator(".map-world path").count() > 300
