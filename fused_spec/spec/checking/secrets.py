"""Find what looks like a secret in a spec: it is kept in git, so a secret in it is one no longer.

Messages never show the value.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.messages.named_secrets import Veiled
from fused_spec.messages.redaction import any_looks_like_secret, is_sensitive_name, looks_like_secret, words_apart
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted

# Names that say where a secret is, or how it is used, rather than what it is: DB_PASSWORD_FILE.
_REFERENCE = re.compile(r"_(?:NAME|ID|ARN|FILE|PATH|DIR|URL|URI|PROVIDER|TYPE|MODE|METHOD|SCHEME|TTL)$", re.IGNORECASE)
_HARMLESS = re.compile(r"|true|false|yes|no|on|off|none|null|default|[0-9.]+", re.IGNORECASE)


def find_secrets(document: Document) -> Iterator[Diagnostic]:
    """One error for each text that has the shape of a secret, or stands under a name that asks for one."""
    for pointer, message in secrets_in(document.tree):
        yield Diagnostic(
            code="secret",
            message=message,
            location=document.positions.value(pointer),
            pointer=dotted(pointer),
            hint="remove it; keep secrets where the job runs, and only name the place here",
        )


def holds_secret(tree: Any) -> bool:
    """Whether `secrets_in` would find one: the same look, at a quarter of the cost."""
    left: list[tuple[str, Any]] = [("", tree)]
    texts: list[str] = []
    while left:
        name, node = left.pop()
        if isinstance(node, str):
            if _is_secret_named(name, node):
                return True
            texts += _pieces(node)
        elif isinstance(node, dict):
            texts += node
            left += node.items()
        elif isinstance(node, list):
            left += [(name, value) for value in node]
    return any_looks_like_secret(texts)


def secrets_in(tree: Any) -> Iterator[tuple[Pointer, str]]:
    """Where each secret is, and what tells it."""
    for pointer, text in _texts(tree, ()):
        name = next((step for step in reversed(pointer) if isinstance(step, str)), "")
        if any_looks_like_secret(_pieces(text)):
            message = f'"{name}" holds what looks like a secret' if name else "this holds what looks like a secret"
        elif _is_secret_named(name, text):
            message = f'"{name}" is the name of a secret'
        else:
            continue
        yield pointer, f"{message}, and a spec is kept in git"


def _pieces(text: str) -> Sequence[str]:
    """What may have the shape of one; what only names a secret is looked at piece by piece."""
    return [part for part in text.parts if isinstance(part, str)] if isinstance(text, Veiled) else (text,)


def _is_secret_named(name: str, text: str) -> bool:
    return not isinstance(text, Veiled) and _asks_for_secret(name) and not _HARMLESS.fullmatch(text)


@lru_cache
def _asks_for_secret(name: str) -> bool:
    return is_sensitive_name(name) and not _REFERENCE.search(words_apart(name))


def _texts(node: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(node, str):
        yield pointer, node
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(key, str) and looks_like_secret(key):  # as the URL of a clone
                yield pointer, key
            yield from _texts(value, (*pointer, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, (*pointer, index))
