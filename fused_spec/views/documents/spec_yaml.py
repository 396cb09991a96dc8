"""A spec as a person would write it: fields in their order, short lists on a line, doubtful texts in quotes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from fused_spec.views.documents.runners import harmless

_PLAIN = re.compile(r"[A-Za-z_/$.][^\t]*")
_SHORT = 60


class _Dumper(yaml.SafeDumper):
    """Writes plain values only, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    # What begins otherwise may be a number, a date or a time to one reader or another.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _PLAIN.fullmatch(text) else '"')


def _list(dumper: _Dumper, items: Sequence[Any]) -> yaml.SequenceNode:
    on_a_line = all(isinstance(item, str | int | float | None) and len(str(item)) < _SHORT for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=on_a_line)


def _mapping(dumper: _Dumper, fields: Mapping[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", fields.items(), flow_style=not fields)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)


def spec_text(document: Mapping[str, Any], notes: Sequence[str] = ()) -> str:
    """The text of one file with one document; `notes` stand above it as comments."""
    text = yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    above = [f"# {line}" for note in notes for line in harmless(note).splitlines()]
    return "\n".join([*above, text])
