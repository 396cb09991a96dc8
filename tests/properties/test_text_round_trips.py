"""Tables as text come back as they stand there: a value is a number only where its text is one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import oracles, texts
from tests.properties.engine import ingested
from tests.properties.round_trip import trips, unlike


@trips(50)
@given(table=texts.texts(), form=texts.FORMS, mark=st.booleans())
def test_text_stands_for_what_came_of_it(
    table: Any, form: dict[str, Any], mark: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    path = folder / ("a.tsv" if form["delimiter"] == "\t" else "a.csv")
    path.write_bytes(texts.written(*table, form, mark=mark))
    came = ingested(path, folder, is_plain=True)
    assert unlike(came, oracles.delimited(form["delimiter"]), path) is None
