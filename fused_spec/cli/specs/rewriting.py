"""Write files of a person again: each whole or not at all, with the mode that it had."""

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fused_spec.errors import FileTrouble

if TYPE_CHECKING:
    from fused_spec.cli.specs.forms import Form


def rewrite(forms: "Sequence[Form]") -> None:
    """Write each in its form; raises `FileTrouble` for one that cannot be written, or that has changed."""
    for form in forms:
        if form.file.path is None:
            continue
        path = Path(os.path.realpath(form.file.path))  # what a link leads to, and not the link
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            if path.read_bytes() != form.file.content:
                raise FileTrouble(f"{form.file.name} changed while it was read", hint="run it again")
            beside.write_bytes(form.after.encode())
            shutil.copymode(path, beside)
            beside.replace(path)
        except OSError as error:
            why = error.strerror or error
            raise FileTrouble(f"{form.file.name} cannot be written: {why}", hint="look at its permissions") from error
        finally:
            beside.unlink(missing_ok=True)
