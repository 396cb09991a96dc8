"""What inputs on this machine consist of: parts that a shapefile lacks, archives without a table.

No content is looked at but the list of what an archive holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from fused_spec.diagnostics import Severity
from fused_spec.input_formats import unread
from fused_spec.spec.discovery import printable
from fused_spec.spec.findings import Findings
from fused_spec.spec.named_files import Folder
from fused_spec.spec.reading import reading_in
from fused_spec.spec.step_inputs import StepInput

_SHOWN = 3
_TEXTS = (".txt", ".md", ".html", ".htm", ".doc", ".docx", ".rtf", ".css", ".js", ".log")
_LOSSES = {
    ".shx": ("it cannot be read", "add it, or make it anew: `ogrinfo --config SHAPE_RESTORE_SHX YES {name}`"),
    ".dbf": ("its rows have no columns but the geometry", "add {stem}.dbf"),
    ".prj": (
        "its coordinates are taken as EPSG:4326",
        "add {stem}.prj, or say what they are in: metadata: {{fused-spec: {{read: {{crs: …}}}}}}",
    ),
}
"""What comes of a shapefile without a part, and the next step."""


def check_local_parts(step: Mapping[str, Any], inputs: Sequence[StepInput], folder: Folder, findings: Findings) -> None:
    """Tell what the inputs lack that are files of this machine."""
    told = {"crs"} & reading_in(step.get("metadata")).keys()
    for one in inputs:
        ending = one.name.lower()[-4:]
        if ending == ".shp" and (shapefile := _outside(one)) is not None:
            _check_parts(one, one.name, _names_in(shapefile.parent), findings, has_crs=bool(told))
        elif ending == ".zip" and one.beside and isinstance(archive := folder.locate(one.text), Path):
            names = _names_within(one, archive, findings)
            for name in names:
                if name.lower().endswith(".shp"):
                    _check_parts(one, name, names, findings, has_crs=bool(told))


def _outside(one: StepInput) -> Path | None:
    """The file of this machine that an address names; a shapefile beside the spec is refused as an input."""
    text = one.text
    path = Path(unquote(text.removeprefix("file://"))) if text.startswith("file:///") else Path(text)
    try:
        return path if path.is_absolute() and path.is_file() else None
    except (OSError, ValueError):
        return None  # the job, which may run elsewhere, says what is wrong


def _names_in(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()]
    except OSError:
        return []


def _names_within(one: StepInput, path: Path, findings: Findings) -> list[str]:
    """The files in an archive; it is told when none of them can be a table."""
    import zipfile  # few specs need it

    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if "__MACOSX" not in name and not name.endswith("/")]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        message = f"{printable(one.name)} cannot be opened as an archive: {str(error).rstrip('.')}"
        findings.tell("bad-input-file", message, one.pointer, "check that it is whole, or zip its content anew")
        return []
    if not any(map(_may_hold_rows, names)):
        more = ", …" if len(names) > _SHOWN else ""
        held = f"it holds {', '.join(map(printable, names[:_SHOWN]))}{more}" if names else "it is empty"
        message = f"there is no table in {printable(one.name)}: {held}"
        findings.tell("bad-input-file", message, one.pointer, "name an archive with a table, such as a shapefile")
    return names


def _may_hold_rows(name: str) -> bool:
    return not name.lower().endswith(_TEXTS) and unread(name) is None


def _check_parts(one: StepInput, shp: str, beside: Iterable[str], findings: Findings, *, has_crs: bool) -> None:
    """Tell which parts a shapefile lacks among the files beside it, whose names may differ in case."""
    stem = _stem(shp)
    there = {PurePosixPath(name).suffix.lower() for name in beside if _stem(name) == stem}
    for part, (loss, hint) in _LOSSES.items():
        if part not in there and not (part == ".prj" and has_crs):
            message = f"{printable(shp)} has no {part} beside it: {loss}"
            said = hint.format(name=PurePosixPath(shp).name, stem=PurePosixPath(shp).stem)
            findings.tell("shapefile-part", message, one.pointer, said, severity=Severity.WARNING)


def _stem(name: str) -> str:
    return name.lower().removesuffix(PurePosixPath(name).suffix.lower())
