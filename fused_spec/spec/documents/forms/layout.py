"""The lines of a text: two spaces for each level, no blanks at their ends, one empty line between two at most."""

from collections.abc import Iterable

from fused_spec.spec.documents.forms.edits import Edit, edited
from fused_spec.spec.documents.forms.structure import Level, Structure, structure_of


def laid_out(text: str) -> str:
    """The text with its lines in order; what a block scalar says keeps every character, and moves with its key."""
    structure = structure_of(text)
    lines = text.split("\n")
    columns = {**structure.columns, **_of_comments(lines, structure)}
    found: list[str] = []
    offset = 0
    gaps = sorted(structure.gaps)
    for number, line in enumerate(lines):
        own = [Edit(start - offset, end - offset, " ") for start, end in gaps if offset <= start < offset + len(line)]
        offset += len(line) + 1
        line = edited(line, own)
        if number in columns:
            line = " " * columns[number] + line.lstrip(" ")
        elif number in structure.moves:
            line = _moved(line, structure.moves[number])
        found.append(line if number in structure.inside else line.rstrip(" \t"))
    return _without_empty(found, structure.inside)


def _moved(line: str, shift: int) -> str:
    blanks = len(line) - len(line.lstrip(" "))
    if line[blanks : blanks + 1] == "\t":
        return line
    if shift < 0 and blanks < -shift:
        return line[blanks:] if line.strip(" ") else ""
    if not line.strip(" ") and shift > 0 and not blanks:
        return line
    return " " * (blanks + shift) + line[blanks:]


def _of_comments(lines: list[str], structure: Structure) -> dict[int, int]:
    """The column of each line that holds a comment alone: that of the entry which follows, or of one that is open."""
    found: dict[int, int] = {}
    before: tuple[Level, ...] = ()
    following = _following(len(lines), structure)
    for number, line in enumerate(lines):
        before = structure.levels.get(number, before)
        is_own = number not in structure.moves and number not in structure.inside and number not in structure.columns
        if not is_own or not line.lstrip(" ").startswith("#"):
            if line.startswith(("---", "...")) and is_own:
                before = ()
            continue
        found[number] = _column(len(line) - len(line.lstrip(" ")), before, following[number])
    return found


def _following(count: int, structure: Structure) -> list[tuple[Level, ...]]:
    """For each line the levels that are open at the next entry of its document."""
    begins = {one.begins for one in structure.documents}
    found: list[tuple[Level, ...]] = [()] * count
    after: tuple[Level, ...] = ()
    for number in range(count - 1, -1, -1):
        found[number] = after
        after = structure.levels.get(number, after)
        if number in begins:
            found[number], after = after, ()
    return found


def _column(old: int, before: Iterable[Level], after: Iterable[Level]) -> int:
    known: dict[int, int] = {}
    for level in before:
        known.setdefault(level.old, level.new)
    known |= {level.old: level.new for level in after}
    if old in known or not known:
        return known.get(old, 0)
    below = max((one for one in known if one < old), default=None)
    return old if below is None else known[below] + old - below


def _without_empty(lines: list[str], inside: set[int]) -> str:
    """No empty line at the beginning and the end, and no two together, but where they are part of a value."""
    found: list[str] = []
    last = -1
    for number, line in enumerate(lines):
        is_value = number in inside
        if line or is_value or (found and (found[-1] or last in inside)):
            found.append(line)
            last = number
    while found and not found[-1] and last not in inside:
        found.pop()
        last -= 1
    # Behind the last line of a value a line end would be one more character of it.
    is_open = len(lines) - 1 in inside
    return "\n".join(found) + ("" if is_open else "\n")
