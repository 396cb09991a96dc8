"""What the results of a step lose in the form in which they are kept: gathered over its tasks, and told once."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

_FIELD = '"lossy": '
_LONGEST = 1000
_MOST_SENTENCES = 100  # each is of a kind and a place; a UDF with other columns in each call could make endless ones


class Losses:
    """How many results each sentence is true of."""

    def __init__(self) -> None:
        self._results: dict[str, int] = {}
        self._beyond = 0

    def add(self, sentences: Sequence[str]) -> None:
        """Count the sentences of one result."""
        for sentence in sentences:
            if sentence in self._results or len(self._results) < _MOST_SENTENCES:
                self._results[sentence] = self._results.get(sentence, 0) + 1
            else:
                self._beyond += 1

    def add_record(self, record: str) -> None:
        """Count those that stand in a line of the index; most lines have none, and are not taken apart.

        A line comes from the process of a task, whose code can write anything there.
        """
        if _FIELD in record:
            with suppress(ValueError, TypeError, AttributeError, RecursionError):
                self.add([str(sentence)[:_LONGEST] for sentence in json.loads(record)["lossy"]])

    def facts(self) -> list[dict[str, Any]]:
        """`{"what": sentence, "results": number}` for each, in the order in which they came up."""
        facts: list[dict[str, Any]] = [{"what": what, "results": number} for what, number in self._results.items()]
        if self._beyond:
            facts.append({"what": "more is lost of the same kinds, in other places", "results": self._beyond})
        return facts

    def lines(self, count: int) -> Iterator[str]:
        """A line of the log for each, of a step with so many tasks."""
        for fact in self.facts():
            many = f" ({fact['results']:,} of {count:,} results)" if count > 1 else ""
            yield f"lossy: {fact['what']}{many}"
