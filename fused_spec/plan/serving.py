"""Who is served by what a plan writes over: saved UDFs that name an address, and the tokens that call them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, PastRun, Plan, Run
from fused_spec.spec.model import Desired, DesiredToken, DesiredUdf
from fused_spec.spec.relations.addresses import addresses_written

_WRITES = (Action.START, Action.REPLACE, Action.QUEUE)
_SHOWN = 5


def with_served(plan: Plan, desired: Sequence[Desired]) -> Plan:
    """The plan, where each job that is about to write says whom its addresses serve."""
    served = _texts_by_name(desired)
    if not served:
        return plan
    return replace(plan, changes=tuple(_noted(change, served) for change in plan.changes))


def _texts_by_name(desired: Sequence[Desired]) -> dict[str, tuple[str, ...]]:
    """Every text in the code and the parameters of a saved UDF; its tokens say the same as it does."""
    udfs = {one.key: tuple(_texts(one.payload["udf"])) for one in desired if isinstance(one, DesiredUdf)}
    slugs = {one.payload.get("slug"): one.key for one in desired if isinstance(one, DesiredUdf)}
    named = {str(key): texts for key, texts in udfs.items()}
    for one in desired:
        if isinstance(one, DesiredToken):
            key = next((need for need in one.needs if need in udfs), None) or slugs.get(one.payload["udf"].get("name"))
            if key is not None:
                named[f"token {one.key.name}"] = udfs[key]
    return named


def _noted(change: Change, served: Mapping[str, Sequence[str]]) -> Change:
    if change.action not in _WRITES or change.after is None:
        return change
    by_names: dict[tuple[str, ...], list[str]] = {}
    for address in addresses_written(change.after.payload.get("config")):
        names = tuple(name for name, texts in served.items() if _mention(address, texts))
        if names:
            by_names.setdefault(names, []).append(address)
    verb = "overwrites" if isinstance(change.before, Run | PastRun) else "writes"
    notes = tuple(_note(names, addresses, verb) for names, addresses in by_names.items())
    return replace(change, notes=(*change.notes, *notes)) if notes else change


def _note(names: Sequence[str], addresses: Sequence[str], verb: str) -> str:
    shown = list(names[:_SHOWN])
    if len(names) > _SHOWN:
        shown.append(f"{len(names) - _SHOWN} more")
    who = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{who} {'serves' if len(shown) == 1 else 'serve'} {' and '.join(addresses)}, which this {verb}"


def _mention(address: str, texts: Iterable[str]) -> bool:
    """Whether a text names the address, or something below it; `fd://a/b` is not within `fd://a/bc`."""
    place = address.rstrip("/")
    whole = re.compile(rf"{re.escape(place)}(?![\w-]|\.\w)")
    return any(place in text and whole.search(text) for text in texts)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
