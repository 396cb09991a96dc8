"""The commit behind a folder, for people: it decides nothing, so what cannot be told is said in words."""

from pathlib import Path

from msgspec import Struct

from fused_spec.udfs.gitrefs.git import run
from fused_spec.udfs.gitrefs.reference import GitUnavailable

_SECONDS = 10


class Checkout(Struct, frozen=True, kw_only=True):
    """The commit that is checked out around a folder; without one, `missing` says why."""

    commit: str | None = None
    missing: str | None = None

    def __str__(self) -> str:
        return f"commit {self.commit[:12]}" if self.commit else f"no commit ({self.missing})"


def checkout_of(folder: Path) -> Checkout:
    """What the innermost repository around the folder has checked out, whoever owns it and whatever a hook has set."""
    here = ("-C", str(folder))
    try:
        head = run(here, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", seconds=_SECONDS)
        if head.returncode == 0:
            return Checkout(commit=head.stdout.decode("ascii").strip())
        inside = run(here, "rev-parse", "--git-dir", seconds=_SECONDS)
    except GitUnavailable as error:
        return Checkout(missing=str(error))
    if inside.returncode == 0:
        return Checkout(missing=f"the repository of {folder} has no commit yet")
    said = next(iter(inside.stderr.decode("utf-8", "replace").splitlines()), "git failed").removeprefix("fatal: ")
    if said.startswith("not a git repository ("):
        return Checkout(missing=f"{folder} is in no git repository")
    return Checkout(missing=f"git cannot read the repository of {folder}: {said}")


def word_of(folder: Path, word: str) -> str | None:
    """What `${git.…}` stands for in the repository around a folder; None where there is none, or no such thing."""
    return _run(folder, *_WORDS[word]) if word != "dirty" else _dirty(folder)


_WORDS = {
    "sha": ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"),
    "short": ("rev-parse", "--short=12", "--verify", "--quiet", "HEAD^{commit}"),
    "branch": ("symbolic-ref", "--short", "--quiet", "HEAD"),
    "tag": ("describe", "--tags", "--exact-match", "HEAD"),
}


def _dirty(folder: Path) -> str | None:
    said = _run(folder, "status", "--porcelain", "--untracked-files=no")
    return None if said is None else "true" if said else "false"


def _run(folder: Path, *arguments: str) -> str | None:
    try:
        done = run(("-C", str(folder)), *arguments, seconds=_SECONDS)
    except GitUnavailable:
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
