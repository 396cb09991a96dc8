"""What a name in `${…}` stands for, at one target: with the place that said it, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fused_spec.configuration.declared_secrets import NO_SECRETS, Origin, Secrets
from fused_spec.messages.diagnostics import Diagnostic, guess, nearest
from fused_spec.messages.named_secrets import Named
from fused_spec.spec.documents.positions import Place
from fused_spec.spec.files.limits import MAX_FILLED
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.answers import VALUE, Answer, Found, Hole, is_heavier, within
from fused_spec.spec.language.names.interpolation import Filler, names_in
from fused_spec.spec.language.names.templates import Mistake, Reference
from fused_spec.spec.language.outside import Outside
from fused_spec.spec.language.project.declared import Declared, TargetWords
from fused_spec.spec.language.project.variable import TYPES, Given, Misfit, Variable, misfit, with_defaults

_TARGET_WORDS = ("name", "scope", "base_url")
_PROJECT_WORDS = ("name", "id")
GIT_WORDS = ("sha", "short", "branch", "tag", "dirty")


class Around(NamedTuple):
    """The words of the target and of the project that a spec may name."""

    target: Mapping[str, str | None]
    project: Mapping[str, str | None]


@dataclass(slots=True, kw_only=True)
class Values:
    """The values of one target.

    `given` are those of the variables from outside git, by name; None for one that does not fit. Where values
    `may_lack`, a variable without one is a hole, and so is a variable of the environment.
    """

    declared: Declared
    target: TargetWords
    around: Around
    outside: Outside
    given: Mapping[str, Given | None]
    may_lack: bool
    secrets: Secrets = NO_SECRETS
    told: list[Diagnostic] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    secrets_used: set[str] = field(default_factory=set)
    from_outside: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Answer] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)

    def problems(self) -> list[Diagnostic]:
        """What is wrong with the values, used or not; that one is missing is told where it is used."""
        for variable in self.declared.variables.values():
            if variable.name not in self._known and self._has_value(variable):
                self._asked.append(variable.name)
                self._known[variable.name] = self._evaluate(variable)
                self._asked.pop()
        told, self.told = self.told, []
        self.used.clear()
        return told

    def known(self) -> dict[str, tuple[Any, str]]:
        """The variables that have a value, each with who gave it."""
        found: dict[str, tuple[Any, str]] = {}
        for name, answer in self._known.items():
            if isinstance(answer, Found):
                given = self.given.get(name)
                place = answer.place[0] if answer.place is not None else None
                where = f"{getattr(place, 'path', '')}:{place.line + 1}" if place is not None else answer.said
                found[name] = answer.value, given.source if given is not None else where
        return found

    def all_used(self) -> set[str]:
        """The variables that specs name, and those that the values of these name."""
        found: set[str] = set()
        left = list(self.used)
        while left:
            name = left.pop()
            if name in found or name not in self.declared.variables:
                continue
            found.add(name)
            said = (self.target.variables.get(name), self.declared.variables[name].default)
            left += [
                str(reference.path[0])
                for layer in said
                if layer is not None
                for _, reference in names_in(layer.tree)
                if reference.namespace == "var"
            ]
        return found

    def from_outside_git(self) -> list[tuple[str, str]]:
        """What is used whose value stands in no file of the project, and what gave it."""
        used = self.all_used()
        given = [(f"var.{name}", one.source) for name, one in self.given.items() if one is not None and name in used]
        return [*given, *self.from_outside.items()]

    def _has_value(self, variable: Variable) -> bool:
        name = variable.name
        return name in self.given or name in self.target.variables or variable.default is not None

    def of(self, reference: Reference) -> Answer:
        """What a reference stands for, but for those of a cell."""
        match reference.namespace:
            case "var":
                return self._variable(reference)
            case "target":
                return _word(reference, self.around.target, _TARGET_WORDS)
            case "project":
                return _word(reference, self.around.project, _PROJECT_WORDS)
            case "env":
                return self._environment(reference)
            case "git":
                return self._git(reference)
            case "matrix":
                return Mistake(
                    "no-matrix",
                    f"${{{reference}}}: there is no matrix here",
                    "write matrix: beside spec, or name a variable",
                )
        return Mistake(
            "secret-not-allowed",
            f"${{{reference}}}: what stands here is shown, and may be used anywhere",
            "name the secret itself where it is needed: in the values of a job's env",
        )

    def secret(self, reference: Reference) -> Answer:
        """A secret by its name, where one may stand; its value is asked of nobody."""
        name = str(reference.path[0])
        known = self.secrets.by_name.get(name)
        if known is None:
            meant = nearest(name, self.secrets.by_name)
            hint = f"declare it in fused-spec.yaml: secrets: {{{name}: {{from: {{env: {name}}}}}}}"
            if meant:
                hint = f"{guess(name, meant)} ({self.secrets.by_name[meant].where})"
            return Mistake("unknown-secret", f'no secret is declared as "{name}"', hint)
        if len(reference.path) > 1:
            return Mistake("no-such-name", f"${{{reference}}}: a secret has no parts", f"write ${{secret.{name}}}")
        self.secrets_used.add(name)
        if known.source.origin is Origin.FUSED:
            return Mistake(
                "secret-at-fused",
                f"${{{reference}}}: Fused keeps this secret itself, and nobody here knows its value ({known.where})",
                f"read it in the UDF, as {known.source}",
            )
        return Named(name)

    def _variable(self, reference: Reference) -> Answer:
        name = str(reference.path[0])
        if name not in self.declared.variables:
            meant = nearest(name, self.declared.variables)
            hint = guess(name, meant) if meant else "declare it under variables in fused-spec.yaml"
            if meant:
                hint = f"{hint} ({self.declared.variables[meant].where()})"
            return Mistake("unknown-variable", f'no variable is called "{name}"', hint)
        self.used.add(name)
        if name not in self._known:
            if name in self._asked:
                return self._loop(name)
            self._asked.append(name)
            try:
                self._known[name] = self._evaluate(self.declared.variables[name])
            finally:
                self._asked.pop()
        return within(self._known[name], reference)

    def _loop(self, name: str) -> Mistake:
        loop = [*self._asked[self._asked.index(name) :], name]
        said = " → ".join(f"{one} ({self.declared.variables[one].where()})" for one in loop)
        return Mistake("variable-loop", f"these variables need each other: {said}", "give one of them a plain value")

    def _evaluate(self, variable: Variable) -> Answer:
        given = self.given.get(variable.name)
        if given is None and variable.name in self.given:
            return _hole(variable)
        if given is not None:
            layer = Layer(given.value, given.place, given.source)
        else:
            chosen = self.target.variables.get(variable.name, variable.default)
            if chosen is None:
                return self._lacking(variable)
            layer = chosen
        told = Told(variable.origin)
        # What a flag gives is used as it is.
        value, is_hole = (layer.tree, False) if given is not None else self._filled(layer.tree, layer.place, told)
        if told.problems:
            self.told += told.problems
            return _hole(variable)
        if is_hole:
            return _hole(variable)
        if (wrong := misfit(value, variable.declared, f"var.{variable.name}")) is not None:
            self._tell_misfit(variable, layer, wrong)
            return _hole(variable)
        value = with_defaults(value, variable.declared)
        where = given.source if given is not None else str(Told(variable.origin).where(layer.place))
        return Found(value, layer.place, f"var.{variable.name} ({where})", is_volatile=variable.is_volatile)

    def _tell_misfit(self, variable: Variable, layer: Layer, wrong: Misfit) -> None:
        inside = layer.at(wrong.pointer) or layer
        told = Told(variable.origin)
        by = f" (from {layer.name})" if not layer.name.startswith("variables.") else ""
        told.tell(
            wrong.code,
            f"{wrong.message}{by}",
            inside.place,
            f"it is declared at {variable.where()}",
            ("variables", variable.name),
        )
        self.told += told.problems

    def _lacking(self, variable: Variable) -> Answer:
        if self.may_lack and not self.target.is_sealed:
            return _hole(variable)
        more = "" if self.target.is_sealed else f", or --var {variable.name}=…"
        return Mistake(
            "variable-without-value",
            f"var.{variable.name} has no value in target {self.target.name}",
            f"add it to targets.{self.target.name}.variables{more}",
        )

    def _filled(self, tree: Any, place: Place, told: Told) -> tuple[Any, bool]:
        """A value of a variable with the names in it replaced, and whether a hole is among them."""
        filler = Filler(self.of, told)
        value, _ = filler.fill(tree, place)
        if value is not tree and is_heavier(value, MAX_FILLED):
            most = f"{MAX_FILLED:,} characters or {MAX_FILLED // VALUE:,} values"
            message = f"with its names filled in, this is more than {most}"
            told.tell("too-large", message, place, "name less in it")
        return value, bool(filler.holes)

    def _environment(self, reference: Reference) -> Answer:
        name = str(reference.path[0])
        if self.target.is_sealed:
            return Mistake(
                "sealed-target",
                f"${{{reference}}}: {self.target.name} is sealed, and only what is in git counts there",
                f"give it in targets.{self.target.name}.variables",
            )
        value = self.outside.environment.get(name)
        if value is not None and len(reference.path) == 1:
            self.from_outside[str(reference)] = "the environment"
            return Found(value, None, f"env.{name}")
        if self.may_lack:
            return Hole(str(reference), "")
        return Mistake("environment-without-value", f"{name} is not set in the environment", f"set {name}")

    def _git(self, reference: Reference) -> Answer:
        word = str(reference.path[0])
        if word not in GIT_WORDS or len(reference.path) > 1:
            meant = nearest(word, GIT_WORDS)
            return Mistake(
                "no-such-name",
                f'git has no "{word}"',
                guess(word, meant) if meant else f"there are {', '.join(GIT_WORDS)}",
            )
        value = self.outside.git(word)
        if value is not None:
            return Found(value, None, f"git.{word}", is_volatile=True)
        if self.may_lack:
            return Hole(str(reference), "")
        return Mistake(
            "no-git", f"${{{reference}}}: the project is in no git repository", "commit it, or name a variable"
        )


def _hole(variable: Variable) -> Hole:
    return Hole(f"var.{variable.name}", TYPES[variable.type][1])


def _word(reference: Reference, words: Mapping[str, str | None], known: tuple[str, ...]) -> Answer:
    name = str(reference.path[0])
    value = words.get(name)
    if value is None or len(reference.path) > 1:
        meant = nearest(name, known)
        if meant == name:
            return Mistake("no-such-name", f"{reference.namespace}.{name} has no value here", "name a variable")
        hint = guess(name, meant) if meant else f"there are {', '.join(known)}"
        return Mistake("no-such-name", f'{reference.namespace} has no "{name}"', hint)
    return Found(value, None, f"{reference.namespace}.{name}")
