"""The form of a text: the lines laid out, the parts in their order, values in quotes where they need them."""

from collections.abc import Collection

from fused_spec.spec.documents.forms.edits import Edit, edited, quoted
from fused_spec.spec.documents.forms.layout import laid_out
from fused_spec.spec.documents.forms.order import in_order
from fused_spec.spec.documents.forms.structure import Unusual, structure_of


def formatted(text: str, unquoted: Collection[int] = ()) -> str:
    """The text in its form; `unquoted` are the places of scalars that are to have quotes.

    What holds something whose lines cannot be moved is left as it is.
    """
    plain = text.removeprefix("\ufeff")
    try:
        return in_order(laid_out(_with_quotes(plain, unquoted).replace("\r\n", "\n")))
    except Unusual:
        return text


def _with_quotes(text: str, unquoted: Collection[int]) -> str:
    if not unquoted:
        return text
    scalars = structure_of(text.replace("\r\n", "\n")).scalars if "\r" not in text else {}
    found = [scalars[start] for start in unquoted if start in scalars and scalars[start].style is None]
    return edited(text, [Edit(one.start, one.end, quoted(text[one.start : one.end])) for one in found])
