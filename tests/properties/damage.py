"""Damage small files of every format at random, and see that an ingestion is right or fails with the file's name.

    python -m tests.properties.damage [FILES] [--seed N] [--only FORMAT]

damages so many files (10,000 for a night) and prints a table of how the ingestions ended. Each wrong one is told with
the seed that repeats it: `python -m tests.properties.damage 1 --only FORMAT --seed N`.
"""

import argparse
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.properties.engine import Came, apart, ingested
from tests.properties.formats import FORMATS, Format
from tests.properties.seen import Seen, difference

RIGHT, TOLD, NAMED, CRASHED = "right", "lossy and told", "failed and named", "a library ended it, named"
_ENDS = (RIGHT, TOLD, NAMED, CRASHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one damaged file; `wrong` is None where that is as promised."""

    format: str
    seed: int
    damage: str
    ended: str
    wrong: str | None = None

    def __str__(self) -> str:
        again = f"python -m tests.properties.damage 1 --only '{self.format}' --seed {self.seed}"
        return f"{self.format}, {self.damage}: {self.wrong!r}; {again}"


@cache
def whole(name: str) -> tuple[tempfile.TemporaryDirectory[str], Path, Seen | None]:
    """The folder of an undamaged file, the file in it, and what the engine makes of it: None where it refuses it."""
    folder = tempfile.TemporaryDirectory(prefix="whole-")
    kept = Path(folder.name) / "kept"
    kept.mkdir()
    form = FORMATS[name]
    path, how = apart(lambda: form.make(kept))
    assert path is not None, f"{name} cannot be made: {how}"
    inner = path.relative_to(kept)
    shutil.copytree(kept, Path(folder.name) / "read")  # a reader may leave something beside what it reads
    source = Path(folder.name) / "read" / inner
    came = ingested(source, Path(folder.name) / "whole", is_plain=form.is_plain, **form.options)
    return folder, inner, came.table


def verdict(name: str, seed: int, *, keep: Path | None = None) -> Verdict:
    """Damage a file of a format, ingest it, and judge what comes."""
    form = FORMATS[name]
    made, inner, undamaged = whole(name)
    with tempfile.TemporaryDirectory(prefix="damaged-") as temporary:
        folder = Path(temporary)
        shutil.copytree(Path(made.name) / "kept", folder / "input")
        chance = random.Random(f"{name} {seed}")
        damage = _damaged(folder / "input", chance, lines=form.lines)
        if keep is not None:
            shutil.copytree(folder / "input", keep, dirs_exist_ok=True)
        source = folder / "input" / inner
        came = ingested(source, folder / "run", is_plain=form.is_plain, **form.options)
        ended, wrong = judged(came, undamaged, form, source)
    return Verdict(format=name, seed=seed, damage=damage, ended=ended, wrong=wrong)


def judged(came: Came, undamaged: Seen | None, form: Format, source: Path) -> tuple[str, str | None]:
    if came.broken is not None:
        return "broke", came.broken
    if came.message is not None:
        is_told = source.name in came.message and "Traceback" not in came.message
        return CRASHED if came.is_crash else NAMED, None if is_told else f"the file is not named in: {came.message}"
    assert came.table is not None
    if undamaged is not None and difference(came.table, undamaged) is None:
        return RIGHT, None
    right, why = apart(lambda: form.oracle(source))
    lost = max(0, len(right or undamaged or ()) - len(came.table))
    if right is None:
        wrong = f"{f'{lost} rows lost' if lost else 'went on'} where another reader says {why}"
    else:
        wrong = difference(came.table, right)
        if wrong is None and right.lacks is None:
            return RIGHT, None
        wrong = wrong or f"not told: {right.lacks}"
    return TOLD, None if came.lossy and not lost else wrong


def _damaged(folder: Path, chance: random.Random, *, lines: bool) -> str:
    """Damage one file of the folder, and say how."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = chance.choice(files)
    content = path.read_bytes()
    ways: list[Callable[[bytes, random.Random], tuple[bytes, str]]] = [cut, flip, flip, double, drop, blank]
    if lines:
        ways += [double_line, drop_line]
    changed, how = chance.choice(ways)(content, chance)
    path.write_bytes(changed)
    return f"{path.name} {how}"


def cut(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    end = chance.randrange(len(content))
    return content[:end], f"cut at {end} of {len(content)}"


def flip(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    place, bit = chance.randrange(len(content)), chance.randrange(8)
    changed = bytes([content[place] ^ (1 << bit)])
    return content[:place] + changed + content[place + 1 :], f"bit {bit} at {place} flipped"


def double(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    start, stop = _piece(content, chance)
    return content[:stop] + content[start:], f"bytes {start} to {stop} doubled"


def drop(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    start, stop = _piece(content, chance)
    return content[:start] + content[stop:], f"bytes {start} to {stop} dropped"


def blank(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    start, stop = _piece(content, chance)
    return content[:start] + bytes(stop - start) + content[stop:], f"bytes {start} to {stop} blanked"


def _piece(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + chance.choice([1, 2, 4, 8, 64, 512]))


def double_line(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    lines = content.splitlines(keepends=True)
    number = chance.randrange(len(lines))
    return b"".join([*lines[: number + 1], *lines[number:]]), f"line {number + 1} doubled"


def drop_line(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    lines = content.splitlines(keepends=True)
    number = chance.randrange(len(lines))
    return b"".join([*lines[:number], *lines[number + 1 :]]), f"line {number + 1} dropped"


def verdicts(names: list[str], count: int, seed: int) -> Iterator[Verdict]:
    """Damaged files of the formats in turn, each with a seed of its own."""
    for number in range(count):
        yield verdict(names[number % len(names)], seed + number // len(names))


def _chunk(name: str, start: int, count: int) -> list[Verdict]:
    return list(verdicts([name], count, start))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=FORMATS, metavar="FORMAT")
    parser.add_argument("--keep", type=Path, help="a folder for the damaged file, of a single one")
    given = parser.parse_args()
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    names = [given.only] if given.only else list(FORMATS)
    if given.files == 1 and given.only:
        found = verdict(given.only, seed, keep=given.keep)
        print(found if found.wrong else f"{found.format}, {found.damage}: {found.ended}")
        return 1 if found.wrong else 0
    each = -(-given.files // len(names))
    print(f"seed {seed}, {each:,} files a format\n")
    print(f"| format | {' | '.join(_ENDS)} | WRONG | seconds |\n|---|{'---|' * len(_ENDS)}---|---|")
    bad: list[Verdict] = []
    with ProcessPoolExecutor() as pool:
        for name in names:
            began = time.monotonic()
            size = max(1, min(50, each // 4))
            chunks = [
                pool.submit(_chunk, name, seed + start, min(size, each - start)) for start in range(0, each, size)
            ]
            found = [one for chunk in chunks for one in chunk.result()]
            wrong = [one for one in found if one.wrong is not None]
            ends: Counter[Any] = Counter(one.ended for one in found if one.wrong is None)
            spent = time.monotonic() - began
            counts = " | ".join(f"{ends[end]:,}" for end in _ENDS)
            print(f"| {name} | {counts} | {len(wrong):,} | {spent:.0f} |", flush=True)
            bad += wrong
    for one in bad:
        print(one)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
