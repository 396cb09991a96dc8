"""`${…}` within a text: its parts, each a piece of text or a name of something declared.

There are no functions, operators, defaults or nesting, so nothing has to be evaluated in rounds. `$${` is `${` itself;
every other `$` stands for itself.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from fused_spec.messages.diagnostics import nearest

NAMESPACES = ("var", "matrix", "target", "project", "env", "git", "secret")
MARK = "${"

_OPENED = re.compile(r"\$?\$\{")
_PATH = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,9}\])*)")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]+)\]")
_SHELL_DEFAULT = re.compile(r"[\w.\[\]]+(?::[-?+=]|[?=]|\s*\?\?)")
_OTHER_CODE = re.compile(r"[()+*/!|\"'<>]|\s[-?:]\s")


class Reference(NamedTuple):
    """A name in `${…}`: `${var.machines[0].disk}` is `("var", ("machines", 0, "disk"))`."""

    namespace: str
    path: tuple[str | int, ...]

    def __str__(self) -> str:
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f"{self.namespace}{steps}"


class Mistake(NamedTuple):
    """What is wrong with a `${…}`."""

    code: str
    message: str
    hint: str


Part = str | Reference | Mistake


@lru_cache(maxsize=4096)
def parts_of(text: str) -> tuple[Part, ...]:
    """The parts of a text, in their order; a text without `${` is one part."""
    return tuple(_parts(text))


def is_whole(parts: tuple[Part, ...]) -> bool:
    """Whether a reference stands alone, and so keeps the type of what it names."""
    return len(parts) == 1 and isinstance(parts[0], Reference)


def references_in(text: str) -> Iterator[Reference]:
    return (part for part in parts_of(text) if isinstance(part, Reference))


def _parts(text: str) -> Iterator[Part]:
    plain, at = "", 0
    for opened in _OPENED.finditer(text):
        if opened.start() < at:
            continue  # within what is read already
        plain += text[at : opened.start()]
        at = opened.end()
        if opened[0].startswith("$$"):
            plain += MARK
            continue
        end = text.find("}", at)
        if plain:
            yield plain
            plain = ""
        if end < 0:
            yield Mistake("open-interpolation", "a ${ without its }", "close it, or write $${ for the two characters")
            return
        yield _named(text[at:end])
        at = end + 1
    if plain + text[at:]:
        yield plain + text[at:]


def _named(inside: str) -> Reference | Mistake:
    path = _PATH.fullmatch(inside.strip())
    if path is not None and path[1] in NAMESPACES:
        steps = tuple(int(index) if index else name for name, index in _STEP.findall(path[2]))
        if steps or path[1] == "matrix":
            return Reference(path[1], steps)
        return Mistake(
            "no-such-name", f"${{{path[1]}}} names nothing in {path[1]}", f"write a name, as in ${{{path[1]}.name}}"
        )
    return _mistaken(inside.strip())


def _mistaken(inside: str) -> Mistake:
    if _SHELL_DEFAULT.match(inside):
        name = re.match(r"(?:var\.)?([\w.]+)", inside)
        hint = f"write default: … at variables.{name[1]}" if name else "give the variable a default"
        return Mistake("interpolation-default", f"${{{inside}}}: ${{…}} has no defaults", hint)
    if _OTHER_CODE.search(inside):
        return Mistake(
            "interpolation-code",
            f"${{{inside}}}: nothing is computed in ${{…}}",
            "name one value, as in ${var.name}; compute it in the UDF, or write a variable for it",
        )
    first = re.split(r"[.\[]", inside)[0]
    meant = nearest(first, NAMESPACES) if first != inside else None
    hint = f"did you mean ${{{meant}{inside[len(first) :]}}}?" if meant else _otherwise(inside)
    return Mistake("no-such-name", f'"{inside}" is no name here', hint)


def _otherwise(inside: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", inside):
        return f"${{env.{inside}}} is the environment variable, ${{var.{inside}}} a variable, $${{{inside}}} the text"
    return f"names begin with {', '.join(NAMESPACES[:-1])} or {NAMESPACES[-1]}; $${{{inside}}} is the text itself"
