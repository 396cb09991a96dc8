"""Tables and cards for notebooks: HTML in which everything that came from elsewhere is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a column for each name that some row has a value for."""
    names = list(dict.fromkeys(name for row in rows for name, value in row.items() if value is not None))
    if not names:
        return "<p>no jobs</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(_cell(row.get(name)) for name in names)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def card(title: str, fields: Iterable[tuple[str, Any]], *, link: str | None = None) -> str:
    """A title and the fields that have a value."""
    heading = escape(title)
    if link is not None:
        heading = f'<a href="{escape(link)}" target="_blank" rel="noopener">{heading}</a>'
    rows = "".join(f"<tr><th>{escape(name)}</th>{_cell(value)}</tr>" for name, value in fields if value is not None)
    return f"<div><b>{heading}</b><table><tbody>{rows}</tbody></table></div>"


def _cell(value: Any) -> str:
    return f"<td>{'' if value is None else escape(str(value))}</td>"
