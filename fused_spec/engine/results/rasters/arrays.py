"""What an xarray is: an image, a scalar, or cells with coordinates."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from fused_spec.engine.results.rasters.axes import TELLS_CRS, image_axes, is_even

IN_TIFF = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")
WIDENED = {"bool": "uint8", "float16": "float32"}
"""Types that a TIFF holds as another one."""


def is_labelled(value: Any) -> bool:
    """Whether a value is a DataArray or a Dataset of xarray."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "xarray" and kind.__name__ in ("DataArray", "Dataset")


def only_variable(value: Any) -> Any:
    """The variable of a Dataset that has no other but one that tells its CRS, or the DataArray itself; else None."""
    if not hasattr(value, "data_vars"):
        return value
    crs = [name for name, one in value.data_vars.items() if one.ndim == 0 and not TELLS_CRS.isdisjoint(one.attrs)]
    variables = list(value.set_coords(crs).data_vars.values())
    return variables[0] if len(variables) == 1 else None


def is_image(value: Any) -> bool:
    """Whether one variable has rows and columns of evenly spaced cells, or several bands of them."""
    array = only_variable(value)
    if array is None or array.ndim not in (2, 3) or array.size == 0 or array.dtype.name not in (*IN_TIFF, *WIDENED):
        return False
    axes = image_axes(array)
    return axes is not None and all(is_even(array, axis) for axis in axes)


def is_scalar(value: Any) -> bool:
    """Whether it is a DataArray without axes."""
    return not hasattr(value, "data_vars") and value.ndim == 0


def cells(value: Any) -> pd.DataFrame:
    """One row for each cell, with its coordinates."""
    if hasattr(value, "data_vars"):
        frame = value.to_dataframe() if value.dims else pd.DataFrame([{name: value[name].item() for name in value}])
    else:
        frame = value.rename(_free_name(value)).to_dataframe()
    return pd.DataFrame(frame.reset_index() if value.dims else frame)


def losses(value: Any) -> Iterator[str]:
    """What neither a table of the cells nor a plain value holds."""
    parts = {"": value, **(value.data_vars if hasattr(value, "data_vars") else {}), **value.coords}
    if described := [str(name) or "the xarray itself" for name, part in parts.items() if part.attrs]:
        form = "a plain value" if is_scalar(value) else "a table of the cells"
        shown = ", ".join(described[:5]) + (" and others" if len(described) > 5 else "")
        yield f"the attributes of {shown} are left out, since {form} has no place for them"


def _free_name(array: Any) -> str:
    """A name for the column of its values, beside those of its axes and coordinates."""
    name = str(array.name or "value")
    while name in {*array.dims, *array.coords}:
        name += "_"
    return name
