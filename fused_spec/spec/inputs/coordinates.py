"""Whether a text names a coordinate system."""

import warnings
from typing import Any


def coordinate_system(text: str) -> Any | None:
    """The `pyproj.CRS` of that name, in any form that pyproj reads; None when it is none."""
    import pyproj  # takes a while to load, and few specs need it
    from pyproj.exceptions import CRSError

    try:
        with warnings.catch_warnings(action="ignore"):  # of forms that are read and out of fashion
            return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None
