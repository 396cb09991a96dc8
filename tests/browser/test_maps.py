"""Maps in a browser: each of the examples, opened from a file, in light and in dark, on a desk and on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fused_spec.maps.drawing import draw
from fused_spec.maps.model import Form
from tests.browser.chromium import Scheme, opened
from tests.unit.maps.examples import ALL

pytestmark = pytest.mark.thorough

DESK, PHONE = (1280, 900), (360, 740)


def written(name: str, form: Form, folder: Path) -> Path:
    path = folder / f"{name}{form}"
    path.write_bytes(draw(ALL[name](), form))
    return path


@pytest.mark.parametrize("name", ALL)
def test_a_map_asks_for_nothing_complains_of_nothing_and_can_be_used_by_everybody(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    path = written(name, Form.HTML, tmp_path)
    with opened(browser, path) as seen:
        seen.picture(f"map-{name}")
        assert seen.complaints == []
        assert [url for url in seen.asked if not url.startswith("data:")] == [path.as_uri()]
        assert seen.violations() == []


@pytest.mark.parametrize(("scheme", "size"), [("dark", DESK), ("light", PHONE), ("dark", PHONE)])
@pytest.mark.parametrize("name", ["tiles", "land_use", "before_and_after", "troubled"])
def test_a_map_is_as_usable_in_the_dark_and_on_a_phone(
    browser: Browser, tmp_path: Path, name: str, scheme: Scheme, size: tuple[int, int]
) -> None:
    with opened(browser, written(name, Form.HTML, tmp_path), scheme=scheme, size=size) as seen:
        seen.picture(f"map-{name}-{scheme}-{size[0]}")
        assert seen.violations() == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") == size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["world", "states", "elevation", "troubled"])
def test_a_picture_follows_the_scheme_and_runs_no_script(
    browser: Browser, tmp_path: Path, name: str, scheme: Scheme
) -> None:
    with opened(browser, written(name, Form.SVG, tmp_path), scheme=scheme) as seen:
        seen.picture(f"svg-{name}-{scheme}", whole=False)
        assert seen.complaints == []
        assert seen.page.evaluate("document.getElementsByTagName('script').length") == 0


def test_keys_zoom_move_and_show_all(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written("tiles", Form.HTML, tmp_path)) as seen:
        window = "document.querySelector('.map-world').getAttribute('viewBox')"
        whole = seen.page.evaluate(window)
        seen.page.keyboard.press("Tab")  # the buttons come first
        while not seen.page.evaluate("document.activeElement.matches('.map-view')"):
            seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("+")
        nearer = seen.page.evaluate(window)
        assert float(nearer.split()[2]) < float(whole.split()[2])
        seen.page.keyboard.press("ArrowRight")
        assert float(seen.page.evaluate(window).split()[0]) > float(nearer.split()[0])
        seen.picture("map-tiles-zoomed")
        seen.page.keyboard.press("0")
        assert seen.page.evaluate(window).split()[2:] == whole.split()[2:]


def test_a_state_is_hidden_and_shown_again_from_the_legend(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written("tiles", Form.HTML, tmp_path)) as seen:
        shown = "getComputedStyle(document.querySelector('.map-world [data-key=succeeded]')).display"
        seen.page.get_by_role("checkbox", name="succeeded").click()
        assert seen.page.evaluate(shown) == "none"
        seen.page.get_by_role("checkbox", name="succeeded").click()
        assert seen.page.evaluate(shown) != "none"


def test_without_scripts_the_map_and_its_list_are_there(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written("tiles", Form.HTML, tmp_path), scripts=False) as seen:
        assert seen.page.locator(".map-world path").count() > 300
        assert seen.page.get_by_text("The same as a list: 300").is_visible()
        assert not seen.page.locator(".map-tools").is_visible()


def test_hostile_names_do_nothing(browser: Browser, tmp_path: Path) -> None:
    for form in (Form.HTML, Form.SVG):
        with opened(browser, written("troubled", form, tmp_path)) as seen:
            scripts = seen.page.evaluate("[...document.querySelectorAll('script')].map((one) => one.textContent)")
            assert not any("alert(1)" in one for one in scripts)
            assert seen.page.evaluate("document.querySelectorAll('[onload]').length") == 0
            assert seen.complaints == []
