"""What a piece of text means, so that a terminal may colour it; views know no colours themselves."""

from collections.abc import Callable
from enum import StrEnum


class Tone(StrEnum):
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"
    STRONG = "strong"
    FAINT = "faint"


Paint = Callable[[str, Tone], str]


def plain(text: str, tone: Tone) -> str:
    """Paint nothing: for files, pipes and tests."""
    return text
