"""The GDAL that pyogrio reads with, for what pyogrio does not give: what it says meanwhile, and its geometries."""

import ctypes
from collections.abc import Mapping
from functools import cache
from typing import Any

import pyogrio
import pyogrio._io  # the extension is linked against the library, so its symbols are found through it

Handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_char_p)
"""What GDAL calls with the class, number and text of a message."""

_POINTER = ctypes.c_void_p
_VECTOR = 0x04  # of the ways to open a file: to read, as a table
# Results and arguments of what is called; a wrong one would not be an error but a crash.
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "CPLPushErrorHandlerEx": (None, [Handler, _POINTER]),
    "CPLPopErrorHandler": (None, []),
    "GDALClose": (None, [_POINTER]),
    "GDALDatasetGetLayer": (_POINTER, [_POINTER, ctypes.c_int]),
    "GDALDatasetGetLayerCount": (ctypes.c_int, [_POINTER]),
    "GDALOpenEx": (_POINTER, [ctypes.c_char_p, ctypes.c_uint, _POINTER, ctypes.POINTER(ctypes.c_char_p), _POINTER]),
    "OGR_L_GetName": (ctypes.c_char_p, [_POINTER]),
    "OGR_G_CreateFromWkt": (ctypes.c_int, [ctypes.POINTER(ctypes.c_char_p), _POINTER, ctypes.POINTER(_POINTER)]),
    "OGR_G_CreateFromWkb": (ctypes.c_int, [ctypes.c_char_p, _POINTER, ctypes.POINTER(_POINTER), ctypes.c_int]),
    "OGR_G_DestroyGeometry": (None, [_POINTER]),
    "OGR_G_ExportToIsoWkb": (ctypes.c_int, [_POINTER, ctypes.c_int, ctypes.c_char_p]),
    "OGR_G_ForceTo": (_POINTER, [_POINTER, ctypes.c_int, _POINTER]),
    "OGR_G_GetLinearGeometry": (_POINTER, [_POINTER, ctypes.c_double, _POINTER]),
    "OGR_G_Is3D": (ctypes.c_int, [_POINTER]),
    "OGR_G_HasCurveGeometry": (ctypes.c_int, [_POINTER, ctypes.c_int]),
    "OGR_G_WkbSize": (ctypes.c_int, [_POINTER]),
}


@cache
def library() -> ctypes.PyDLL | None:
    """GDAL's functions, of which each has its signature; None where the system does not find them through pyogrio."""
    try:
        # with the lock of the interpreter held, as pyogrio's own handler of messages expects it
        gdal = ctypes.PyDLL(pyogrio._io.__file__)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(gdal, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    return gdal


def layer_names(source: str, options: Mapping[str, str]) -> list[str]:
    """The layers of what GDAL opens with these options, which pyogrio's own list does without."""
    gdal = library()
    if gdal is None:
        return [str(name) for name, _ in pyogrio.list_layers(source)]
    said = [f"{name}={value}".encode() for name, value in options.items()]
    opened = gdal.GDALOpenEx(source.encode(), _VECTOR, None, (ctypes.c_char_p * (len(said) + 1))(*said, None), None)
    if not opened:
        return []
    try:
        layers = [gdal.GDALDatasetGetLayer(opened, number) for number in range(gdal.GDALDatasetGetLayerCount(opened))]
        return [gdal.OGR_L_GetName(layer).decode(errors="replace") for layer in layers]
    finally:
        gdal.GDALClose(opened)
