"""What a project declares to the service of a state folder, in files there: images, repositories, folders of specs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fused_spec.errors import FileTrouble
from fused_spec.service.state.folder import open_state

IMAGES_FILE = "images.json"
GIT_FILE = "git.json"
"""`{"cache": "/abs", "clones": {url: "/abs"}}`: where jobs read repositories, as the project says."""

SPECS_FILE = "specs.json"
"""`["/abs"]`: the folders whose specs are applied here, and the repositories around them: no job writes to either."""


def declare_images(state: Path, images: Mapping[str, Any]) -> None:
    """Leave the declaration of images for the service of a state folder, which reads it when a job names one.

    Raises `ServiceUnreachable` when the folder cannot be written, and `FusedSpecError` when it is not its user's alone.
    """
    if images or (state / IMAGES_FILE).exists():
        _declare(state, IMAGES_FILE, json.dumps(images))


def declare_specs(state: Path, folder: Path) -> None:
    """Have the service of a state folder know that specs of this folder are applied there; raises as above.

    The repository around it is one that no job writes to, either.
    """
    known, folder = folders_of_specs(state), folder.resolve()
    around = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)
    if fresh := [one for one in dict.fromkeys(map(str, (folder, around))) if one not in known]:
        _declare(state, SPECS_FILE, json.dumps([*known, *fresh]))


def folders_of_specs(state: Path) -> list[str]:
    """The folders whose specs are applied there."""
    try:
        return [str(folder) for folder in json.loads((state / SPECS_FILE).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):  # nobody has said so yet
        return []


def _declare(state: Path, name: str, text: str) -> None:
    path = state / name
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            open_state(state)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
    except OSError as error:
        raise FileTrouble(
            f"the local service cannot use {state}: {error.strerror or error}",
            hint="set FUSED_SPEC_STATE to a folder that can be written",
        ) from None
