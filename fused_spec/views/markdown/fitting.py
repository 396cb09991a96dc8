"""Fit the sections of a comment into its length: what takes something away is never cut, and what is cut is said."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from fused_spec.messages.phrases import counted


class Section(Struct, frozen=True, kw_only=True):
    """One part of a comment, whole and as its title alone; it tells of so many changes, in words such as `to start`."""

    whole: str
    title: str
    changes: int
    words: str
    must_stay: bool = False


def fitted(sections: Sequence[Section], longest: int) -> tuple[list[str], str]:
    """The sections as far as they fit, in their order, and a sentence about what is cut; empty when nothing is.

    What must stay keeps at least its title, and where even the titles do not fit, they are cut last.
    """
    left = longest
    shown: dict[int, str] = {}
    # Titles of what must stay go before anything whole, and that before anything else.
    tries = [(place, one.title) for place, one in enumerate(sections) if one.must_stay]
    tries += [(place, one.whole) for place, one in enumerate(sections) if one.must_stay]
    tries += [
        (place, text) for place, one in enumerate(sections) if not one.must_stay for text in (one.whole, one.title)
    ]
    for place, text in tries:
        had = _length(shown[place]) if place in shown else 0
        if had < _length(text) <= left + had and (not had or sections[place].must_stay):
            shown[place] = text
            left -= _length(text) - had
    whole = [one for place, one in enumerate(sections) if shown.get(place) == one.whole]
    short = [one for place, one in enumerate(sections) if place in shown and shown[place] != one.whole]
    gone = [one for place, one in enumerate(sections) if place not in shown]
    return [shown[place] for place in sorted(shown)], "" if len(whole) == len(sections) else _told(short, gone)


def _told(short: Sequence[Section], gone: Sequence[Section]) -> str:
    cut = []
    if short:
        cut.append(f"the details of {counted(sum(one.changes for one in short), 'change')}")
    if gone:
        counts: Counter[str] = Counter()
        for one in gone:
            counts[one.words] += one.changes
        which = ", ".join(f"{number} {words}" for words, number in counts.items())
        cut.append(f"{counted(sum(counts.values()), 'change')} altogether ({which})")
    return f"Cut, since a comment must be short: {', and '.join(cut)}; `fused-spec plan` shows everything."


def _length(text: str) -> int:
    return len(text) + 2
