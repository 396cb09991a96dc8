"""Build the environment of one image: `python -m fused_spec.service.images.build FOLDER IMAGE-AS-JSON`.

With uv when it is there, else with venv and pip. Whoever comes second waits for the first, and builds only what that
left unbuilt.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fused_spec.configuration.engine_needs import engine_requirements

BUILD_LOG = "build.log"
_BUILT = "built"
_ENVIRONMENT = "env"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A Python version (None: the service's), and requirements as pip writes them."""

    python: str | None
    requirements: tuple[str, ...]

    def __str__(self) -> str:
        version = self.python or ".".join(map(str, sys.version_info[:2]))
        return f"Python {version}, {', '.join(self.requirements) or 'no requirements'}"

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Image":
        """From a declaration; raises `ValueError` for what pip would take as an option."""
        requirements = tuple(map(str, content.get("requirements") or ()))
        if options := [text for text in requirements if text.startswith("-")]:
            raise ValueError(f"{options[0]} is an option and no requirement")
        return cls(python=content.get("python"), requirements=requirements)

    def as_text(self) -> str:
        return json.dumps({"python": self.python, "requirements": self.requirements})


def folder_of(images: Path, image: Image) -> Path:
    """Where an image is kept: what it holds decides, not its name."""
    holds = json.dumps([image.as_text(), sorted(engine_requirements())])
    return images / hashlib.sha256(holds.encode()).hexdigest()[:20]


def python_of(folder: Path) -> Path:
    return folder / _ENVIRONMENT / "bin" / "python"


def is_built(folder: Path) -> bool:
    """Whether it can be used: the Python that it was made of may have been removed since."""
    return (folder / _BUILT).exists() and python_of(folder).exists()


def build(folder: Path, image: Image) -> None:
    """Make the environment when it is not there; raises `CalledProcessError` or `OSError`, told in its log."""
    from filelock import FileLock

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if is_built(folder):
            return
        shutil.rmtree(folder / _ENVIRONMENT, ignore_errors=True)  # what a build left that was killed
        with (folder / BUILD_LOG).open("w", encoding="utf-8") as log:
            for command in _commands(folder / _ENVIRONMENT, image, shutil.which("uv")):
                log.write(f"$ {' '.join(command)}\n")
                log.flush()
                _run(command, log)
        (folder / _BUILT).touch()


def _run(command: Sequence[str], log: IO[str]) -> None:
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    except OSError as error:
        log.write(f"{command[0]}: {error.strerror}\n")
        raise


def _commands(target: Path, image: Image, uv: str | None) -> list[list[str]]:
    needs = [*image.requirements, *engine_requirements()]
    python = str(target / "bin" / "python")
    if uv is not None:
        return [
            [uv, "venv", "--python", image.python or sys.executable, str(target)],
            [uv, "pip", "install", "--python", python, *needs],
        ]
    return [[_interpreter(image.python), "-m", "venv", str(target)], [python, "-m", "pip", "install", *needs]]


def _interpreter(version: str | None) -> str:
    own = ".".join(map(str, sys.version_info[:2]))
    return sys.executable if version in (None, own) else f"python{version}"


def main() -> int:
    try:
        build(Path(sys.argv[1]), Image.from_json(json.loads(sys.argv[2])))
    except subprocess.CalledProcessError as error:
        return error.returncode
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)  # noqa: T201  # the service reads it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
