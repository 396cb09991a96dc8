"""Find the files that paths on the command line mean, and read each once.

A folder stands for every `*.yaml` and `*.yml` below it, in order of name; names that start with a dot are not
looked at. Links may lead anywhere inside the project, and nowhere else. Nothing here reads YAML.
"""

import errno
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity, nearest
from fused_spec.spec.files.exclusion import Exclusion
from fused_spec.spec.files.limits import MAX_FILES, MAX_SPEC_BYTES, MAX_TOTAL_BYTES
from fused_spec.spec.files.meant import is_meant_text, not_a_spec
from fused_spec.spec.files.regular_file import identity_and_content
from fused_spec.spec.files.roots import PROJECT_FILE, Crossing, crossing_link, project_root
from fused_spec.spec.files.unicode_forms import in_quotes, look_alike

STDIN = "-"
SUFFIXES = (".yaml", ".yml")
GLOBS = "*.yaml or *.yml"

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?://|:)")
_ARCHIVE = re.compile(r"\.(?:tar|tgz|gz|bz2|xz|zst|zip|7z|rar)$", re.IGNORECASE)


class SpecFile(Struct, frozen=True, kw_only=True):
    """A file's content as it was read, once; `name` is for messages, `path` is None for standard input.

    `named` says that the file itself was asked for, and not a folder around it.
    """

    name: str
    path: Path | None
    content: bytes
    named: bool = True


Excluded = Callable[[Path], Exclusion]
"""What the project around a folder leaves out of a walk."""


def find(
    paths: Sequence[str],
    *,
    cwd: Path,
    stdin: Callable[[], bytes] | None,
    excluded: Excluded = lambda _: Exclusion(),
) -> tuple[list[SpecFile], list[Diagnostic]]:
    """The spec files that `paths` mean, as typed: folders, files, or `-` for standard input.

    A file met twice is read once. The project file is not a spec. Every problem is a diagnostic placed at
    the path; the other paths are read all the same.
    """
    search = _Search(cwd, stdin, excluded)
    try:
        for typed in dict.fromkeys(paths):
            search.visit(typed)
    except _LimitPassed:
        pass  # told when it was raised; what is left is not read
    return search.files, [*search.problems, *_case_clashes(search.files)]


def find_project_file(path: Path, shown: Path) -> tuple[SpecFile | None, list[Diagnostic]]:
    """The project file itself, read as specs are, or what is wrong with it."""
    search = _Search(path.parent, None, lambda _: Exclusion())
    search.read(path, shown, named=True)
    return (search.files[0] if search.files else None), search.problems


def printable(path: str | Path) -> str:
    """A path as it may be shown: characters that a terminal acts on, and bytes that are no text, escaped."""
    text = str(path)
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _case_clashes(files: Sequence[SpecFile]) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for file in files:
        first = seen.setdefault(file.name.lower(), file.name)
        if first != file.name:
            yield Diagnostic(
                code="case-clash",
                message=f"only upper and lower case tell this file from {first}",
                location=Location(path=file.name),
                severity=Severity.WARNING,
                hint="rename one: macOS and Windows take them for the same file",
            )


class _LimitPassed(Exception):  # a signal, told as a diagnostic before it is raised
    """The set is too large; nothing more is read."""


class _Walk(Struct, frozen=True, kw_only=True):
    """What holds for a whole folder that was named: links may lead anywhere below `root`."""

    root: Path
    exclusion: Exclusion


class _Search:
    """Walks the paths, reads what it finds, and gathers what is wrong."""

    def __init__(self, cwd: Path, stdin: Callable[[], bytes] | None, excluded: Excluded) -> None:
        self.files: list[SpecFile] = []
        self.problems: list[Diagnostic] = []
        self._cwd = cwd
        self._stdin = stdin
        self._excluded = excluded
        self._left_out = 0
        self._folders: set[tuple[int, int]] = set()
        self._numbers: dict[tuple[int, int], int | None] = {}
        self._bytes = 0

    def visit(self, typed: str) -> None:
        path = self._cwd / typed
        if typed == STDIN:
            self._read_stdin()
        elif _REMOTE.match(typed):
            self._tell("remote-path", f"{printable(typed)} is not a local path", typed, "fetch it first")
        elif _ARCHIVE.search(typed):
            self._tell("archive", f"{printable(typed)} is an archive", typed, "unpack it first")
        elif not os.path.lexists(path):
            self._missing(typed, path)
        elif path.name == PROJECT_FILE:
            self._tell("project-file", f"{PROJECT_FILE} is the project, not a spec", typed, "name the specs beside it")
        elif (crossing := crossing_link(self._cwd, typed)) is not None:
            self._crosses(typed, crossing)
        elif path.is_dir():
            self._visit_folder(typed, path)
        elif self._inside(path, typed, project_root(path.parent) or path.parent):
            self.read(path, typed, named=True)

    def _missing(self, typed: str, path: Path) -> None:
        if (alike := look_alike(self._cwd, typed)) is not None:
            message = f"{printable(typed)} does not exist; {in_quotes(alike)} does, which looks the same"
            hint = "let the shell complete the name, or rename it: these are two Unicode forms of one name"
            self._tell("no-such-path", message, typed, hint)
            return
        guess = nearest(path.name, _siblings(path))
        hint = f'did you mean "{printable(Path(typed).with_name(guess))}"?' if guess else "check the path"
        self._tell("no-such-path", f"{printable(typed)} does not exist", typed, hint)

    def _crosses(self, typed: str, crossing: Crossing) -> None:
        link = printable(crossing.link)
        project = crossing.project
        into = f"into another ({printable(project)})" if project else f"to {printable(crossing.target)}"
        message = f"{link} links out of the project {printable(crossing.home)} {into}"
        hint = f"name {printable(crossing.target)} itself if that is meant, or copy it into this project"
        self._tell("outside-project", message, typed, hint)

    def _visit_folder(self, typed: str, folder: Path) -> None:
        problems, self._left_out = len(self.problems), 0
        real = Path(os.path.realpath(folder))
        exclusion = self._excluded(real)
        within = real.relative_to(exclusion.root).as_posix() if real.is_relative_to(exclusion.root) else ""
        walk = _Walk(root=project_root(real) or real, exclusion=exclusion)
        met = self._walk(folder, Path(typed), "" if within == "." else within, walk, above=())
        if not met and problems == len(self.problems):
            what = f"no {GLOBS} in {printable(typed)}"
            hint = "name a folder that holds specs"
            if self._left_out:
                what += f" but what exclude in {PROJECT_FILE} leaves out"
                hint = "correct its patterns, or name the files themselves"
            self._tell("empty-folder", what, typed, hint)

    def _walk(self, folder: Path, shown: Path, within: str, walk: "_Walk", above: tuple[str, ...]) -> int:
        """Read the specs below and say how many were met.

        `within` is the folder's path below the root of the exclusion, `above` are the real folders on the way here.
        """
        real = os.path.realpath(folder)
        if real in above:
            self._tell("link-loop", f"{printable(shown)} links to a folder around it", shown, "remove the link")
            return 0
        met = 0
        for entry in self._entries(folder, shown):
            name, is_folder = entry.name, _is_folder(entry)
            wanted = is_folder or (name.endswith(SUFFIXES) and name != PROJECT_FILE)
            if name.startswith(".") or not wanted:
                continue
            here = f"{within}/{name}" if within else name
            if walk.exclusion.covers(here, folder=is_folder):
                self._left_out += 1
                continue
            path, shown_here = folder / name, shown / name
            if entry.is_symlink() and not self._inside(path, shown_here, walk.root):
                continue
            if is_folder:
                met += self._walk(path, shown_here, here, walk, (*above, real))
            else:
                met += 1
                self.read(path, shown_here, named=False)
        return met

    def _entries(self, folder: Path, shown: Path) -> "list[os.DirEntry[str]]":
        status = folder.stat()
        if (status.st_dev, status.st_ino) in self._folders:
            return []  # by another way, a link: everything in it is known
        self._folders.add((status.st_dev, status.st_ino))
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._unreadable(shown, error)
            return []

    def _inside(self, path: Path, shown: str | Path, root: Path) -> bool:
        """Whether what a link leads to is in the project; what is no link is where it is."""
        if not path.is_symlink():
            return True
        try:
            target = Path(os.path.realpath(path, strict=True))
        except OSError as error:
            self._unreadable(shown, error)
            return False
        if target.is_relative_to(os.path.realpath(root)):
            return True
        self._tell("outside-project", f"{printable(shown)} links out of the project", shown, "copy the file instead")
        return False

    def read(self, path: Path, shown: str | Path, *, named: bool) -> None:
        """Keep the file's content, unless the file was met before."""
        try:
            identity, content = identity_and_content(path, MAX_SPEC_BYTES)
        except OSError as error:
            self._unreadable(shown, error)
            return
        if identity not in self._numbers:
            self._numbers[identity] = self._keep(shown, path, content, named=named)
        elif named and (number := self._numbers[identity]) is not None:
            self.files[number] = replace(self.files[number], named=True)

    def _read_stdin(self) -> None:
        if self._stdin is None:
            self._tell("unreadable", "there is no standard input here", "<stdin>", "name a file")
        else:
            self._keep("<stdin>", None, self._stdin(), named=True)

    def _keep(self, shown: str | Path, path: Path | None, content: bytes, *, named: bool) -> int | None:
        """Keep it, and say as which file; None for one that is too large."""
        self._bytes += len(content)
        if len(self.files) >= MAX_FILES or self._bytes > MAX_TOTAL_BYTES:
            limit = f"more than {MAX_FILES:,} files or {MAX_TOTAL_BYTES >> 20} MiB of specs"
            self._tell("too-many-files", limit, shown, f"name fewer at a time, or exclude some in {PROJECT_FILE}")
            raise _LimitPassed
        if len(content) > MAX_SPEC_BYTES:
            self._too_large(shown, passed_over=not named and not is_meant_text(content))
            return None
        self.files.append(SpecFile(name=printable(shown), path=path, content=content, named=named))
        return len(self.files) - 1

    def _too_large(self, shown: str | Path, *, passed_over: bool) -> None:
        size = f"larger than {MAX_SPEC_BYTES >> 20} MiB"
        if passed_over:
            place, why = Location(path=printable(shown)), f"it is {size} and names no spec"
            self.problems.append(not_a_spec(place, why, f"split it to be at most {MAX_SPEC_BYTES >> 20} MiB"))
            return
        hint = "split it, and keep code and the elements of inputs in files of their own (input: {elements: a.csv})"
        self._tell("too-large", f"{printable(shown)} is {size}", shown, hint)

    def _unreadable(self, shown: str | Path, error: OSError) -> None:
        code, why = _REASONS.get(error.errno or 0, ("unreadable", "cannot be read"))
        self._tell(code, f"{printable(shown)} {why}", shown, "check the path and its permissions")

    def _tell(self, code: str, message: str, shown: str | Path, hint: str) -> None:
        place = Location(path=printable(shown))
        self.problems.append(Diagnostic(code=code, message=message, location=place, hint=hint))


_REASONS = {
    errno.ENOENT: ("no-such-path", "links to nothing"),
    errno.ELOOP: ("link-loop", "links to itself"),
    errno.EACCES: ("unreadable", "may not be read: permission denied"),
    errno.EPERM: ("unreadable", "may not be read: permission denied"),
    errno.ENXIO: ("not-a-file", "is not a regular file"),
    errno.EBUSY: ("changed", "changed while it was read"),
}


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a folder or leads to one; only for a link the system is asked again."""
    return Path(entry.path).is_dir() if entry.is_symlink() else entry.is_dir(follow_symlinks=False)


def _siblings(path: Path) -> list[str]:
    try:
        return [sibling.name for sibling in path.parent.iterdir()]
    except OSError:
        return []  # only a guess is lost
