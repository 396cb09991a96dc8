"""Git repositories made by tests."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

_PERSON = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")


def commit_files(folder: Path, files: Mapping[str, str]) -> str:
    """Write the files into the repository, which is made when it is not there, commit, and return the whole commit."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _git(folder, "init", "--quiet", "--initial-branch=main")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    _git(folder, "add", "--all")
    _git(folder, *_PERSON, "commit", "--quiet", "--message=files")
    return _git(folder, "rev-parse", "HEAD").strip()


def in_git(folder: Path, *arguments: str) -> str:
    """Run git in the repository, as somebody whom it knows."""
    return _git(folder, *_PERSON, *arguments).strip()


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout
