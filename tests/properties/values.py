"""One form for each value, whichever library read it, so that what two readers saw can be compared."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import shapely

_LIKE_A_TIME = "0123456789-:+TZ. /"


def plain(value: Any) -> Any:
    """The value as numbers, text, bytes, lists and dictionaries; missing and not a number are one and the same."""
    if isinstance(value, np.generic):
        value = value.item() if not isinstance(value, np.datetime64) else pd.Timestamp(value)
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool):
        return int(value)  # GDAL without Arrow reads them as numbers where one is missing
    if isinstance(value, bytes):
        return value
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    if isinstance(value, datetime | date | time):
        return _moment(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | np.ndarray):
        return [plain(one) for one in value]
    return value if isinstance(value, int | Decimal) else str(value)


def _moment(value: Any) -> str:
    """Instants in UTC; a time without a zone as it is, midnight being that of a date."""
    if isinstance(value, time):
        return value.isoformat()
    if not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00"
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:
        return value.isoformat()  # in the first or the last hours of all years that Python has


def _text(value: str) -> Any:
    """Text, but times and JSON as what they say: formats without types leave to a reader what to make of it."""
    if value[:1] in ("[", "{"):
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    if value.strip(_LIKE_A_TIME):
        return value
    for length, kind in ((8, datetime), (4, time)):
        with suppress(ValueError):
            if len(value) >= length and (length == 8 or ":" in value):
                return _moment(kind.fromisoformat(value.replace("/", "-")))
    return value


def shape(wkb: Any) -> Any:
    """A geometry in the form that GeoParquet has: without measures, None where there is none."""
    if wkb is None:
        return None
    found = shapely.from_wkb(bytes(wkb)) if isinstance(wkb, bytes | bytearray | memoryview) else wkb
    if shapely.get_type_id(found) == 0 and np.isnan(shapely.get_coordinates(found)).all():
        return shapely.Point()  # as WKB writes it, which has no other form for a point that is nowhere
    if shapely.has_m(found):
        found = shapely.from_wkb(shapely.to_wkb(found, output_dimension=3 if shapely.has_z(found) else 2))
    return found
