"""Whom an override is for: documents by kind and name, by labels, or cells by their elements."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from fused_spec.spec.language.cells.matrix import keys_fit
from fused_spec.spec.language.merging.layer import Layer


class Match(NamedTuple):
    """Whom an override is for."""

    kind_and_name: str | None = None
    matrix: Mapping[str, Any] = {}
    labels: Mapping[str, Any] = {}

    def __str__(self) -> str:
        said = [self.kind_and_name or "anything"]
        said += [f"{name} {value}" for words in (self.matrix, self.labels) for name, value in words.items()]
        return " with ".join((said[0], ", ".join(said[1:]))) if said[1:] else said[0]

    @property
    def is_glob(self) -> bool:
        return self.kind_and_name is None or any(sign in self.kind_and_name for sign in "*?[")

    def fits(self, kind: str, name: str, keys: Mapping[str, str], labels: Any) -> bool:
        """`name` is that of the document, which is the group's where there are cells."""
        if self.kind_and_name is not None and not fnmatchcase(f"{kind}/{name}", self.kind_and_name):
            return False
        if self.matrix and not keys_fit(keys, self.matrix):
            return False
        if not self.labels:
            return True
        return isinstance(labels, dict) and all(labels.get(one) == value for one, value in self.labels.items())


def match_of(override: Layer) -> Match | None:
    """What an override says of whom it is for; None when it cannot be understood."""
    match = override.tree.get("match") if isinstance(override.tree, dict) else None
    if isinstance(match, str):
        return Match(match)
    if not isinstance(match, dict) or not match or set(match) - {"job", "udf", "token", "matrix", "labels"}:
        return None
    named = [match[word] for word in ("job", "udf", "token") if word in match]
    if len(named) > 1 or not all(isinstance(one, str) for one in named):
        return None
    whom = named[0] if named else None
    matrix, labels = match.get("matrix", {}), match.get("labels", {})
    if not isinstance(matrix, dict) or not isinstance(labels, dict):
        return None
    kinds = {"job": "Job", "udf": "Udf", "token": "UdfAccessToken"}
    word = next((word for word in kinds if word in match), None)
    if whom is not None and word is not None and "/" not in whom:
        whom = f"{kinds[word]}/{whom}"
    return Match(whom, matrix, labels)
