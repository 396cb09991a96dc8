"""The fields in which two payloads differ, fit to be seen."""

from collections.abc import Iterator

from fused_spec.plan.diff import is_same
from fused_spec.plan.model import FieldChange
from fused_spec.views.words.shown import without_secrets

_CHANGED_SECRET = "(sensitive, changed)"  # noqa: S105  # what is shown in place of one


def shown_fields(fields: tuple[FieldChange, ...]) -> Iterator[FieldChange]:
    """Each difference with its secrets masked; one that masking makes invisible says so."""
    for field in fields:
        name = field.path.rpartition(".")[2]
        before, after = without_secrets(field.before, name), without_secrets(field.after, name)
        hidden = is_same(before, after)
        yield FieldChange(path=field.path, before=before, after=_CHANGED_SECRET if hidden else after)
