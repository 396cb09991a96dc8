"""A UDF as it lies in files: one Python file, or a folder in one of the forms in which Fused's tools export UDFs.

<Name>/meta.json + <Name>.py      `job_config.steps[0].udf` names source, entry function, headers, parameters,
                                  or holds the code itself
<Name>/<Name>.py                  the same without metadata; also any folder with one Python file
<name>.py                         a flat file
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from fused_spec.errors import FusedSpecError

META = "meta.json"

Read = Callable[[str], bytes | None]
"""The content of a file by its path within the tree; None when it is not there."""

Names = Callable[[str], list[str]]
"""The names in a folder of the tree; none when it is not there."""


class BadUdfFolder(FusedSpecError):
    """A folder whose meta.json describes a UDF that is not in it."""


class UdfText(Struct, frozen=True, kw_only=True):
    """A UDF's source; `entrypoint` None means that the code tells. `file` and `header_files` name what was read."""

    name: str
    code: str
    entrypoint: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    file: str | None = None
    header_files: Mapping[str, str] = field(default_factory=dict)


def find_udf(path: str, read: Read, names: Names) -> UdfText | None:
    """The UDF at a path, which is a Python file (with or without `.py`) or a folder; None when there is none.

    Raises `BadUdfFolder`.
    """
    path = path.strip("/")
    name = path.rpartition("/")[2].removesuffix(".py")
    for file in (path, f"{path}.py"):
        if file.endswith(".py") and (code := _text(read, file)) is not None:
            return UdfText(name=name, code=code, file=file)
    return _described(path, name, read) or _by_convention(path, name, read, names)


def _described(folder: str, name: str, read: Read) -> UdfText | None:
    """By its meta.json; None without one, and with one of another tool."""
    file = _join(folder, META)
    content = read(file)
    if content is None:
        return None
    try:
        described = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadUdfFolder(f"{file} is no JSON: {error}", hint="export the UDF again, or remove the file") from None
    if not isinstance(described, dict) or "job_config" not in described:
        return None
    try:
        return _of_udf(folder, name, described["job_config"]["steps"][0]["udf"], read)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise BadUdfFolder(
            f"{file} describes no UDF: job_config.steps[0].udf needs source or code",
            hint="export the UDF again, or remove the file",
        ) from None


def _of_udf(folder: str, name: str, udf: Mapping[str, Any], read: Read) -> UdfText:
    file = None if udf.get("code") else _join(folder, udf["source"])
    files = {
        header["module_name"]: _join(folder, header["source_file"])
        for header in udf.get("headers") or []
        if not header.get("source_code")
    }
    written = {header["module_name"]: header.get("source_code") for header in udf.get("headers") or []}
    text = UdfText(
        name=udf.get("name") or name,
        code=udf["code"] if file is None else _needed(folder, file, read),
        entrypoint=udf.get("entrypoint"),
        parameters=udf.get("parameters") or {},
        headers=written | {module: _needed(folder, path, read) for module, path in files.items()},
        file=file or _join(folder, META),
        header_files=files,
    )
    words = (text.name, text.code, text.entrypoint or "", *text.headers, *text.headers.values())
    if not isinstance(text.parameters, dict) or not all(isinstance(word, str) for word in words):
        raise TypeError
    return text


def _needed(folder: str, file: str, read: Read) -> str:
    code = _text(read, file)
    if code is None:
        raise BadUdfFolder(
            f"{_join(folder, META)} names {file}, which is not there", hint="add it, or correct the name"
        )
    return code


def _by_convention(folder: str, name: str, read: Read, names: Names) -> UdfText | None:
    """The file named as its folder, else the only Python file."""
    files = [file for file in names(folder) if file.endswith(".py")]
    chosen = f"{name}.py" if f"{name}.py" in files else files[0] if len(files) == 1 else None
    code = _text(read, _join(folder, chosen)) if chosen is not None else None
    return None if code is None else UdfText(name=name, code=code, file=_join(folder, chosen or ""))


def _text(read: Read, path: str) -> str | None:
    content = read(path)
    return None if content is None else content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
