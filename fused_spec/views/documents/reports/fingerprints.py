"""What a problem is known by from one run to the next, wherever it moved in its file."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from fused_spec.messages.diagnostics import Diagnostic


def fingerprint(diagnostic: Diagnostic) -> str:
    """The same for the same problem after lines above it moved."""
    return _hashed(_parts(diagnostic))


def with_fingerprints(diagnostics: Iterable[Diagnostic]) -> Iterator[tuple[Diagnostic, str]]:
    """Each problem with a fingerprint that no other has: of equal ones the second, the third and so on differ."""
    seen: Counter[tuple[str, ...]] = Counter()
    for diagnostic in diagnostics:
        parts = _parts(diagnostic)
        yield diagnostic, _hashed((*parts, str(seen[parts])) if seen[parts] else parts)
        seen[parts] += 1


def _parts(diagnostic: Diagnostic) -> tuple[str, ...]:
    return diagnostic.code, diagnostic.location.path, diagnostic.pointer, diagnostic.message


def _hashed(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
