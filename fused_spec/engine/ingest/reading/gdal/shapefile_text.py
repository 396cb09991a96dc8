"""What the text of a shapefile is in: what its .cpg says, or the .dbf, or what its bytes look like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed

_UTF8 = "UTF-8"
_WINDOWS = "CP1252"
_UNDEFINED = np.frombuffer(b"\x81\x8d\x8f\x90\x9d", np.uint8)  # in CP1252
_FIRST_BEYOND_ASCII, _FIRST_OF_LATIN = 0x80, 0xA0
_CODE_PAGE_OF_ITS_WINDOWS = 0x57
# Code pages that the byte of a .dbf stands for, and that GDAL goes by.
_OF_BYTE = {0x01: "CP437", 0x02: "CP850", 0x03: _WINDOWS, 0x64: "CP852", 0x65: "CP866", 0xC8: "CP1250", 0xC9: "CP1251"}
_MEND = (
    "name what it is in: gdal_config.open_options: {ENCODING: CP1252}, or another, such as UTF-8, CP1250, CP932 or GBK"
)


@dataclass(slots=True)
class CellText:
    """What the bytes of text look like."""

    is_ascii: bool = True
    is_utf8: bool = True
    is_windows: bool = True
    is_latin: bool = True

    def look_at(self, cells: NDArray[np.uint8]) -> None:
        """Look at some cells of one width, a row for each."""
        beyond = (cells >= _FIRST_BEYOND_ASCII).any(axis=1)
        if not beyond.any():
            return
        self.is_ascii = False
        odd = cells[beyond]
        self.is_windows = self.is_windows and not np.isin(odd, _UNDEFINED).any()
        self.is_latin = self.is_latin and not ((odd >= _FIRST_BEYOND_ASCII) & (odd < _FIRST_OF_LATIN)).any()
        self.is_utf8 = self.is_utf8 and _is_utf8(odd)


def encoding_of(
    name: str, page: str | None, code_page: int, text: CellText, lossy: list[str]
) -> tuple[str | None, str | None]:
    """What GDAL has to be told about the text (None: it finds out itself), and words about it.

    Raises `StepFailed` where it is known to be none of what it may be.
    """
    if page is not None:
        return _as_said(name, page, text, lossy)
    if text.is_ascii:
        return None, "ASCII"
    if code_page == _CODE_PAGE_OF_ITS_WINDOWS and not text.is_utf8:
        return (None, "ISO-8859-1, as its .dbf says") if text.is_latin else (_WINDOWS, f"{_WINDOWS}, as its .dbf says")
    if code_page and code_page != _CODE_PAGE_OF_ITS_WINDOWS:
        said = _OF_BYTE.get(code_page, f"code page {code_page:#04x}")
        _tell_unlikely(f"its .dbf says {said}", text, lossy)
        return None, f"{said}, as its .dbf says"
    guess = _UTF8 if text.is_utf8 else _WINDOWS
    if guess == _WINDOWS and not text.is_windows:
        raise StepFailed(
            f"{name} cannot be read: it has no .cpg, and its text is neither UTF-8 nor {_WINDOWS}; {_MEND}"
        )
    lossy.append(f"it has no .cpg, so its text is taken for {guess}, a guess; open option ENCODING names another")
    return guess, f"{guess}, a guess"


def _as_said(name: str, page: str, text: CellText, lossy: list[str]) -> tuple[str | None, str]:
    if page.upper() in ("UTF-8", "UTF8", "65001"):
        if not text.is_utf8:
            raise StepFailed(f"{name} cannot be read: its .cpg says {page}, and its text is none; {_MEND}")
        return _UTF8, f"{_UTF8}, as its .cpg says"
    _tell_unlikely(f"its .cpg says {page}", text, lossy)
    return None, f"{page}, as its .cpg says"


def _tell_unlikely(said: str, text: CellText, lossy: list[str]) -> None:
    if text.is_utf8 and not text.is_ascii:
        lossy.append(f"{said}, but its text looks like UTF-8; open option ENCODING names another")


def _is_utf8(cells: NDArray[np.uint8]) -> bool:
    return all(_is_text(row.tobytes()) for row in cells) if not _is_text(cells.tobytes()) else True


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # the last sign did not fit into its cell
    return True
