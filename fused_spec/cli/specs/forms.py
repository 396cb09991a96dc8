"""Files of specs in one form, and the proof that they say what they said: nothing is changed without it."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Unpack

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.mending import settled, sure_edits
from fused_spec.spec.checking.schema import FRAGMENT, PROJECT, SPEC_KINDS
from fused_spec.spec.documents.characters import read_text
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.forms.braces import with_quotes
from fused_spec.spec.documents.forms.edits import Edit, edited
from fused_spec.spec.documents.forms.structure import Unusual, structure_of
from fused_spec.spec.documents.forms.text import formatted
from fused_spec.spec.files.discovery import SpecFile, find_project_file
from fused_spec.spec.files.roots import PROJECT_FILE
from fused_spec.spec.sight import Means, Sight

_PLACE = re.compile(r":\d+(?::\d+)?|\blines? \d+(?:(?:, | and )\d+)*")

_PASSES = 10


class Form(NamedTuple):
    """A file as it is, and as it is to be."""

    file: SpecFile
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.file.content != self.after.encode()


class Forms(NamedTuple):
    """All files, what cannot be read, and the first difference that the changes would have made, if one."""

    forms: list[Form]
    problems: list[Diagnostic]
    difference: str | None


class _Standing(NamedTuple):
    """What specs are at all targets: digests, and problems without their lines."""

    digests: Mapping[tuple[str, str], str]
    problems: Counter[tuple[str, ...]]


def forms(paths: Sequence[str], *, fix: bool, **means: Unpack[Means]) -> Forms:
    """The forms of the files at `paths`; with `fix`, what has one remedy alone is mended as well.

    The project file is one of them where it is named, or a folder that holds it.
    """
    specs, project = _apart(paths, means["cwd"])
    sight = Sight(specs, means) if specs else None
    files = [*(sight.files if sight is not None else ()), *_project_files(project, means["cwd"])]
    problems: list[Diagnostic] = [one for one in sight.before if one.is_error] if sight is not None else []
    mended: list[Form] = []
    for file in files:
        text, wrong = read_text(file.content, file.name)
        if text is None:
            problems += [one for one in wrong if one.is_error]
            continue
        before = text.replace("\r\n", "\n")
        after = _mended(file, with_quotes(before, file.name)) if fix else before
        wrong = [one for one in _read(file, after)[1] if one.is_error]
        problems += wrong
        if not wrong and _read(file, after)[0]:
            mended.append(Form(file, before, after))
    found = [form._replace(after=_formed(form)) for form in mended]
    difference = _difference(specs, mended, found, means) if any(form.is_changed for form in found) else None
    return Forms(found, problems, difference)


def _apart(paths: Sequence[str], cwd: Path) -> tuple[list[str], list[Path]]:
    """Paths of specs, and project files that are named or lie in a folder that is."""
    named = [path for path in paths if Path(path).name == PROJECT_FILE]
    around = [cwd / path / PROJECT_FILE for path in paths if (cwd / path / PROJECT_FILE).is_file()]
    return [path for path in paths if path not in named], [*(cwd / path for path in named), *around]


def _project_files(paths: Sequence[Path], cwd: Path) -> Iterator[SpecFile]:
    for path in dict.fromkeys(Path(os.path.normpath(path)) for path in paths):
        shown = path.relative_to(cwd) if path.is_relative_to(cwd) else path
        file, _ = find_project_file(path, shown)
        if file is not None:
            yield file


def _read(file: SpecFile, text: str) -> tuple[list[Document], list[Diagnostic]]:
    from msgspec.structs import replace

    return read_documents(replace(file, content=text.encode()))


def _kind(document: Document) -> str | None:
    if document.file.path is not None and document.file.path.name == PROJECT_FILE:
        return PROJECT
    return document.kind if document.kind in (*SPEC_KINDS, FRAGMENT) else None


def _mended(file: SpecFile, text: str) -> str:
    """What one change brings to light, such as the value of a field that was not known, is mended as well."""
    for _ in range(_PASSES):
        changes = _changes(file, text)
        if not changes:
            break
        text = edited(text, changes)
    return text


def _changes(file: SpecFile, text: str) -> list[Edit]:
    documents, problems = _read(file, text)
    if any(one.is_error for one in problems):
        return []
    try:
        scalars = structure_of(text).scalars
    except Unusual:
        return []
    kinds = ((document, _kind(document)) for document in documents)
    return [edit for one, kind in kinds if kind for edit in sure_edits(one, kind, text, scalars)]


def _formed(form: Form) -> str:
    """The form of one text, unless it would be read differently."""
    documents, _ = _read(form.file, form.after)
    after = formatted(form.after, [place for one in documents for place in settled(one, _kind(one))])
    if _trees(documents) != _trees(_read(form.file, after)[0]):
        after = formatted(form.after)
    return after if _trees(documents) == _trees(_read(form.file, after)[0]) else form.after


def _trees(documents: Sequence[Document]) -> list[str]:
    # `repr` tells 1 from 1.0 and from true, and keeps no order of fields.
    return [repr(_sorted(one.tree)) for one in documents]


def _sorted(tree: object) -> object:
    if isinstance(tree, dict):
        return sorted((name, _sorted(value)) for name, value in tree.items())
    return [_sorted(value) for value in tree] if isinstance(tree, list) else tree


def _difference(specs: Sequence[str], mended: Sequence[Form], found: Sequence[Form], means: Means) -> str | None:
    """What would be different, in words; None where all is as it was, but for what was mended."""
    if not specs:
        return None
    before = _standing(specs, means, {form.file.path: form.before for form in mended})
    fixed = _standing(specs, means, {form.file.path: form.after for form in mended})
    after = _standing(specs, means, {form.file.path: form.after for form in found})
    for (target, key), digest in before.digests.items():
        if fixed.digests.get((target, key)) != digest or after.digests.get((target, key)) != digest:
            return f"{key} would be another at {target}"
    if fixed.digests != after.digests:
        return "other specs would be declared"
    new = after.problems - fixed.problems or fixed.problems - after.problems
    return f"other problems would be told: {next(iter(new))[1]}" if new else None


def _standing(specs: Sequence[str], means: Means, texts: Mapping[Path | None, str]) -> _Standing:
    instead = {path: text.encode() for path, text in texts.items() if path is not None}
    sight = Sight(specs, {**means, "instead": instead})
    digests: dict[tuple[str, str], str] = {}
    problems: Counter[tuple[str, ...]] = Counter()
    for target in sight.spoken.targets():
        seen = sight.at(target, keeps=True, may_lack=True)
        told = sight.in_order(sight.problems(seen))
        problems.update((one.location.path, _PLACE.sub("", one.message), one.code, one.pointer) for one in told)
        desired = (one.desired for one in seen.looked if one.desired is not None)
        digests |= {(target, str(one.key)): one.digest for one in desired}
    return _Standing(digests, problems)
