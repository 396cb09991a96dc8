"""What is said besides the specs: by flags, by files of values, by the environment, by git."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

OUTSIDE = "outside git: "
"""What is used and stands in no file begins with it, among what is used of the language."""
VARIABLE_PREFIX = "FUSED_SPEC_VAR_"


class Outside(NamedTuple):
    """`variables` are `NAME=VALUE`, `files` are of values, in the order in which they were given; the later wins.

    `git` tells what `${git.…}` names, or None where there is no repository.
    """

    variables: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    environment: Mapping[str, str] = {}
    git: Callable[[str], str | None] = lambda _: None

    @property
    def says_nothing(self) -> bool:
        return not self.variables and not self.files


NOBODY = Outside()
