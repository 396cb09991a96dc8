"""The values of variables that come from outside git: flags, files of values, the environment."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity, guess, nearest
from fused_spec.messages.redaction import is_sensitive_name
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.positions import Place, Spot, spotted
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.files.discovery import SpecFile, printable
from fused_spec.spec.files.limits import MAX_FILE_BYTES
from fused_spec.spec.files.named_files import Trouble, read_bytes
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.outside import VARIABLE_PREFIX, Outside
from fused_spec.spec.language.project.declared import Declared, TargetWords
from fused_spec.spec.language.project.variable import Given, Variable, from_text, misfit, with_defaults

FLAG = "--var"


def given_from(
    outside: Outside, declared: Declared, target: TargetWords
) -> tuple[dict[str, Given | None], list[Diagnostic]]:
    """The values given, by name, from the environment, then files, then flags; the later wins.

    None stands for one that does not fit, which is told.
    """
    problems: list[Diagnostic] = []
    found: dict[str, Given | None] = {}
    for variable, text in _in_environment(outside.environment, declared, target, problems):
        _read(variable, text, f"{VARIABLE_PREFIX}{variable.name}", found, problems)
    if target.is_sealed and not outside.says_nothing:
        problems.append(_sealed(target))
        return found, problems
    for path in outside.files:
        _read_file(path, declared, found, problems)
    for said in outside.variables:
        name, sign, text = said.partition("=")
        known = declared.variables.get(name)
        if not sign:
            hint = f"write {FLAG} {name}=VALUE"
            problems.append(_problem("bad-flag", f"{FLAG} {printable(said)} gives no value", FLAG, hint))
        elif known is None:
            problems.append(_unknown(name, FLAG, declared))
        else:
            _read(known, text, FLAG, found, problems)
    return found, problems


def undeclared_at_targets(declared: Declared) -> Iterator[Diagnostic]:
    """Values that targets give to what is no variable."""
    for target in declared.targets.values():
        for name in target.variables:
            if name not in declared.variables:
                pointer = ("targets", target.name, "variables", name)
                yield _unknown(name, "", declared, place=declared.files[-1].positions.key(pointer))


def _in_environment(
    environment: Mapping[str, str], declared: Declared, target: TargetWords, problems: list[Diagnostic]
) -> Iterator[tuple[Variable, str]]:
    for name, text in environment.items():
        if not name.startswith(VARIABLE_PREFIX):
            continue
        known = declared.variables.get(name.removeprefix(VARIABLE_PREFIX))
        if known is None:
            problems.append(_unknown(name.removeprefix(VARIABLE_PREFIX), name, declared, Severity.WARNING))
        elif target.is_sealed:
            problems.append(_sealed(target, name))
        else:
            yield known, text


def _read(
    variable: Variable, text: str, source: str, found: dict[str, Given | None], problems: list[Diagnostic]
) -> None:
    shown = spelt(text, (variable.name,)) if not is_sensitive_name(variable.name) else "a value"
    try:
        value = from_text(text, variable)
    except ValueError as error:
        message = f"var.{variable.name} is {error}, and {source} gives {shown}"
        problems.append(_problem("variable-misfit", message, source, f"it is declared at {variable.where()}"))
        found[variable.name] = None
        return
    _keep(variable, Layer(value, _at(source), source), found, problems)


def _keep(variable: Variable, layer: Layer, found: dict[str, Given | None], problems: list[Diagnostic]) -> None:
    wrong = misfit(layer.tree, variable.declared, f"var.{variable.name}")
    if wrong is None:
        found[variable.name] = Given(with_defaults(layer.tree, variable.declared), layer.place, layer.name)
        return
    found[variable.name] = None
    told = Told(variable.origin)
    inside = layer.at(wrong.pointer) or layer
    told.tell(wrong.code, f"{wrong.message} (from {layer.name})", inside.place, f"it is declared at {variable.where()}")
    problems += told.problems


def _read_file(path: Path, declared: Declared, found: dict[str, Given | None], problems: list[Diagnostic]) -> None:
    name = printable(path)
    content = read_bytes(path, name, limit=MAX_FILE_BYTES)
    if isinstance(content, Trouble):
        problems.append(_problem(content.code, content.message, name, content.hint))
        return
    documents, wrong = read_documents(SpecFile(name=name, path=path, content=content, named=True))
    problems += wrong
    tree: Any = documents[0].tree if len(documents) == 1 else None
    if wrong or not documents:
        return
    if not isinstance(tree, dict):
        problems.append(_problem("bad-values", f"{name} holds no values", name, "write name: value on each line"))
        return
    document = documents[0]
    whole = Layer(tree, spotted(document.positions.root, name), name)
    for key in tree:
        variable, layer = declared.variables.get(key), whole.at((key,))
        if variable is None:
            problems.append(_unknown(key, name, declared, place=document.positions.key((key,))))
        elif layer is not None:
            _keep(variable, layer, found, problems)


def _unknown(
    name: str,
    source: str,
    declared: Declared,
    severity: Severity = Severity.ERROR,
    place: Location | None = None,
) -> Diagnostic:
    meant = nearest(name, declared.variables)
    known = ", ".join(declared.variables)
    hint = guess(name, meant) if meant else f"declared are {known}" if known else "none is declared in fused-spec.yaml"
    message = f'no variable is called "{name}"'
    location = place or Location(path=source)
    return Diagnostic(code="undeclared-value", message=message, location=location, hint=hint, severity=severity)


def _sealed(target: TargetWords, source: str = FLAG) -> Diagnostic:
    message = f"{target.name} is sealed: only what is in git counts, and {source} gives a value"
    return _problem(
        "sealed-target", message, source, f"give it in targets.{target.name}.variables, and leave {source} out"
    )


def _problem(code: str, message: str, source: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, location=Location(path=source), hint=hint)


def _at(source: str) -> Place:
    return Spot(source, 0, 0), None
