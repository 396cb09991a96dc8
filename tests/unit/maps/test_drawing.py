"""A map as a file: every form of every example, and what may be foreign in it."""

import base64
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely
from PIL import Image

from fused_spec.errors import Misconfigured
from fused_spec.maps.drawing import draw, embedded, form_of
from fused_spec.maps.model import Box, Boxes, Features, Form, Limits, MapData, Raster, Rasters, State
from tests.unit.maps.examples import ALL, HOSTILE

SMALL = Limits(size=60_000)
SECRET = "https://me:hunter2@example.com/"


def drawn(data: MapData, form: Form, limits: Limits = Limits()) -> str:  # noqa: B008
    return draw(data, form, limits).decode()


def of_one(geometry: object, crs: str | None = "EPSG:4326") -> MapData:
    return MapData("one", [Features([geometry], crs)])  # type: ignore[list-item]


class Page(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize("form", [Form.HTML, Form.SVG, Form.GEOJSON])
@pytest.mark.parametrize("name", ALL)
def test_the_same_map_is_the_same_bytes(name: str, form: Form) -> None:
    assert draw(ALL[name](), form) == draw(ALL[name](), form)


@pytest.mark.parametrize("name", ALL)
def test_a_picture_is_well_formed_xml_without_a_script(name: str) -> None:
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(draw(ALL[name](), Form.SVG)).iter()}
    assert "script" not in tags
    assert "foreignObject" not in tags


@pytest.mark.parametrize("name", ["tiles", "elevation", "troubled"])
def test_pixels_show_what_the_picture_shows(name: str) -> None:
    image = Image.open(io.BytesIO(draw(ALL[name](), Form.PNG)))
    assert image.width >= 1_000
    assert len(image.convert("RGB").resize((200, 150)).getcolors(100_000) or ()) > 20


@pytest.mark.parametrize("name", ALL)
def test_geojson_holds_what_is_drawn_within_the_world(name: str) -> None:
    read = json.loads(draw(ALL[name](), Form.GEOJSON))
    assert read["type"] == "FeatureCollection"
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in read["features"]]
    assert all(shapely.is_valid(one) for one in shapes)
    if name != "plane" and shapes:
        west, south, east, north = shapely.total_bounds(shapes)
        assert west >= -180
        assert south >= -90
        assert east <= 180
        assert north <= 90


@pytest.mark.parametrize("name", ALL)
def test_a_page_names_no_address_and_allows_only_itself(name: str) -> None:
    text = drawn(ALL[name](), Form.HTML)
    page = Page(text)
    addresses = [value for _, of in page.elements for key, value in of.items() if key in ("src", "href")]
    assert all(value is None or value.startswith(("#", "data:image/png;base64,")) for value in addresses)
    [policy] = [of["content"] for _, of in page.elements if of.get("http-equiv") == "Content-Security-Policy"]
    for tag in ("style", "script"):
        [body] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in str(policy)
    assert not any(key == "style" or key.startswith("on") for _, of in page.elements for key in of)


@pytest.mark.parametrize("form", [Form.HTML, Form.SVG, Form.GEOJSON])
def test_hostile_text_is_only_text(form: Form) -> None:
    text = drawn(ALL["troubled"](), form)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ufffe\uffff]", text)
    if form is not Form.GEOJSON:
        assert "<script>alert" not in text
        assert HOSTILE not in text


@pytest.mark.parametrize("form", [Form.HTML, Form.SVG, Form.GEOJSON])
def test_secrets_are_masked_wherever_they_stand(form: Form) -> None:
    told = {"token": "abc123xyz", "message": SECRET}
    box = Box((0, 0, 1, 1), SECRET, State.FAILED, told)
    text = drawn(MapData(SECRET, [Boxes([box], title=SECRET)], ((SECRET, SECRET),)), form)
    assert "hunter2" not in text
    assert "abc123xyz" not in text


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (None, "1 without a geometry"),
        (shapely.Polygon(), "1 with an empty geometry"),
        (b"\x01\x03broken", "1 with a geometry that cannot be read"),
        (b"", "1 with a geometry that cannot be read"),
        ("POINT (1 2)", "1 with a geometry that cannot be read"),
        (shapely.Point(np.nan, 1), "There is nothing to draw"),
        (shapely.LineString([(0, 0), (np.inf, 1)]), "1 with a coordinate that is no number"),
        (shapely.Point(10, 95), "1 with a place outside the world"),
        (shapely.Point(1e300, 0), "1 with a place outside the world"),
        (shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]), "1 with an invalid geometry"),
    ],
)
def test_what_cannot_be_drawn_is_counted_and_said(geometry: object, said: str) -> None:
    assert said in drawn(of_one(geometry), Form.HTML)


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", "", "\x00", "+proj=bogus", "{}", "EPSG:5703"])
def test_a_system_that_nobody_knows_leaves_the_map_without_land(crs: str) -> None:
    text = drawn(of_one(shapely.Point(3, 4), crs), Form.HTML)
    assert "The coordinate system is not one that is known" in text
    assert 'class="map-land"' not in text


def test_where_no_system_is_said_that_is_said() -> None:
    assert "No coordinate system is said" in drawn(of_one(shapely.box(0, 0, 5, 5), None), Form.HTML)


def test_a_layer_without_a_place_is_left_out_beside_one_that_has_one() -> None:
    layers = [Features([shapely.box(0, 0, 1, 1)], "EPSG:4326"), Features([shapely.box(0, 0, 9, 9)], None, title="plan")]
    assert "plan: Left out, since the other layers have a coordinate system" in drawn(MapData("two", layers), Form.HTML)


@pytest.mark.parametrize(
    "form",
    [Form.HTML, Form.GEOJSON, *(pytest.param(form, marks=pytest.mark.thorough) for form in (Form.SVG, Form.PNG))],
)
def test_a_file_is_never_larger_than_it_may_be(form: Form) -> None:
    rng = np.random.default_rng(1)
    circles = [shapely.Point(*xy).buffer(1, 200) for xy in rng.uniform([-60, -60], [60, 60], (1_000, 2))]
    noise = Rasters([Raster(rng.random((500, 500)), (-50, -50, 50, 50))], "EPSG:4326")
    layer = Features(circles, "EPSG:4326", {"note": [HOSTILE] * 1_000}, title="circles")
    limits = Limits(size=250_000)
    made = draw(MapData("much", [noise, layer]), form, limits)
    assert len(made) <= limits.size
    if form is Form.HTML:
        assert "are drawn, evenly chosen" in made.decode()


def test_of_many_those_that_failed_are_drawn_first() -> None:
    boxes = [Box((n % 100, n // 100, n % 100 + 1, n // 100 + 1), str(n), State.SUCCEEDED) for n in range(5_000)]
    boxes[4_321] = Box((21, 43, 22, 44), "the bad one", State.FAILED)
    text = drawn(MapData("tasks", [Boxes(boxes)]), Form.HTML, Limits(features=50))
    assert "the bad one" in text
    assert "50 of 5,000 are drawn" in text


def test_how_many_there_are_is_said_where_only_some_are_given() -> None:
    layer = Features([shapely.Point(1, 2)], "EPSG:4326", of=1_000_000)
    assert "1 of 1,000,000 are drawn" in drawn(MapData("some", [layer]), Form.HTML)


def test_maps_of_one_page_have_ids_of_their_own() -> None:
    one, other = (embedded(ALL["tiles"](), prefix) for prefix in ("a-", "b-"))
    ids = [set(re.findall(r' id="([^"]+)"', part.figure)) for part in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("name", ["map.html", "MAP.HTML", "a/b.svg", "x.png", "x.geojson"])
def test_the_name_of_a_file_says_its_form(name: str) -> None:
    assert form_of(name).value == "." + name.lower().rpartition(".")[2]


@pytest.mark.parametrize("name", ["map", "map.pdf", ".html", ""])
def test_another_name_is_refused_with_those_that_can_be_written(name: str) -> None:
    with pytest.raises(Misconfigured) as told:
        form_of(name)
    assert ".html, .svg, .png, .geojson" in str(told.value.hint)


@pytest.mark.parametrize(
    "values",
    [
        np.full((4, 4), np.nan),
        np.zeros((0, 5)),
        np.array([["a"]]),
        np.full((3, 3), np.inf),
        np.ma.masked_all((5, 5)),
        np.zeros((2, 2, 2, 2)),
    ],
    ids=["absent", "empty", "text", "infinite", "masked", "four axes"],
)
def test_a_raster_without_values_is_said_and_not_drawn(values: np.ndarray) -> None:
    text = drawn(MapData("raster", [Rasters([Raster(values, (0, 0, 1, 1))], "EPSG:4326")]), Form.HTML)
    assert "no cell has a value" in text or "without a value that can be shown" in text
