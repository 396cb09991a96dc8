"""Sorts of problems for people: the list of all, and one with its example."""

import textwrap
from collections.abc import Iterable
from itertools import groupby

from fused_spec.messages.codes.registry import Entry
from fused_spec.views.words.tones import Paint, Tone, plain

_WIDTH = 100
_TONES = {"-": Tone.BAD, "+": Tone.GOOD}


def codes_text(entries: Iterable[Entry], *, paint: Paint = plain) -> str:
    """One line for each, below the name of its group."""
    listed = list(entries)
    width = max(len(entry.code) for entry in listed)
    groups = [
        [paint(group, Tone.STRONG), *(f"  {one.id}  {one.code:<{width}}  {one.title}" for one in each)]
        for group, each in groupby(listed, key=lambda entry: entry.group)
    ]
    return "\n\n".join("\n".join(lines) for lines in groups)


def entry_text(entry: Entry, *, paint: Paint = plain) -> str:
    """What it means, what to do, and an example in which wrong lines begin with - and right ones with +."""
    head = paint(f"{entry.id} {entry.code}: {entry.title}", Tone.STRONG)
    example = "\n".join(["Example:", *(_line(line, paint) for line in entry.example.splitlines())])
    parts = [head, _filled(entry.cause), _filled(f"What to do: {entry.remedy}")]
    return "\n\n".join([*parts, example] if entry.example else parts)


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False, break_long_words=False)


def _line(line: str, paint: Paint) -> str:
    tone = _TONES.get(line[:1])
    return paint(f"  {line}", tone) if tone is not None else f"  {line}".rstrip()
