"""A document as YAML for people: keys in their order, text of several lines as a block."""

import math
from collections.abc import Mapping
from typing import Any

import yaml

from fused_spec.views.documents.runners import harmless, harmless_json


class _Dumper(yaml.SafeDumper):
    """Writes plain values only, and never an alias: repeated values are easier to read twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _HarmlessDumper(_Dumper):
    """Writes text that would steer whoever reads a log on one line, between quotes, where it can be escaped."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|" if "\n" in text else None)


def _harmless_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if harmless(text) == text:
        return _text(dumper, text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')


for _dumper, _represent in ((_Dumper, _text), (_HarmlessDumper, _harmless_text)):
    _dumper.add_representer(str, _represent)
    _dumper.add_multi_representer(str, _represent)  # words of an enumeration


def as_yaml(document: Mapping[str, Any]) -> str:
    """The document, which must consist of plain JSON values; no line of it steers a CI runner."""
    text = _dumped(document, _Dumper, width=100)
    if harmless(text) == text:
        return text
    return harmless_json(_dumped(document, _HarmlessDumper, width=math.inf))


def _dumped(document: Mapping[str, Any], dumper: type[_Dumper], *, width: float) -> str:
    shown: str = yaml.dump(dict(document), Dumper=dumper, sort_keys=False, allow_unicode=True, width=width)
    return shown.rstrip("\n")
