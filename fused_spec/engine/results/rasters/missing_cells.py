"""Which cells of an array are missing: the number that says so in a TIFF (nodata), and arrays with a mask."""

from typing import Any

import numpy as np

from fused_spec.engine.results.stored import Tell, Unstorable

_NAMES = ("_FillValue", "missing_value", "fill_value", "nodata")
_EXACT = 2**53  # GDAL's nodata is a float
_WIDER = {"bool": "uint8", "uint8": "int16", "int8": "int16", "uint16": "int32", "int16": "int32"}
_WIDEST = "int64"


def filled(array: np.ndarray, tell: Tell) -> tuple[np.ndarray, float | int | None]:
    """An array without a mask, and the number that stands where it had one; None where nothing is masked."""
    if not isinstance(array, np.ma.MaskedArray):
        return array, None
    if not np.ma.getmaskarray(array).any():
        return np.asarray(array.data), None
    if array.dtype.kind == "f":
        if np.isnan(array.compressed()).any():
            tell("cells that are NaN count as missing, as those that are masked do")
        return np.ma.filled(array, np.nan), np.nan
    kind, nodata = _free_number(array)
    return np.asarray(np.ma.filled(array.astype(kind), nodata)), nodata


def filled_with_nan(array: np.ndarray) -> np.ndarray:
    """An array without a mask, for a form that has none: as floats, with NaN; raises `Unstorable` if they round."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if not np.ma.getmaskarray(array).any():
        return np.asarray(array.data)
    floats = array.astype(np.result_type(array.dtype, np.float32))
    if array.dtype.kind in "iu" and len(known := array.compressed()) and _size(known) > _EXACT:
        raise Unstorable(
            "a masked array of whole numbers beyond 2**53 cannot be stored as npy, which has no masks; ask for tiff, "
            "or return array.filled(…)"
        )
    return np.asarray(np.ma.filled(floats, np.nan))


def nodata_of(values: np.ndarray, array: Any, tell: Tell) -> tuple[np.ndarray, float | int | None]:
    """The values of an xarray as a TIFF keeps them, and its nodata.

    That of an array that was decoded stands in its encoding, and NaN in its place: there it is put back. Of any other
    it is among the attributes, and in the cells.
    """
    encoded, told = _told(array.encoding), _told(array.attrs)
    if len({str(float(one)) for known in (array.encoding, array.attrs) for one in _numbers(known)}) > 1:
        tell("a TIFF has one number for missing cells: of several that the xarray tells the first is kept")
    if told is None and encoded is None:
        told = getattr(getattr(array, "rio", None), "nodata", None)
    if values.dtype.kind == "f" and encoded is not None:
        return _put_back(values, encoded, tell)
    nodata = encoded if told is None else told
    if nodata is None:
        return values, None
    if (held := _held(nodata, values.dtype)) is None:
        tell(f"the nodata of the xarray is left out, since no cell of {values.dtype} in a TIFF can be told to have it")
    elif values.dtype.name in ("int64", "uint64") and _size(values) > _EXACT:
        tell("whole numbers beyond 2**53 beside nodata, which the published clients read as floats")
    return values, held


def _put_back(values: np.ndarray, encoded: Any, tell: Tell) -> tuple[np.ndarray, float | int | None]:
    held, missing = _held(encoded, values.dtype), np.isnan(values)
    if held is None or np.isnan(held):
        return values, np.nan
    if (values == held).any():
        tell("the nodata of the xarray is NaN in the TIFF, since cells that are not missing have its number")
        return values, np.nan
    return np.where(missing, values.dtype.type(held), values), held


def _told(known: Any) -> Any:
    """The nodata in attributes or an encoding; of several the first."""
    return next(iter(_numbers(known)), None)


def _numbers(known: Any) -> list[Any]:
    values = [one for name in _NAMES if known.get(name) is not None for one in np.atleast_1d(known[name]).tolist()]
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


def _held(nodata: Any, kind: np.dtype) -> float | int | None:
    """The nodata as cells of this type have it; None where none can, or GDAL would round it."""
    number = float(nodata)
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            cell = float(kind.type(number))
        return cell if np.isfinite(cell) or not np.isfinite(number) else None
    if not np.isfinite(number) or number != int(number) or abs(int(nodata)) > _EXACT:
        return None
    limits = np.iinfo(kind) if kind.kind in "iu" else np.iinfo("uint8")
    return int(nodata) if limits.min <= int(nodata) <= limits.max else None


def _free_number(array: np.ma.MaskedArray) -> tuple[np.dtype, int]:
    """A number that no cell has, and the type that holds it too: the array's own where that has one left."""
    known = np.unique(array.compressed().astype(array.dtype))
    kind = array.dtype
    preferred = int(array.fill_value) if kind.kind in "iu" else None
    if preferred is not None and _held(preferred, kind) is not None and preferred not in known:
        return kind, preferred
    first = int(np.setdiff1d(np.arange(len(known) + 1), known)[0])
    while kind.kind == "b" or first > np.iinfo(kind).max:
        kind = np.dtype(_WIDER.get(kind.name, _WIDEST))
    return kind, first


def _size(values: np.ndarray) -> int:
    return max(int(values.max()), -int(values.min())) if values.size else 0
