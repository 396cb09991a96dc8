"""Find what a UDF loads, and gather it to travel along: neighbours by bare name, and git references.

Only loads that stand literally in the source are found; those that are computed are answered where the job runs.
A problem is told for the project's own code. What code from git loads in turn is brought along where it can be, and
otherwise answered where the job runs, if that load is ever reached: nobody here can mend it.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from msgspec import Struct, field
from msgspec.structs import replace

from fused_spec.configuration.declared_secrets import Secrets
from fused_spec.errors import FusedSpecError
from fused_spec.messages.diagnostics import Severity, guess, nearest
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.spec.udfs.neighbours import Neighbours
from fused_spec.spec.udfs.python_source import BadSyntax, Load, Syntax, syntax_of
from fused_spec.spec.udfs.source_code import SourceCode
from fused_spec.spec.udfs.text import UdfFiles, Written
from fused_spec.udfs.bundle import Bundled, home_of, neighbour
from fused_spec.udfs.folder import UdfText
from fused_spec.udfs.gitrefs import GitReference, parse

if TYPE_CHECKING:
    from fused_spec.spec.udfs.packages.environment import Environment

_TOKEN = re.compile(r"(?:fsh|fc)_.*|[0-9a-f]{64}")
_MOST = 500  # loaded UDFs; a real one has a handful


class Loadable(Struct, frozen=True, kw_only=True):
    """What the UDFs of a document may load; `saved` are the names of the UDFs that these specs declare.

    `files` reads their files, and `syntax` looks at their sources. `secrets` are those that the project declares, where
    there is one. What they import is found in the `environment`, if anything is known of it.
    """

    git: GitSources
    saved: Collection[str]
    files: UdfFiles = field(default_factory=UdfFiles)
    syntax: Callable[[str], Syntax | BadSyntax] = syntax_of
    secrets: Secrets | None = None
    environment: Callable[[], "Environment | None"] = lambda: None


class _Waiting(NamedTuple):
    """A source of a UDF, where that stands, and the names of its headers, which it can import.

    Of a collection of helpers from elsewhere nobody calls all: what its functions import may never be asked for.
    """

    source: SourceCode
    home: str
    headers: Collection[str]
    is_helper: bool = False


class _Search(Struct, kw_only=True):
    loadable: Loadable
    neighbours: Neighbours
    findings: Findings
    found: dict[str, Bundled] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    waiting: deque[_Waiting] = field(default_factory=deque)


def gather(
    written: Written, headers: Mapping[str, SourceCode], folder: Folder, loadable: Loadable, findings: Findings
) -> list[tuple[Bundled, str]]:
    """What a UDF loads, directly or not, each with what a plan calls it; in order of place.

    Of one that comes from git, an entry of its own says where it stands. What any of them imports is told of where the
    environment has it not.
    """
    neighbours = Neighbours(places=written.places, root=folder.root)
    search = _Search(loadable=loadable, neighbours=neighbours, findings=findings)
    origin = written.reference
    home = home_of(str(origin)) if origin is not None else ""
    search.waiting.extend(_Waiting(source, home, headers) for source in (written.code, *headers.values()))
    while search.waiting and len(search.found) < _MOST:
        _follow_all(search.waiting.popleft(), search)
    if search.waiting:
        hint = "load fewer, or at once what they have in common"
        findings.tell("udf-load", f"this UDF loads {_MOST} others or more", written.code.pointer, hint)
    gathered = [(search.found[place], search.origins[place]) for place in sorted(search.found)]
    if origin is not None:
        itself = Bundled(place=str(origin), text=UdfText(name="", code=""), is_self=True)
        gathered.append((itself, str(origin)))
    return gathered


def _follow_all(waiting: _Waiting, search: _Search) -> None:
    source, home, headers, is_helper = waiting
    syntax = search.loadable.syntax(source.text)
    if isinstance(syntax, BadSyntax):
        return  # what is no Python loads nothing
    if syntax.secrets and search.loadable.secrets is not None and not _is_foreign(home):
        _check_secrets(syntax.secrets, search.loadable.secrets.at_fused, source, search)
    imports = [one for one in syntax.imports if one.module not in headers and not (one.waits and is_helper)]
    if imports and (environment := search.loadable.environment()) is not None:
        from fused_spec.spec.udfs.packages.lacking import tell_lacking  # as few UDFs need

        tell_lacking(imports, environment, source, search.neighbours.has_module, search.findings)
    for load in syntax.loads:
        try:
            _follow(load, home, source, search)
        except FusedSpecError as error:
            if not _is_foreign(home):
                _tell("udf-load", str(error), load, source, search, error.hint or "check the reference")


def _check_secrets(reads: Sequence[Load], declared: Collection[str], source: SourceCode, search: _Search) -> None:
    """Tell of secrets that the project's own code reads and nothing declares."""
    for read in reads:
        if read.text in declared:
            continue
        meant = nearest(read.text, declared)
        declare = f"add secrets.{read.text}: {{from: {{fused: {read.text}}}}} to fused-spec.yaml"
        message = f'this reads the secret "{read.text}", which nothing declares'
        hint = guess(read.text, meant) if meant else declare
        _tell("undeclared-secret", message, read, source, search, hint, Severity.WARNING)


def _follow(load: Load, home: str, source: SourceCode, search: _Search) -> None:
    """Take in what one load means; raises `FusedSpecError` for what is not there."""
    reference = parse(load.text)
    if reference is not None:
        pinned = search.loadable.git.pinned(reference)
        place = str(pinned)
        if place not in search.found and not _take(place, source, search):
            _absent(pinned)
        if reference.ref != pinned.ref:
            known = search.found[place]
            search.found[place] = replace(known, refs=tuple(sorted({*known.refs, reference.ref})))
    elif not _is_elsewhere(load.text):
        place = neighbour(home, load.text)
        if place not in search.found and not _take(place, source, search):
            _doubt(load, home, source, search)


def _take(place: str, source: SourceCode, search: _Search) -> bool:
    """Read the UDF at a place and what it loads; whether there is one."""
    reference = parse(place)
    text = search.loadable.git.udf(reference) if reference is not None else search.neighbours.udf(place)
    if text is None:
        return False
    file = search.neighbours.shown(place, text) if reference is None else None
    search.found[place] = Bundled(place=place, text=replace(text, file=None, header_files={}))
    search.origins[place] = file or place
    home = home_of(place)
    own = file if text.file is not None and text.file.endswith(".py") else None
    origin = search.origins[place]
    is_helper = _is_foreign(home)
    search.waiting.append(_Waiting(SourceCode(text.code, own, source.pointer, origin), home, text.headers, is_helper))
    search.waiting.extend(
        _Waiting(SourceCode(code, None, source.pointer, f"{origin} ({name})"), home, text.headers, is_helper)
        for name, code in text.headers.items()
    )
    return True


def _absent(pinned: GitReference) -> NoReturn:
    raise FusedSpecError(
        f"{pinned.repository} has no UDF at {pinned.path or 'its root'} in commit {pinned.ref[:12]}",
        hint="name a Python file, or the folder of a UDF, that is there at this commit",
    )


def _doubt(load: Load, home: str, source: SourceCode, search: _Search) -> None:
    """A name that is nothing beside the UDF may be a saved UDF, which only the service knows."""
    if _is_foreign(home) or load.text in search.loadable.saved or "/" in load.text:
        return
    meant = nearest(load.text, [*search.neighbours.names(), *search.loadable.saved])
    first = f"{guess(load.text, meant)} " if meant else ""
    _tell(
        "udf-load",
        f'nothing beside this UDF is named "{load.text}"',
        load,
        source,
        search,
        f"{first}Else the service must have a saved UDF of this name when the job runs",
        Severity.WARNING,
    )


def _tell(
    code: str,
    message: str,
    load: Load,
    source: SourceCode,
    search: _Search,
    hint: str,
    severity: Severity = Severity.ERROR,
) -> None:
    findings = search.findings
    at = source.location(findings, load.line, load.column)
    findings.tell(code, message, source.pointer, hint, at=at, severity=severity)


def _is_foreign(home: str) -> bool:
    return home.startswith("git+")


def _is_elsewhere(text: str) -> bool:
    """Whether the text names something that only the place where the job runs knows: a token, a URL, a path there."""
    return "://" in text or text.startswith(("/", "~")) or not text.strip() or _TOKEN.fullmatch(text) is not None
