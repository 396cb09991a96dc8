"""Where the fields of the spec language belong: for a right field at the wrong level."""

from collections.abc import Iterator, Mapping
from typing import Any


def homes(schema: Mapping[str, Any]) -> dict[str, list[str]]:
    """For each field name of a schema (its references followed), the mappings that have such a field.

    A mapping is named by its path, and where that depends on a sibling by its value too:
    `spec.config.steps (type: udf)`. The document itself is the empty text.
    """
    found: dict[str, list[str]] = {}
    for name, home in _fields(schema, ""):
        known = found.setdefault(name, [])
        if home not in known:
            known.append(home)
    return found


def _fields(schema: Any, home: str) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, dict):
        return
    # What is within one of several ways to say something, or where text may stand, means nothing elsewhere.
    ways = {name for way in schema.get("oneOf", ()) for name in way.get("required", ())}
    may_be_text = "string" in schema.get("type", ())
    for name, value in ({} if may_be_text else schema.get("properties", {})).items():
        yield name, home
        if name not in ways and name != "adopts":  # which a command writes, and a person's fields do not belong into
            yield from _fields(value, f"{home.partition(' ')[0]}.{name}".lstrip("."))
    yield from _fields(schema.get("items"), home)
    for branch in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _fields(branch, home)
    if "then" in schema:
        conditions = schema["if"]["properties"].items()
        when = ", ".join(f"{name}: {value['const']}" for name, value in conditions)
        yield from _fields(schema["then"], f"{home} ({when})")
