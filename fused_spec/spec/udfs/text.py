"""Read the text of a UDF that a spec names: a file, a folder, a place in git, or code in the spec itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from fused_spec.errors import FusedSpecError
from fused_spec.messages.diagnostics import Location
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.limits import MAX_FILE_BYTES
from fused_spec.spec.files.named_files import Folder, Trouble, read_bytes
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.spec.udfs.neighbours import Neighbours
from fused_spec.spec.udfs.python_source import BadSyntax, as_text, with_unix_lines
from fused_spec.spec.udfs.source_code import SourceCode
from fused_spec.udfs.folder import UdfText
from fused_spec.udfs.gitrefs import GitReference, parse

_GIT_FORMS = "write https://github.com/OWNER/REPO/tree/COMMIT/PATH, or git+https://HOST/REPO@REF:PATH"


class Written(Struct, frozen=True, kw_only=True):
    """A UDF as it was read. `places` are the folders beside it; `reference` is where it stands in git.

    What the folder's meta.json says is `name`, `entrypoint`, `parameters` and `headers`.
    """

    code: SourceCode
    places: tuple[Path, ...] = ()
    reference: GitReference | None = None
    name: str | None = None
    entrypoint: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, SourceCode] = field(default_factory=dict)


class UdfFiles(Struct):
    """Reads each file once, however many UDFs it holds: the cells of a matrix all name the same."""

    _known: dict[tuple[Folder, str], tuple[Path, str] | Trouble | BadSyntax] = field(default_factory=dict)

    def read(self, name: str, folder: Folder) -> tuple[Path, str] | Trouble | BadSyntax:
        """The file of this name, and its text."""
        known = self._known.get((folder, name))
        if known is None:
            known = self._known[folder, name] = _read(name, folder)
        return known


def read_written(
    declared: Mapping[str, Any], pointer: Pointer, folder: Folder, files: UdfFiles, git: GitSources, findings: Findings
) -> Written | None:
    """The UDF of `file:`, `code:`, `folder:` or `git:`, or None when a problem was told."""
    if "folder" in declared:
        return _of_folder(declared["folder"], (*pointer, "folder"), folder, findings)
    if "git" in declared:
        return _of_git(declared["git"], (*pointer, "git"), git, findings)
    read = _text(declared, pointer, folder, files, findings)
    if read is None:
        return None
    code, path = read
    if path is None:
        return Written(code=code, places=(folder.path,))
    # A UDF exported as a folder of its own has its neighbours beside that folder.
    outer = (path.parent.parent,) if path.parent.name == path.stem else ()
    return Written(code=code, places=(path.parent, *outer))


def read_headers(
    declared: Mapping[str, Any], pointer: Pointer, folder: Folder, files: UdfFiles, findings: Findings
) -> dict[str, SourceCode]:
    """The modules that the spec lists, by name."""
    read: dict[str, SourceCode] = {}
    for index, header in enumerate(declared.get("headers", [])):
        at, name = (*pointer, "headers", index), header["module_name"]
        found = _text(header, at, folder, files, findings)
        if name in read:
            message = f'two headers are named "{name}"'
            findings.tell("duplicate-header", message, (*at, "module_name"), "give each its own name")
        elif found is not None:
            read[name] = found[0]
    return read


def _text(
    declared: Mapping[str, Any], pointer: Pointer, folder: Folder, files: UdfFiles, findings: Findings
) -> tuple[SourceCode, Path | None] | None:
    """The text of `file:` or `code:`, and the file."""
    if "code" in declared:
        return SourceCode(with_unix_lines(declared["code"]), None, (*pointer, "code")), None
    at = (*pointer, "file")
    read = files.read(declared["file"], folder)
    if isinstance(read, Trouble):
        findings.trouble(read, at)
        return None
    if isinstance(read, BadSyntax):
        path = folder.locate(declared["file"])
        shown = folder.shown(path) if isinstance(path, Path) else declared["file"]
        place = Location(path=shown, line=read.line, column=read.column)
        findings.tell("udf-encoding", read.message, at, "save it as UTF-8", at=place)
        return None
    path, text = read
    shown = folder.shown(path)
    return SourceCode(text, shown, at, origin=shown), path


def _read(name: str, folder: Folder) -> tuple[Path, str] | Trouble | BadSyntax:
    path = folder.locate(name)
    if isinstance(path, Trouble):
        return path
    content = read_bytes(path, name, limit=MAX_FILE_BYTES)
    if isinstance(content, Trouble):
        return content
    text = as_text(content)
    return text if isinstance(text, BadSyntax) else (path, text)


def _of_folder(name: str, at: Pointer, folder: Folder, findings: Findings) -> Written | None:
    path = folder.locate(name, folder=True)
    if isinstance(path, Trouble):
        findings.trouble(path, at)
        return None
    beside = Neighbours(places=(path.parent,), root=folder.root)
    try:
        text = beside.udf(path.name)
    except FusedSpecError as error:
        findings.tell("bad-udf-folder", str(error), at, error.hint or "look into the folder")
        return None
    if text is None:
        hint = f"it needs meta.json, or {path.name}.py, or one Python file"
        findings.tell("bad-udf-folder", f"{folder.shown(path)} holds no UDF", at, hint)
        return None

    def shown(file: str | None) -> str:
        return folder.shown(path.parent / (file or path.name))

    own = shown(text.file) if text.file is not None and text.file.endswith(".py") else None
    headers = {
        module: SourceCode(code, shown(file) if file else None, at, origin=shown(file))
        for module, code in text.headers.items()
        for file in [text.header_files.get(module)]
    }
    code = SourceCode(text.code, own, at, origin=shown(text.file))
    return _described(text, code, headers, places=(path.parent, path))


def _of_git(reference: str, at: Pointer, git: GitSources, findings: Findings) -> Written | None:
    try:
        parsed = parse(reference)
        if parsed is None:
            raise FusedSpecError("this is no reference to a place in git", hint=_GIT_FORMS)
        pinned = git.pinned(parsed)
        text = git.udf(pinned)
    except FusedSpecError as error:
        findings.tell("git", str(error), at, error.hint or "check the reference")
        return None
    if text is None:
        message = f"there is no UDF at {pinned.path or 'the root'} in commit {pinned.ref[:12]}"
        findings.tell("git", message, at, "name a Python file, or the folder of a UDF, that is there at this commit")
        return None
    headers = {name: SourceCode(code, None, at, origin=str(pinned)) for name, code in text.headers.items()}
    code = SourceCode(text.code, None, at, origin=str(pinned))
    return _described(text, code, headers, reference=pinned)


def _described(text: UdfText, code: SourceCode, headers: Mapping[str, SourceCode], **where: Any) -> Written:
    return Written(
        code=code, name=text.name, entrypoint=text.entrypoint, parameters=text.parameters, headers=headers, **where
    )
