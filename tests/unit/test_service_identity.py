"""Which service it is, by what stays the same."""

import re

import pytest

from fused_spec.configuration.service_identity import ServiceIdentity, is_loopback, is_service_id, normal_url

ID = "0123456789abcdef" * 2


def test_a_service_that_tells_an_id_is_known_by_it_wherever_it_listens() -> None:
    names = {ServiceIdentity(url=f"http://127.0.0.1:{port}/server/v1", id=ID).name for port in (1, 2)}
    assert names == {ID}


@pytest.mark.parametrize(
    "spelling",
    [
        "https://www.fused.io/server/v1",
        "https://www.fused.io/server/v1/",
        "https://www.fused.io:443/server/v1",
        "HTTPS://WWW.FUSED.IO/server/v1",
    ],
)
def test_any_other_is_known_by_its_url_however_that_is_spelled(spelling: str) -> None:
    assert ServiceIdentity(url=spelling).name == "https://www.fused.io/server/v1"


def test_an_address_of_this_machine_has_one_spelling() -> None:
    assert normal_url("http://localhost:8000/v1") == normal_url("http://127.0.0.1:8000/v1")


def test_what_is_no_address_is_only_equal_to_itself() -> None:
    assert normal_url("http://[::1") == "http://[::1"
    assert not is_loopback("http://host:port")


def test_addresses_that_differ_have_folders_that_differ() -> None:
    urls = ["http://h/a-b", "http://h/a/b", "https://h/a/b", "http://h:81/a/b", "http://h/A/b"]
    folders = {ServiceIdentity(url=url).folder for url in urls}
    assert len(folders) == len(urls)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", folder) for folder in folders)


def test_a_folder_is_short_and_below_its_parent_whatever_the_url() -> None:
    for url in ("http://../../..", "http://" + "a" * 300, "http://./.."):
        assert len(ServiceIdentity(url=url).folder) < 120
        assert ServiceIdentity(url=url).folder not in (".", "..")


@pytest.mark.parametrize("told", ["", "../../etc", "A" * 32, "0" * 31, "0" * 33, f"{ID}\n", f"{ID}/x"])
def test_what_a_server_says_in_place_of_an_id_is_none(told: str) -> None:
    assert not is_service_id(told)
