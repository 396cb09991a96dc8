"""A command at a terminal, which is typed into as a person would; above all a shell."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.waiting import PATIENCE

_PROMPT = "ready:"
_TO_THE_START, _TO_THE_END = "\x01", "\x05"

_SHELLS: Mapping[str, tuple[Sequence[str], str]] = {
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
    """A command at a terminal of its own; used as a context, it ends with it."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, awaited: str) -> str:
        """What is seen before this is."""
        while awaited not in self._seen:
            assert self._read(), f"the end comes before {awaited!r}: {self._seen!r}"
        seen, _, self._seen = self._seen.partition(awaited)
        return seen

    def end(self) -> tuple[int, str]:
        """The exit code of a command that ends by itself, and what is left to see."""
        while self._read():
            pass
        return self._process.wait(PATIENCE), self._seen

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        assert ready, f"nothing more is seen: {self._seen!r}"
        try:
            content = os.read(self._master, 65536)
        except OSError:  # as Linux tells that nobody is at the other side any more
            content = b""
        self._seen += content.decode("utf-8", "replace")
        return bool(content)


class ShellAtTerminal(Terminal):
    """An interactive shell, by its name."""

    def __init__(self, shell: str, cwd: Path, env: Mapping[str, str]) -> None:
        command, prompt = _SHELLS[shell]
        super().__init__(command, cwd, env)
        self.run(prompt)

    def run(self, line: str) -> str:
        """Type a line, and return all that is seen until the next prompt."""
        self.type(f"{line}\n")
        return self.until(_PROMPT)

    def completed(self, typed: str) -> list[str]:
        """The words of a line behind `fused-spec` after it was typed, with its tabs."""
        self.type(typed)
        seen = self.run(f"{_TO_THE_START}printf '<%s>\\n' {_TO_THE_END}")
        return [word for word in re.findall(r"^<([^>\r\n]*)>\r?$", seen, re.MULTILINE) if word != "fused-spec"]
