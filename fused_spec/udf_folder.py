"""A UDF as it lies in files: one Python file, or a folder in one of the forms in which Fused's tools export UDFs.

<Name>/meta.json + <Name>.py      `job_config.steps[0].udf` names source, entry function, headers, parameters,
                                  or holds the code itself
<Name>/<Name>.py                  the same without metadata
<name>.py                         a flat file
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[str], bytes | None]
"""The content of a file by its path within the tree; None when it is not there."""

Names = Callable[[str], list[str]]
"""The names in a folder of the tree; none when it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UdfText:
    """A UDF's source; `entrypoint` None means that the code tells."""

    name: str
    code: str
    entrypoint: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def find_udf(path: str, read: Read, names: Names) -> UdfText | None:
    """The UDF at a path, which is a Python file or a folder; None when there is none."""
    path = path.strip("/")
    name = path.rpartition("/")[2].removesuffix(".py")
    if path.endswith(".py") or (file := _text(read, f"{path}.py")) is not None:
        code = _text(read, path) if path.endswith(".py") else file
        return UdfText(name=name, code=code) if code is not None else None
    return _described(path, name, read) or _by_convention(path, name, read, names)


def _described(folder: str, name: str, read: Read) -> UdfText | None:
    """By its meta.json; None without one, or with one that describes no UDF."""
    content = read(_join(folder, "meta.json"))
    try:
        udf = json.loads(content)["job_config"]["steps"][0]["udf"] if content is not None else None
        if udf is None:
            return None
        code = udf.get("code") or _text(read, _join(folder, udf["source"]))
        headers = {
            header["module_name"]: header.get("source_code") or _text(read, _join(folder, header["source_file"])) or ""
            for header in udf.get("headers") or []
        }
        return (
            None
            if code is None
            else UdfText(
                name=udf.get("name") or name,
                code=code,
                entrypoint=udf.get("entrypoint"),
                parameters=udf.get("parameters") or {},
                headers=headers,
            )
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _by_convention(folder: str, name: str, read: Read, names: Names) -> UdfText | None:
    """The file named as its folder, else the only Python file."""
    files = [file for file in names(folder) if file.endswith(".py")]
    chosen = f"{name}.py" if f"{name}.py" in files else files[0] if len(files) == 1 else None
    code = _text(read, _join(folder, chosen)) if chosen is not None else None
    return None if code is None else UdfText(name=name, code=code)


def _text(read: Read, path: str) -> str | None:
    content = read(path)
    return None if content is None else content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
