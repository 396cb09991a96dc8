"""Write what is known about a bug of ours to a file, without secrets; a person decides where it goes."""

import os
import platform
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from fused_spec import __version__
from fused_spec.messages.redaction import env_redactor


def write_report(error: BaseException, arguments: Sequence[str], env: Mapping[str, str]) -> Path:
    """The path of a new file that only its owner can read, in the folder for temporary files."""
    redact = env_redactor(env)
    lines = [
        f"fused-spec {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"command: fused-spec {' '.join(arguments)}",
        "",
        *traceback.format_exception(error),
    ]
    descriptor, name = tempfile.mkstemp(prefix="fused-spec-report-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(redact("\n".join(lines)))
    return Path(name)
