"""A browser that is not there is no reason to pass."""

import pytest

from tests.browser.chromium import VARIABLE, program

pytestmark = pytest.mark.thorough


def test_without_a_browser_a_test_fails_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match=r"no Chromium is found: \.ci/browser installs it"):
        program()


def test_a_browser_that_is_named_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/opt/chromium")
    assert program() == "/opt/chromium"
