"""What inputs on this machine consist of: parts that a shapefile lacks, and what an archive holds.

No content is looked at but the list of what an archive holds, and that of files beside the spec alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from fused_spec.jobs.input_formats import tables_in, unread
from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.wording import either
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.read_options import reading_in
from fused_spec.spec.inputs.step_inputs import StepInput

_SHOWN = 3
_TEXTS = (".txt", ".md", ".html", ".htm", ".doc", ".docx", ".rtf", ".css", ".js", ".log")
_TIMETABLE = ("agency.txt", "routes.txt", "stops.txt")  # of GTFS, which is text in an archive
_PARQUET = (".parquet", ".pq")


def check_local_parts(step: Mapping[str, Any], inputs: Sequence[StepInput], folder: Folder, findings: Findings) -> None:
    """Tell what the inputs lack that are files of this machine."""
    look = _Look(step=step, reading=reading_in(step.get("metadata")), findings=findings)
    for one in inputs:
        ending = one.name.lower()[-4:]
        if ending == ".shp" and (shapefile := _outside(one)) is not None:
            look.at_shapefile(one, one.name, _names_in(shapefile.parent), packed=False)
        elif ending == ".zip" and one.beside and isinstance(archive := folder.locate(one.text), Path):
            look.at_archive(one, archive)


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


class _Look(Struct, frozen=True, kw_only=True):
    """A look at the inputs of one step."""

    step: Mapping[str, Any]
    reading: Mapping[str, Any]
    findings: Findings

    @property
    def _is_geospatial(self) -> bool:
        return self.step.get("type") == "partition_geospatial"

    def at_archive(self, one: StepInput, path: Path) -> None:
        """Tell when an archive holds no table, or several."""
        import zipfile  # few specs need it

        try:
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if "__MACOSX" not in name and not name.endswith("/")]
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            message = f"{printable(one.name)} cannot be opened as an archive: {str(error).rstrip('.')}"
            self._tell(one, message, "check that it is whole, or zip its content anew")
            return
        tables = self._meant(tables_in(names))
        if len(tables) > 1:
            self._tell(one, f"{printable(one.name)} holds the tables {_listed(tables)}", self._how_to_choose(tables[0]))
        elif tables and tables[0].lower().endswith(".shp"):
            self.at_shapefile(one, tables[0], names, packed=True)
        elif not tables:
            self._tell_empty(one, names)

    def at_shapefile(self, one: StepInput, shp: str, beside: Iterable[str], *, packed: bool) -> None:
        """Tell what a shapefile lacks among the files beside it; of a part only the ending may be in another case."""
        stem = shp[: -len(".shp")]
        there = {name[len(stem) :].lower() for name in beside if name.startswith(stem)}
        add = f"add {PurePosixPath(stem).name}"
        missing = f"{printable(shp)} has no {{}} beside it"
        if ".shx" not in there and packed:
            how = f"{add}.shx, which `ogrinfo --config SHAPE_RESTORE_SHX YES {PurePosixPath(shp).name}` makes"
            self._tell(one, f"{missing.format('.shx')}, and within an archive none is made", how)
        elif ".shx" not in there:
            self._warn(one, f"{missing.format('.shx')}: one is made of it, wherever the job runs", f"{add}.shx")
        if ".dbf" not in there:
            self._warn(one, f"{missing.format('.dbf')}: its rows have no columns but the geometry", f"{add}.dbf")
        if ".prj" not in there and self._is_geospatial and "crs" not in self.reading:
            how = f"{add}.prj, or say what they are in: metadata: {{fused-spec: {{read: {{crs: …}}}}}}"
            self._warn(one, f"{missing.format('.prj')}: its coordinates are taken as EPSG:4326", how)

    def _meant(self, tables: list[str]) -> list[str]:
        """Of several tables that whose file is named like the layer, if there is one."""
        config = self.step.get("gdal_config")
        layer = self.reading.get("layer") or (config.get("layer") if isinstance(config, dict) else None)
        return [name for name in tables if PurePosixPath(name).stem == layer] or tables

    def _how_to_choose(self, table: str) -> str:
        said = f"{{layer: {PurePosixPath(table).stem}}}"
        field = f"gdal_config: {said}" if self._is_geospatial else f"metadata: {{fused-spec: {{read: {said}}}}}"
        return f"name one of them, such as {field}"

    def _tell_empty(self, one: StepInput, names: Sequence[str]) -> None:
        if any(name.lower().endswith(_PARQUET) for name in names):
            message = f"{printable(one.name)} holds Parquet, which is not read within an archive"
            self._tell(one, message, "unpack it, and name the files in it")
        elif not any(map(_may_hold_rows, names)):
            held = f"it holds {_listed(names)}" if names else "it is empty"
            message = f"there is no table in {printable(one.name)}: {held}"
            self._tell(one, message, "name an archive with a table, such as a shapefile")

    def _tell(self, one: StepInput, message: str, hint: str) -> None:
        self.findings.tell("bad-input-file", message, one.pointer, hint)

    def _warn(self, one: StepInput, message: str, hint: str) -> None:
        self.findings.tell("shapefile-part", message, one.pointer, hint, severity=Severity.WARNING)


def _listed(names: Sequence[str]) -> str:
    shown = [printable(name) for name in names[:_SHOWN]]
    return ", ".join([*shown, "…"]) if len(names) > _SHOWN else either(shown, "and")


def _may_hold_rows(name: str) -> bool:
    if PurePosixPath(name).name in _TIMETABLE:
        return True
    return not name.lower().endswith(_TEXTS) and unread(name) is None
