"""Images: Python environments that jobs name, built for the first that asks, kept under the digest of what is in them.

`images.json` in the state folder declares them: {name: {"python": "3.11" or null, "requirements": ["pandas==2.2.3"]}}.
What the engine needs comes on top. A build is a process of its own that holds a lock, so two that ask at once, also
from before and after a restart of the service, build once.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Sequence
from pathlib import Path

from fused_spec.messages.diagnostics import nearest
from fused_spec.messages.redaction import without_secrets
from fused_spec.service.images.build import BUILD_LOG, Image, folder_of, is_built, python_of
from fused_spec.service.state.declared import IMAGES_FILE

_LAST_LINES = 12


class ImageFailed(Exception):
    """An image cannot be had; the text says why, and `said` is what its builder said last."""

    def __init__(self, message: str, said: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.said = said


class Images:
    """The images of a state folder."""

    def __init__(self, state: Path) -> None:
        self._file = state / IMAGES_FILE
        self._folder = state / "images"
        self._builds: dict[Path, asyncio.Task[None]] = {}

    def why_unknown(self, name: str) -> str | None:
        """Why no job can have this image; None when it is declared."""
        try:
            known = self._declared()
        except ImageFailed as failure:
            return str(failure)
        if name in known:
            return None
        if not known:
            return f"there is no image {name}: none is declared; declare it under images in fused-spec.yaml"
        meant = nearest(name, known)
        hint = f'; did you mean "{meant}"?' if meant else ""
        return f"there is no image {name}; declared are {', '.join(sorted(known))}{hint}"

    async def python(self, name: str, say: Callable[[str], None]) -> Path:
        """The Python of an image, which is built when it is not there; `say` is told of that.

        Raises `ImageFailed`.
        """
        if (unknown := self.why_unknown(name)) is not None:
            raise ImageFailed(unknown)
        image = self._declared()[name]
        folder = folder_of(self._folder, image)
        if not is_built(folder):
            say(f"building the image {name} ({image}); its log is {folder / BUILD_LOG}")
            if folder not in self._builds:
                self._builds[folder] = asyncio.create_task(self._build(name, image, folder))
            await asyncio.shield(self._builds[folder])  # others may need it, when this one is cancelled
            say(f"the image {name} is built")
        return python_of(folder)

    async def _build(self, name: str, image: Image, folder: Path) -> None:
        command = (sys.executable, "-m", "fused_spec.service.images.build", str(folder), image.as_text())
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=_environment(), start_new_session=True
            )
            _, errors = await process.communicate()
        finally:
            self._builds.pop(folder, None)
        if process.returncode != 0:
            log = folder / BUILD_LOG
            lines = log.read_text(encoding="utf-8", errors="replace") if log.exists() else errors.decode()
            raise ImageFailed(f"the image {name} cannot be built; its log is {log}", lines.splitlines()[-_LAST_LINES:])

    def _declared(self) -> dict[str, Image]:
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            return {name: Image.from_json(declared) for name, declared in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
            raise ImageFailed(f"{self._file} cannot be read: {type(error).__name__}: {error}") from error


def _environment() -> dict[str, str]:
    """What a builder finds: building runs foreign code, so of secrets only those for the index of packages."""
    indexes = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    return {**without_secrets(os.environ), **indexes}
