"""Tables as text: values of all looks, delimiters, quotes and line ends as spreadsheets and databases write them."""

import csv
import io
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.properties.parquets import NAMES

_MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1))  # in UTC, too, Python has them
_LOOKS: list[st.SearchStrategy[str]] = [
    st.integers(-(10**25), 10**25).map(str),
    st.integers(-99, 99).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["0012", "007", "+49", "-0", "1e5", "0x1F", "1_000", "1.", ".5", "00:30", "24:00", "1,5", "1 000", "٣"]
    ),
    st.sampled_from(["NA", "N/A", "null", "NULL", "nan", "NaN", "None", "-", "#N/A", "inf", "-inf", "INF"]),
    st.sampled_from(["true", "false", "True", "FALSE", "1", "0", "yes", "no", "t", "f"]),
    st.dates().map(str),
    _MOMENTS.map(str),
    _MOMENTS.map(lambda one: f"{one.isoformat()}Z"),
    _MOMENTS.map(lambda one: f"{one.isoformat()}+02:00"),
    st.sampled_from(["31.12.2024", "12/31/2024", "2024-02-30", "2024-1-5", "20240101", "12:30", "12:30:15"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=5),
    st.sampled_from(["", " ", "  x ", '"', '""', "a,b", "a;b", "a\tb", "x\ny", "Köln", "#", "=1+1"]),
]


@st.composite
def texts(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Names of columns, and rows of text; a column mostly has values of one look."""
    width, count = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    names = draw(st.lists(NAMES.filter(lambda one: "\r" not in one), min_size=width, max_size=width, unique=True))
    columns = []
    for _ in names:
        looks = draw(st.lists(st.sampled_from(range(len(_LOOKS))), min_size=1, max_size=2))
        columns.append(draw(st.lists(st.one_of([_LOOKS[one] for one in looks]), min_size=count, max_size=count)))
    return names, [list(row) for row in zip(*columns, strict=True)]


FORMS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ",", ";", "|", "\t"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


def written(names: list[str], rows: list[list[str]], form: dict[str, Any], *, mark: bool) -> bytes:
    """The file as Python's csv module writes it; with a mark that it is UTF-8, as spreadsheets put it."""
    stream = io.StringIO(newline="")
    csv.writer(stream, **form).writerows([names, *rows])
    return stream.getvalue().encode("utf-8-sig" if mark else "utf-8")
