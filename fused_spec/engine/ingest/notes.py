"""What an ingestion tells its user while it runs."""


def note(text: str) -> None:
    """Print a line; a task's standard output is the job's log."""
    print(text, flush=True)  # noqa: T201


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `1,234 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
