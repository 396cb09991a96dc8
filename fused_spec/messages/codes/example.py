"""An example of a problem: its files, with the lines marked that are wrong and those that are right in their place.

As in a diff, a line begins with `-`, `+` or a blank. A line that is only the comment `# NAME` begins a file.
"""

import re
from collections.abc import Mapping

_FILE = re.compile(r" # ([\w./-]+\.[a-z]+)")
FIRST = "job.yaml"
"""The file of an example that names none."""


def wrong_files(example: str) -> Mapping[str, str]:
    """The content of each file by its name, as somebody wrote it."""
    return _files(example, without="+")


def right_files(example: str) -> Mapping[str, str]:
    """The same as it should be."""
    return _files(example, without="-")


def _files(example: str, *, without: str) -> Mapping[str, str]:
    files: dict[str, list[str]] = {}
    name = FIRST
    for line in example.splitlines():
        if begins := _FILE.fullmatch(line):
            name = begins[1]
        elif not line.startswith(without):
            files.setdefault(name, []).append(line[1:])
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}
