"""The versions of what is written down: earlier ones are read on, and what a later one says nobody here knows."""


class LaterFormat(ValueError):
    """What was read is of a later version of its format: it says something, and nobody here knows what."""


def check_version(what: str, version: int, known: int) -> None:
    """Raise `LaterFormat` for `what`, of this version, where only versions up to `known` are understood."""
    if version > known:
        raise LaterFormat(f"{what} of version {version}, and this knows version {known}")
