"""Replace every `${…}` in a layer by what it stands for, each value keeping the place that it is said at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fused_spec.messages.named_secrets import Named, Veiled
from fused_spec.messages.named_secrets import Part as Piece
from fused_spec.spec.documents.positions import Place, Pointer, Spot, throughout
from fused_spec.spec.files.limits import MAX_FILLED
from fused_spec.spec.language.merging.layer import Told
from fused_spec.spec.language.names.answers import Answer, Found, Hole, text_of
from fused_spec.spec.language.names.templates import MARK, Mistake, Part, Reference, is_whole, parts_of

Ask = Callable[[Reference], Answer]
_NOUNS = {list: "a list", dict: "a mapping", type(None): "null"}


@dataclass(slots=True)
class Filler:
    """Fills values in; what is wrong is told, and leaves a hole, as does what nobody has given yet.

    `is_text` says of a field whether it takes nothing but text: there a number becomes text. `is_allowed` says why a
    name may not stand in a field, if it may not.
    """

    ask: Ask
    told: Told
    is_text: Callable[[Pointer], bool] = lambda _: False
    is_off: Callable[[Pointer], bool] = lambda _: False
    refused: Callable[[Reference, Pointer], Mistake | None] = lambda _, __: None
    holes: set[Pointer] = field(default_factory=set)
    volatile: dict[Pointer, str] = field(default_factory=dict)

    def fill(self, tree: Any, place: Place, pointer: Pointer = ()) -> tuple[Any, Place]:
        """The value with every name in it replaced; where there is none it is the value itself."""
        if isinstance(tree, str):
            return self._text(tree, place, pointer) if MARK in tree and not self.is_off(pointer) else (tree, place)
        if isinstance(tree, dict):
            return self._mapping(tree, place, pointer)
        return self._list(tree, place, pointer) if isinstance(tree, list) else (tree, place)

    def _mapping(self, tree: dict[str, Any], place: Place, pointer: Pointer) -> tuple[Any, Place]:
        changed: dict[str, Any] = {}
        places: dict[str, Any] = {}
        inside = place[1]
        for name, value in tree.items():
            if not isinstance(value, str | dict | list) or (isinstance(value, str) and MARK not in value):
                continue
            at = inside[name] if isinstance(inside, dict) else (place[0], place)
            new, where = self.fill(value, at[1], (*pointer, name))
            if new is not value:
                changed[name], places[name] = new, (at[0], where)
        if not changed:
            return tree, place
        return {**tree, **changed}, (place[0], {**inside, **places} if isinstance(inside, dict) else inside)

    def _list(self, tree: list[Any], place: Place, pointer: Pointer) -> tuple[Any, Place]:
        new, places = None, None
        inside = place[1]
        for index, value in enumerate(tree):
            if not isinstance(value, str | dict | list) or (isinstance(value, str) and MARK not in value):
                continue
            at = inside[index] if isinstance(inside, list) else place
            filled, where = self.fill(value, at, (*pointer, index))
            if filled is not value:
                new, places = new or list(tree), places or (list(inside) if isinstance(inside, list) else None)
                new[index] = filled
                if places is not None:
                    places[index] = where
        return (tree, place) if new is None else (new, (place[0], places))

    def _text(self, text: str, place: Place, pointer: Pointer) -> tuple[Any, Place]:
        parts = parts_of(text)
        if is_whole(parts):
            return self._whole(parts[0], place, pointer)
        said: list[Piece] = []
        vias: list[str] = []
        is_hole = False
        for part in parts:
            if isinstance(part, str):
                said.append(part)
                continue
            answer = self._answer(part, place, pointer)
            if isinstance(answer, Named):
                said.append(answer)
                vias.append(f"secret.{answer.name}")
                continue
            if not isinstance(answer, Found):
                is_hole = True
                continue
            spelt = text_of(answer)
            if spelt is None:
                noun = _NOUNS.get(type(answer.value), "no text")
                self.told.tell(
                    "not-text",
                    f"${{{part}}} is {noun} and cannot stand inside text",
                    place,
                    "let it stand alone, or name a part of it",
                    pointer,
                )
                is_hole = True
                continue
            said.append(spelt)
            vias.append(answer.said)
        if is_hole:
            self.holes.add(pointer)
        where = self._via(place, ", ".join(dict.fromkeys(vias))), None
        if any(isinstance(piece, Named) for piece in said):
            return Veiled(said), where
        if (length := sum(map(len, map(str, said)))) > MAX_FILLED:
            message = (
                f"with its names filled in, this is a text of {length:,} characters, and {MAX_FILLED:,} are the most"
            )
            self.told.tell("too-large", message, place, "name less in it", pointer)
            self.holes.add(pointer)
            return "", place
        return "".join(map(str, said)), where

    def _whole(self, reference: Part, place: Place, pointer: Pointer) -> tuple[Any, Place]:
        answer = self._answer(reference, place, pointer)
        if isinstance(answer, Hole):
            self.holes.add(pointer)
            value = answer.stand_in
            if isinstance(value, int) and self.is_text(pointer):
                value = ""  # as a number becomes text
            return value, throughout((self._via(place, answer.name), None), value)
        if isinstance(answer, Named):
            return Veiled([answer]), (self._via(place, f"secret.{answer.name}"), None)
        if not isinstance(answer, Found):
            self.holes.add(pointer)
            return "", place
        value = answer.value
        if isinstance(value, dict | list):
            return value, (self._via(place, answer.said), throughout(answer.place or place, value)[1])
        if not isinstance(value, str) and value is not None and self.is_text(pointer):
            value = text_of(answer)
        return value, (self._via(place, answer.said), None)

    def _answer(self, part: Part, place: Place, pointer: Pointer) -> Answer:
        refusal = self.refused(part, pointer) if isinstance(part, Reference) else None
        answer: Answer = refusal or (self.ask(part) if isinstance(part, Reference) else part)  # type: ignore[assignment]
        if isinstance(answer, Mistake):
            self.told.tell(answer.code, answer.message, place, answer.hint, pointer)
        elif isinstance(answer, Found) and answer.is_volatile:
            self.volatile[pointer] = str(part)
        return answer

    def _via(self, place: Place, via: str) -> Spot:
        where = self.told.where(place)
        return Spot(where.path, where.line - 1, where.column - 1, via or None)


def names_in(tree: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Reference]]:
    """Every name in a value, with the place where it stands."""
    if isinstance(tree, str):
        for part in parts_of(tree) if MARK in tree else ():
            if isinstance(part, Reference):
                yield pointer, part
    elif isinstance(tree, dict | list):
        for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            if isinstance(value, str | dict | list):
                yield from names_in(value, (*pointer, step))
