"""The forms in which outputs are written; those that need no library to be named by."""

from enum import StrEnum
from pathlib import PurePath

from fused_spec.engine.outputs.kinds import suffix_of
from fused_spec.engine.outputs.model import Kind


class Form(StrEnum):
    """A form of files, by the word that people give."""

    PARQUET = "parquet"
    GEOJSON = "geojson"
    CSV = "csv"
    FLATGEOBUF = "flatgeobuf"
    GEOPACKAGE = "geopackage"
    TIFF = "tiff"

    @property
    def suffix(self) -> str:
        return _SUFFIXES[self][0]

    @property
    def holds(self) -> Kind:
        return Kind.RASTER if self is Form.TIFF else Kind.TABLE

    @property
    def needs_geometry(self) -> bool:
        return self in (Form.GEOJSON, Form.FLATGEOBUF)


_SUFFIXES = {
    Form.PARQUET: ("parquet", "pq"),
    Form.GEOJSON: ("geojson",),
    Form.CSV: ("csv",),
    Form.FLATGEOBUF: ("fgb",),
    Form.GEOPACKAGE: ("gpkg",),
    Form.TIFF: ("tiff", "tif"),
}


def form_named(path: PurePath | str) -> Form | None:
    """The form that the end of a file's name says; None for another."""
    known = suffix_of(str(path))
    return next((form for form, suffixes in _SUFFIXES.items() if known in suffixes), None)


def forms_of(kind: Kind, *, has_geometry: bool = True) -> list[Form]:
    """The forms that hold an output of this kind."""
    return [form for form in Form if form.holds is kind and (has_geometry or not form.needs_geometry)]
