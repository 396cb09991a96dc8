"""A layer that GDAL has written in any of its formats is ingested as another reader of the file says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import layers, oracles
from tests.properties.engine import ingested
from tests.properties.round_trip import trips, unlike

_ORACLES = {
    "GeoJSON": oracles.geojson,
    "GeoJSONSeq": oracles.geojson_lines,
    "JSONFG": oracles.geojson_like,
    "GPKG": oracles.sqlite,
    "SQLite": oracles.sqlite,
    "ESRI Shapefile": oracles.shapefile,
}


@pytest.mark.parametrize("writer", layers.WRITERS)
@trips(5)
@given(data=st.data())
def test_a_layer_is_as_another_reader_says(
    writer: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    path = layers.write(data.draw(layers.layers_for(writer)), writer, folder)
    came = ingested(path, folder, is_plain=False)
    assert unlike(came, _ORACLES.get(writer, oracles.by_gdal), path, layers.REFUSALS.get(writer, ())) is None
