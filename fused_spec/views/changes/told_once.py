"""A diff that several changes share is shown with the first of them."""

from fused_spec.plan.model import FieldChange


class ToldOnce:
    """Remembers with which change each difference of texts was shown."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], str] = {}

    def before(self, field: FieldChange, key: str) -> str | None:
        """The change with which the same difference was shown before; else it is shown now, with `key`."""
        shown = self._shown.setdefault((repr(field.before), repr(field.after)), key)
        return None if shown == key else shown
