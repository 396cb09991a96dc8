"""Documents, read as a person follows them: files are written, commands are run, and what is shown is looked for."""

import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.command import COMMAND, Ended, Shell

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("tutorial", "looking")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FOR_A_SHELL = set("|&;<>()$`*?~#")


def steps(document: str) -> list[tuple[str, str]]:
    text = (ROOT / f"docs/{document}.md").read_text(encoding="utf-8")
    return [(found[1], found[2]) for found in BLOCK.finditer(text)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_the_document_does_what_is_shown(document: str, tmp_path: Path) -> None:
    [folder] = {line.removeprefix("cd ") for kind, text in steps(document) if kind == "sh" for line in cds(text)}
    shell = Shell(folder=tmp_path / folder, home=tmp_path / "home")
    shell.home.mkdir()
    try:
        follow(document, shell)
    finally:
        shell.stop_service()


def cds(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("cd ")]


def follow(document: str, shell: Shell) -> None:
    here, said = shell.folder.parent, ""
    for kind, text in steps(document):
        if kind == "text":
            missing = [line for line in text.splitlines() if _bare(line) not in _bare(said)]
            assert missing == [], said
        elif kind == "sh":
            said = ""
            for command in text.splitlines():
                if command.startswith("cd "):
                    here = here / command.removeprefix("cd ")
                    continue
                done = entered(command, replace(shell, folder=here))
                assert done.code == 0, (command, done.err)
                said += done.out + done.err
        else:
            name = text.splitlines()[0].removeprefix("# ")
            assert (here / name).parent.is_dir()
            (here / name).write_text(text, encoding="utf-8")


def entered(command: str, shell: Shell) -> Ended:
    """The line, as a person enters it; a line of the command alone needs no shell."""
    name, *arguments = shlex.split(command)
    if name == COMMAND.name and _FOR_A_SHELL.isdisjoint(command):
        return shell.run(*arguments)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=shell.folder,
        env=shell.env(PATH=f"{COMMAND.parent}:/usr/bin:/bin"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def _bare(text: str) -> str:
    """The words alone: how far columns are apart depends on all of them."""
    return " ".join(text.split())


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("kind", ["sh", "yaml", "python", "text"])
def test_each_document_has_blocks_of_every_kind(document: str, kind: str) -> None:
    assert kind in {found for found, _ in steps(document)}
