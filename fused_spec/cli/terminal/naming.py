"""What a word on the command line names, so that a shell can complete it; what there is of it, others know.

Who completes gives an answer along with the command line (`ANSWER`); whoever calls a command gives none.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

ANSWER = "answer"
"""Where the command line's object has what answers: called with a noun, the context, and what is typed so far."""


class Noun(StrEnum):
    """What words name."""

    JOBS = "jobs"
    RUN = "run"
    TOKEN = "token"  # noqa: S105  # a word, not a secret
    SAVED_UDF = "udf"
    TARGET = "target"
    VARIABLE = "variable"
    KIND = "kind"
    CODE = "code"
    FILE = "file"


Completes = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
Answer = Callable[[Noun, click.Context, str], "Iterable[CompletionItem]"]


def naming(noun: Noun) -> Completes:
    """A parameter's `shell_complete`: it takes a word that names this."""

    def complete(context: click.Context, _: click.Parameter, typed: str) -> "list[CompletionItem]":
        answer: Answer | None = context.ensure_object(dict).get(ANSWER)
        return [] if answer is None else list(answer(noun, context, typed))

    return complete
