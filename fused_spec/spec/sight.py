"""The specs of some paths: their files, what is said for all of them, and what they are at one target."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Required, TypedDict

from msgspec.structs import replace

from fused_spec.configuration.service_identity import normal_url
from fused_spec.configuration.settings import HOSTED_TARGET, HOSTED_URL, LOCAL_TARGET
from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.files.discovery import SpecFile, find, printable
from fused_spec.spec.files.meant import NO_SPEC, UNREAD
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.language.findings import in_cells
from fused_spec.spec.language.outside import NOBODY, Outside
from fused_spec.spec.language.plain import Unspoken, is_spoken, target_words
from fused_spec.spec.model import Project
from fused_spec.spec.project.git_lock import Locks, read_locks
from fused_spec.spec.project.of_files import excluded_around, project_of
from fused_spec.spec.relations.check import check_relations
from fused_spec.spec.relations.declaration import Places
from fused_spec.spec.relations.text_addresses import text_addresses
from fused_spec.spec.resolving.look import look_at
from fused_spec.spec.resolving.share import Around, Looked, Lost
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.system.timings import UNTIMED, Phase, Timings
from fused_spec.udfs.gitrefs import Repositories

if TYPE_CHECKING:
    from fused_spec.spec.language.spoken import Spoken
    from fused_spec.spec.policies.judge import Judge
    from fused_spec.spec.policies.rules import Rules

Cache = Callable[[Project], Path | None]
Git = Callable[[Project, Locks], GitSources]
_DECLARED = ("unknown-variable", "undeclared-value", "unknown-secret", "unknown-policy")
_SAID_ELSEWHERE = ("unknown-reference", "no-such-fragment", "no-match")
_UNREADABLE_VALUES = ("ambiguous-value", "not-finite", "number-too-large", "bad-character")


class Means(TypedDict, total=False):
    """How specs are read; `cwd` is needed.

    `-` among the paths is `stdin`, whose relative paths start at `cwd`. `git` makes what reads git references, in place
    of the lock file and what is on this machine alone; `cache` names the folder where what may be forgotten is kept, if
    any. Many files are shared among so many `processes`. `outside` is what flags and the environment say, `today` what
    `last-complete` goes by, and `waived_on` the day by which waivers count; nobody chooses that one. `instead` is
    content that counts in place of what files hold, and `notice` is shown what was found before any of it is looked at.
    """

    cwd: Required[Path]
    stdin: Callable[[], bytes] | None
    git: Git
    cache: Cache
    processes: int
    timings: Timings
    outside: Outside
    today: date
    instead: Mapping[Path, bytes]
    notice: Callable[["Sight"], None]
    waived_on: date


class Sight:
    """The files that were found, and what is said for all of them."""

    def __init__(self, paths: Sequence[str], means: Means) -> None:
        self._paths, self._means = paths, means
        self._timings = means.get("timings", UNTIMED)
        cwd = means["cwd"]
        with self._timings.phase(Phase.FIND):
            files, problems = find(paths, cwd=cwd, stdin=means.get("stdin"), excluded=partial(excluded_around, cwd=cwd))
            instead = means.get("instead", {})
            files = [_with_content(file, instead) for file in files] if instead else files
            self.project, more = project_of(files, paths, cwd)
            locks, self._unreadable = read_locks(self.project.root)
            self.git = means.get("git", offline)(self.project, locks)
            self.spoken = self._spoken(files, cwd)
        self.files = self.spoken.files
        self._rules, wrong = self._ruled()
        self.before = [*problems, *more, *self.spoken.problems, *wrong]
        is_broken = self.project.document is None and any(one.is_error for one in more)
        self._is_lacking = is_broken or self.spoken.is_lacking
        if "notice" in means:
            means["notice"](self)

    @property
    def is_whole(self) -> bool:
        """Whether all specs of the project were given."""
        whole = {Path(os.path.realpath(self.project.root / name)) for name in (".", "specs")}
        given = {Path(os.path.realpath(self._means["cwd"] / path)) for path in self._paths}
        return not whole.isdisjoint(given)

    def _spoken(self, files: Sequence[SpecFile], cwd: Path) -> "Spoken | Unspoken":
        outside = self._means.get("outside", NOBODY)
        if not is_spoken(self.project, files, (outside.variables, outside.files)):
            return Unspoken(project=self.project, files=tuple(files))
        from fused_spec.spec.language.spoken import spoken_in  # with all of the language

        return spoken_in(self.project, files, cwd, self.git)

    def _ruled(self) -> "tuple[Rules | None, list[Diagnostic]]":
        """The policies of the project, if there are any."""
        if not any("policies" in file.tree or "waivers" in file.tree for file in self.spoken.said_in):
            return None, []
        from fused_spec.spec.policies.rules import rules_in  # with CEL, which most projects have no need of

        targets = (LOCAL_TARGET, HOSTED_TARGET, *self.project.targets)
        return rules_in(self.spoken.said_in, targets, self._waived_on)

    def targets(self) -> tuple[str, ...]:
        """The targets that have to be looked at to know all that can be wrong."""
        if self._rules is not None and self._rules.differ:
            return tuple(dict.fromkeys((self.project.default_target, *self.project.targets)))
        return self.spoken.targets()

    def at(self, name: str, *, keeps: bool, may_lack: bool) -> "SeenAt":
        """Everything at one target."""
        around, problems = self.around(name, keeps=keeps, may_lack=may_lack)
        with self._timings.phase(Phase.READ):
            seen = look_at(self.files, around, self._means.get("processes", 1), self._timings)
        return SeenAt(name, around, problems, *seen)

    def around(self, name: str, *, keeps: bool, may_lack: bool) -> tuple[Around, list[Diagnostic]]:
        """What all documents have in common at a target, and what is wrong with that."""
        means = self._means
        today = means.get("today") or datetime.now(UTC).date()
        language, problems = self.spoken.at(name, means.get("outside", NOBODY), today, may_lack=may_lack)
        if checks := self.spoken.checks():
            from fused_spec.spec.policies.variable_checks import variable_problems  # with CEL

            problems += variable_problems(checks, language.known_values(), target_words(self.project, name))
        around = Around(
            project=self.project,
            cwd=means["cwd"],
            git=self.git,
            keeps=keeps,
            language=language,
            may_have_groups=any(b"matrix" in file.content for file in self.files),
            cache=means["cache"](self.project) if "cache" in means else None,
            is_local=name == LOCAL_TARGET,
            judge=self._judge(name, language.used),
        )
        return around, problems

    def _judge(self, name: str, used: set[str]) -> "Judge | None":
        if self._rules is None or not self._rules.policies:
            return None
        from fused_spec.spec.policies.judge import Judge

        words = target_words(self.project, name)
        return Judge(rules=self._rules, target=words, today=self._waived_on, used=used)

    @property
    def _waived_on(self) -> date:
        return self._means.get("waived_on") or datetime.now(UTC).date()

    def problems(self, seen: "SeenAt") -> list[Diagnostic]:
        """All that is wrong at one target."""
        problems = [*self.before, *seen.problems]
        problems += _without_specs(self._paths, seen.looked, [*problems, *seen.unread])
        problems += [*self._unreadable, *seen.unread]
        problems += in_cells([(one.declaration, one.problems) for one in seen.looked])
        if self._is_lacking:  # nobody knows what it declares
            problems = [one for one in problems if one.code not in _DECLARED]
        if crowded := _crowded(seen.spans):  # and some were never made, so that nobody knows who is named
            return [*problems, *crowded]
        with self._timings.phase(Phase.CHECK):
            places = self._places(seen)
            declarations = [one.declaration for one in seen.looked]
            texts = [(one.declaration, one.texts) for one in seen.looked if one.texts is not None]
            problems += check_relations(declarations, places, seen.absent, seen.lost.names)
            if any(one.outputs for one in declarations):
                from fused_spec.spec.relations.clashes import (
                    nested_outputs,  # as few specs need that are looked at alone
                )

                problems += nested_outputs(declarations, places)
            problems += text_addresses(texts, places)
        if seen.lost.anything:  # nobody knows what is declared there
            problems = [one for one in problems if one.code not in _SAID_ELSEWHERE]
        return problems

    def between(self, seen: Mapping[str, "SeenAt"]) -> list[Diagnostic]:
        """What clashes between targets.

        `local` counts where targets differ in anything: where they do not, it is for trying what others are for.
        """
        project = self.project
        names = list(seen) if len(seen) > 1 else list(dict.fromkeys((project.default_target, *project.targets)))
        reaches = {name: _reach(name, project) for name in names if len(seen) > 1 or name != LOCAL_TARGET}
        if len(set(reaches.values())) < 2:
            return []
        from fused_spec.spec.relations.clashes import shared_between_targets  # as few projects have several

        with self._timings.phase(Phase.CHECK):
            at = {name: seen.get(name) or next(iter(seen.values())) for name in reaches}
            declared = {name: [one.declaration for one in seen_at.looked] for name, seen_at in at.items()}
            return shared_between_targets(declared, reaches, {name: self._places(one) for name, one in at.items()})

    def _places(self, seen: "SeenAt") -> Places:
        inputs = Inputs()
        return Places(self.files, lambda file: seen.around.read(file, inputs)[0])

    def unused(self, seen: Collection["SeenAt"]) -> list[Diagnostic]:
        """What is declared and used nowhere, where all specs of the project were given and could be read."""
        if not self.is_whole or any(problem.is_error for one in seen for problem in one.unread):
            return []
        used = {name for one in seen for name in one.used}

        def known() -> list[str]:
            declarations = (looked.declaration for one in seen for looked in one.looked)
            return sorted({f"{one.kind}/{one.group or one.name}" for one in declarations})

        return [*self.spoken.unused(used, known), *(self._rules.unused(used) if self._rules is not None else ())]

    def in_order(self, problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Each once, in the order of the files; what many documents have from one place is wrong at that place.

        A value that nobody can read is wrong in no other way.
        """
        order = {file.name: index for index, file in enumerate(self.files)}
        once = {(one.code, one.location, one.message): one for one in reversed(list(problems))}
        unread = {one.location for one in once.values() if one.code in _UNREADABLE_VALUES}
        told = [one for one in once.values() if one.location not in unread or one.code in _UNREADABLE_VALUES]
        return tuple(sorted(told, key=lambda one: (_place(one, order), one.location)))


class SeenAt(NamedTuple):
    target: str
    around: Around
    problems: list[Diagnostic]
    unread: list[Diagnostic]
    looked: list[Looked]
    used: set[str]
    spans: tuple[Any, ...]
    absent: Mapping[tuple[str, str], Absent]
    lost: Lost


def _crowded(spans: Sequence[Any]) -> list[Diagnostic]:
    """What is told where all documents together have too many cells."""
    if len(spans) < 2:
        return []
    from fused_spec.spec.language.cells.spans import too_many  # with a matrix, which most projects do not have

    return list(too_many(spans))


def _reach(name: str, project: Project) -> tuple[str, str | None]:
    """The service behind a target, and the environment there."""
    target = project.targets.get(name)
    if target is None:
        return normal_url(HOSTED_URL) if name == HOSTED_TARGET else "", None
    return normal_url(target.base_url or ""), target.scope


def _with_content(file: SpecFile, instead: Mapping[Path, bytes]) -> SpecFile:
    content = instead.get(file.path) if file.path is not None else None
    return file if content is None else replace(file, content=content)


def _without_specs(paths: Sequence[str], looked: Sequence[Looked], told: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Where everything there is of others, the path is likely wrong."""
    passed_over = any(problem.code in (UNREAD, NO_SPEC) for problem in told)
    if not looked and passed_over and not any(problem.is_error for problem in told):
        names = ", ".join(map(printable, paths))
        hint = "name a folder that holds specs"
        yield Diagnostic(code="empty-folder", message=f"no spec in {names}", location=Location(path=names), hint=hint)


def offline(project: Project, locks: Locks) -> GitSources:
    """Git references by the lock file, read from the project's clones and cache."""
    repositories = Repositories(cache=git_cache(project), clones=project.clones, may_fetch=False)
    return GitSources(repositories=repositories, locks=locks)


def git_cache(project: Project) -> Path:
    """Where the project's fetched repositories are."""
    return project.state / "git"


def _place(problem: Diagnostic, order: dict[str, int]) -> int:
    """Problems stand in the order of their files; those of other files (Python sources) come after."""
    return order.get(problem.location.path, len(order))
