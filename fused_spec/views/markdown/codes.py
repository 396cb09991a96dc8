"""Sorts of problems as a page of the documentation."""

import textwrap
from collections.abc import Iterable
from itertools import groupby

from fused_spec.messages.codes.registry import Entry

_WIDTH = 120
_HEAD = """\
# Errors, warnings and notes

What `fused-spec` tells of specs has a number and a word, which stay the same: `error[FS701]` in text, `id` and `code`
in JSON. `fused-spec explain FS701` prints what stands here, and so does `fused-spec explain unknown-field`. In an
example, lines that begin with `-` are wrong, and those with `+` right in their place; a comment such as
`# fused-spec.yaml` begins a file.

This page is written by `fused-spec explain --output markdown`.
"""


def codes_markdown(entries: Iterable[Entry]) -> str:
    """The page of all of them, by group."""
    parts = [_HEAD]
    for group, each in groupby(entries, key=lambda entry: entry.group):
        parts.append(f"## {group}\n")
        parts += [f"### {entry.id}: {entry.title}\n\n{entry_markdown(entry)}" for entry in each]
    return "\n".join(parts)


def entry_markdown(entry: Entry) -> str:
    """One of them, below its title."""
    parts = [_filled(f"`{entry.code}`. {entry.cause}"), _filled(f"**What to do:** {entry.remedy}")]
    parts.append(f"```diff\n{entry.example}```" if entry.example else _filled(f"No example: {entry.no_example}."))
    return "\n\n".join(parts) + "\n"


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False, break_long_words=False)
