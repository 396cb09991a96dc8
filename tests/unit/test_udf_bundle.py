"""What travels with a UDF comes back as it went."""

from hypothesis import given
from hypothesis import strategies as st

from fused_spec.udfs.bundle import Bundled, as_headers, bundle_of, home_of, is_bundled, neighbour
from fused_spec.udfs.folder import UdfText
from fused_spec.udfs.gitrefs import GitReference

COMMIT = "0123456789" * 4
TEXTS = st.builds(
    UdfText,
    name=st.text(),
    code=st.text(),
    entrypoint=st.none() | st.text(min_size=1),
    parameters=st.dictionaries(st.text(), st.integers() | st.text()),
    headers=st.dictionaries(st.text(), st.text()),
)


@given(st.dictionaries(st.text(min_size=1), TEXTS, max_size=4))
def test_what_is_bundled_is_read_back(texts: dict[str, UdfText]) -> None:
    bundled = [Bundled(place=place, text=text) for place, text in texts.items()]
    bundle = bundle_of((one["source_file"], one["source_code"]) for one in as_headers(bundled))
    assert [bundle.at(place) for place in texts] == bundled


def test_an_ordinary_header_is_none_of_it() -> None:
    assert not is_bundled(None)
    assert not is_bundled("utils.py")


def test_a_neighbour_stands_in_the_same_folder() -> None:
    place = f"git+https://host/repo@{COMMIT}:public/common"
    assert neighbour(home_of(place), "other") == f"git+https://host/repo@{COMMIT}:public/other"
    assert neighbour(home_of(place), "../lib/other") == f"git+https://host/repo@{COMMIT}:lib/other"
    assert neighbour(home_of("common"), "./other") == "other"
    assert neighbour(home_of("file:/srv/udfs/area.py"), "other") == "file:/srv/udfs/other"


def test_a_reference_is_answered_by_each_of_its_words() -> None:
    text = UdfText(name="a", code="")
    place = f"git+https://host/repo@{COMMIT}:a"
    [header] = as_headers([Bundled(place=place, text=text, refs=("main",))])
    bundle = bundle_of([(header["source_file"], header["source_code"])])
    asked = [GitReference(repository="https://host/repo", ref=ref, path="a") for ref in ("main", COMMIT, "v1")]
    assert [bundle.commit(reference) for reference in asked] == [COMMIT, COMMIT, None]


def test_a_udf_from_git_says_where_it_stands() -> None:
    itself = Bundled(place=f"git+https://host/repo@{COMMIT}:a/b", text=UdfText(name="", code=""), is_self=True)
    [header] = as_headers([itself])
    bundle = bundle_of([(header["source_file"], header["source_code"])])
    assert (bundle.home, dict(bundle.entries)) == (f"git+https://host/repo@{COMMIT}:a/", {})


def test_a_path_with_an_at_sign_is_answered_by_its_own_commit() -> None:
    place = f"git+https://host/repo@{COMMIT}:lib/a@v2"
    [header] = as_headers([Bundled(place=place, text=UdfText(name="a", code=""), refs=("main",))])
    bundle = bundle_of([(header["source_file"], header["source_code"])])
    assert bundle.commit(GitReference(repository="https://host/repo", ref="main", path="lib/a@v2")) == COMMIT
