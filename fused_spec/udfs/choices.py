"""Which of the values that a parameter allows a value means, as it comes in JSON, in YAML or in a URL."""

from collections.abc import Iterable, Sequence
from typing import Any

_MOST_SHOWN = 20


def meant(value: Any, options: Sequence[Any]) -> Any:
    """The option that a value means; raises `LookupError` when it means none.

    That is the one it equals; a text also means what is written so, and a whole number the text of its digits.
    """
    for option in options:
        if isinstance(value, bool) == isinstance(option, bool) and value == option:
            return option
    for option in options:
        if isinstance(value, str) and not isinstance(option, str) and value in _written(option):
            return option
        if isinstance(option, str) and type(value) is int and str(value) == option:
            return option
    raise LookupError(value)


def shown(options: Iterable[Any]) -> str:
    """The options in words: `"x", "y" or 3`."""
    spelt = [f'"{option}"' if isinstance(option, str) else sorted(_written(option))[-1] for option in options]
    if len(spelt) > _MOST_SHOWN:
        spelt = [*spelt[:_MOST_SHOWN], f"{len(spelt) - _MOST_SHOWN} others"]
    *most, last = spelt or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last


def _written(option: Any) -> set[str]:
    """How an option is written that is no text: as JSON and Python do."""
    if option is None:
        return {"None", "null"}
    if isinstance(option, bool):
        return {str(option), str(option).lower()}
    return {str(option)}
