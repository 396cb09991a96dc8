from hypothesis import given
from hypothesis import strategies as st

from fused_spec.views.markdown.fitting import Section, fitted


@st.composite
def a_section(draw: st.DrawFn) -> Section:
    title = "t" * draw(st.integers(1, 40))
    return Section(
        whole=title + "w" * draw(st.integers(0, 200)),
        title=title,
        changes=draw(st.integers(1, 9)),
        words=draw(st.sampled_from(["to start", "to cancel"])),
        must_stay=draw(st.booleans()),
    )


SECTIONS = st.lists(a_section(), max_size=30)


@given(sections=SECTIONS, longest=st.integers(0, 1500))
def test_a_comment_is_never_too_long_and_says_whether_anything_is_cut(sections: list[Section], longest: int) -> None:
    shown, cut = fitted(sections, longest)
    assert sum(len(text) + 2 for text in shown) <= longest
    assert (cut == "") == (shown == [one.whole for one in sections])


@given(sections=SECTIONS, longest=st.integers(0, 1500))
def test_what_must_stay_stays_where_its_titles_fit(sections: list[Section], longest: int) -> None:
    titles = sum(len(one.title) + 2 for one in sections if one.must_stay)
    shown, _ = fitted(sections, titles + longest)
    lost = [one for one in sections if one.must_stay and one.whole not in shown and one.title not in shown]
    assert lost == []


def test_what_is_cut_is_counted_by_what_would_be_done() -> None:
    sections = [
        Section(whole="w" * 90, title="t", changes=3, words="to start"),
        Section(whole="w" * 900, title="t" * 90, changes=7, words="to start"),
        Section(whole="w" * 900, title="t" * 90, changes=2, words="held"),
    ]
    assert fitted(sections, 100)[1] == (
        "Cut, since a comment must be short: 9 changes altogether (7 to start, 2 held); "
        "`fused-spec plan` shows everything."
    )
