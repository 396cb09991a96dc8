"""Choose columns by the names a user wrote, and say it well when one is not there."""

from collections.abc import Sequence
from difflib import get_close_matches

from fused_spec.engine.failures import StepFailed

_SHOWN = 12


def check_columns(wanted: Sequence[str], present: Sequence[str], field: str) -> None:
    """Raise `StepFailed` for the first wanted name that is not present; `field` is where the user wrote it."""
    for name in wanted:
        if name not in present:
            raise StepFailed(f"{field}: there is no column {name}{_advice(name, present)}")


def check_unique(names: Sequence[str], file: str | None = None) -> None:
    """Raise `StepFailed` when two columns have one name: nothing could tell them apart in the table."""
    for name in names:
        if names.count(name) > 1:
            where = f"{file}: " if file is not None else ""
            raise StepFailed(f"{where}two columns are named {name}; rename one of them in the input")


def _advice(name: str, present: Sequence[str]) -> str:
    by_lower = {one.lower(): one for one in present}
    near = get_close_matches(name.lower(), list(by_lower), n=1)
    if near:
        return f"; did you mean {by_lower[near[0]]}?"
    more = ", …" if len(present) > _SHOWN else ""
    return f"; there are {', '.join(present[:_SHOWN]) or 'no columns at all'}{more}"
