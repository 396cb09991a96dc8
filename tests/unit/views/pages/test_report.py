"""A report as a file: whole in itself, the same each time, and deaf to what is written in it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.reconcile.archive.folders import Archive
from fused_spec.views.pages.gathering import page_data
from fused_spec.views.pages.report import MOST_BYTES, report
from tests.unit.maps.test_drawing import Page
from tests.unit.views.pages import kept

MAKERS = [kept.week, kept.hostile, kept.empty]


def made(folder: Path, make: Callable[[Path], Archive]) -> str:
    archive = make(folder)
    return report(page_data("Runs", list(archive.receipts()), archive)).decode()


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_runs_are_the_same_bytes(tmp_path: Path, make: Callable[[Path], Archive]) -> None:
    assert made(tmp_path / "one", make) == made(tmp_path / "other", make)


@pytest.mark.parametrize("make", MAKERS)
def test_a_report_names_no_address_and_holds_no_style_or_script_but_its_own(
    tmp_path: Path, make: Callable[[Path], Archive]
) -> None:
    page = Page(made(tmp_path, make))
    addresses = [value for _, of in page.elements for key, value in of.items() if key in ("src", "href")]
    assert all(value is None or value.startswith("#") for value in addresses)
    assert not any(key == "style" or key.startswith("on") for _, of in page.elements for key in of)
    assert [tag for tag, _ in page.elements if tag in ("style", "script")] == ["style", "script"]
    [policy] = [of["content"] for _, of in page.elements if of.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in str(policy)


@pytest.mark.parametrize("make", MAKERS)
def test_every_id_is_there_once_and_every_link_leads_somewhere(tmp_path: Path, make: Callable[[Path], Archive]) -> None:
    page = Page(made(tmp_path, make))
    ids = [of["id"] for _, of in page.elements if "id" in of]
    assert len(ids) == len(set(ids))
    assert {of["href"] for _, of in page.elements if "href" in of} <= {f"#{one}" for one in ids}


def test_hostile_text_is_only_text_and_secrets_are_masked(tmp_path: Path) -> None:
    text = made(tmp_path, kept.hostile)
    assert "<script>alert" not in text
    assert "{{ 7*7 }}" in text
    assert "hunter2" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)


def test_a_report_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    assert "<code>fused-spec apply</code> starts what is declared" in made(tmp_path, kept.empty)


def test_a_report_of_ten_thousand_tasks_is_within_its_size(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    kept.keep(archive, "r1", tasks=kept.tiles(10_000, bad=range(0, 10_000, 3)), elements=kept.bboxes(10_000))
    text = report(page_data("much", list(archive.receipts()), archive))
    assert len(text) < MOST_BYTES
    assert b"1,500 of 10,000 tasks; the archive has all" in text
