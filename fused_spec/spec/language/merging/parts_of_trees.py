"""Layers in which one part is another, and what is still said of a tree that changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.scalars import Doubt
from fused_spec.spec.language.merging.layer import Layer


def with_steps(whole: Layer, steps: Sequence[Layer]) -> Layer:
    """The layer with these steps in place of its own."""
    tree, place = whole.tree, whole.place
    spec, config = tree["spec"], tree["spec"]["config"]
    (mark, inside) = place
    spec_key, (spec_mark, in_spec) = inside["spec"]
    config_key, (config_mark, in_config) = in_spec["config"]
    steps_key, (steps_mark, _) = in_config["steps"]
    in_config = {**in_config, "steps": (steps_key, (steps_mark, [step.place for step in steps]))}
    in_spec = {**in_spec, "config": (config_key, (config_mark, in_config))}
    new = {**tree, "spec": {**spec, "config": {**config, "steps": [step.tree for step in steps]}}}
    return Layer(new, (mark, {**inside, "spec": (spec_key, (spec_mark, in_spec))}), whole.name)


def standing(doubts: Mapping[Pointer, Doubt], tree: Any) -> Mapping[Pointer, Doubt]:
    """The doubts about values that are still there."""
    return {pointer: doubt for pointer, doubt in doubts.items() if value_at(tree, pointer) == doubt.text}


def value_at(tree: Any, pointer: Pointer) -> Any:
    """What stands there; None where nothing does."""
    for step in pointer:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree
