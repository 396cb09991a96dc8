"""A shell at a terminal, which is typed into as a person would."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.waiting import PATIENCE

_PROMPT = "ready:"
_TO_THE_START, _TO_THE_END = "\x01", "\x05"

_COMMANDS: Mapping[str, tuple[list[str], str]] = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"PS1={_PROMPT[:3]}''{_PROMPT[3:]}"),
    "zsh": (["zsh", "-f", "-i"], f"bindkey -e; PROMPT={_PROMPT[:3]}''{_PROMPT[3:]}"),
    "fish": (["fish", "--no-config", "-i"], f"function fish_prompt; echo -n {_PROMPT[:3]}''{_PROMPT[3:]}; end"),
}
"""How each is started, and told what to ask with; the line itself does not hold the prompt."""


_AT_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that of the session, as fish wants it."""


class Terminal:
    """An interactive shell; used as a context, it ends with it."""

    def __init__(self, shell: str, cwd: Path, env: Mapping[str, str]) -> None:
        command, prompt = _COMMANDS[shell]
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, *command],
            cwd=cwd,
            env=env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._seen = ""
        self.run(prompt)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def run(self, line: str) -> str:
        """Type a line, and return all that is seen until the next prompt."""
        os.write(self._master, f"{line}\n".encode())
        return self._until_prompt()

    def completed(self, typed: str) -> list[str]:
        """The words of a line after it was typed, with its tabs."""
        os.write(self._master, typed.encode())
        seen = self.run(f"{_TO_THE_START}printf '<%s>\\n' {_TO_THE_END}")
        return [word for word in re.findall(r"^<([^>\r\n]*)>\r?$", seen, re.MULTILINE) if word != "fused-spec"]

    def _until_prompt(self) -> str:
        while _PROMPT not in self._seen:
            ready, _, _ = select.select([self._master], [], [], PATIENCE)
            assert ready, f"the shell says nothing more: {self._seen!r}"
            self._seen += os.read(self._master, 65536).decode("utf-8", "replace")
        seen, _, self._seen = self._seen.partition(_PROMPT)
        return seen
