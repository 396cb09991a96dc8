"""The YAML language server from npm, installed once from the lock file beside this, and spoken to as editors do."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".test-environments"
FILES = ("package.json", "package-lock.json")


class Problem(NamedTuple):
    """A message, and the line and column that it begins at, counted from 0."""

    line: int
    column: int
    message: str


class Offer(NamedTuple):
    """What a completion shows, what it inserts, and what it says of that."""

    label: str
    inserts: str
    description: str


def installed() -> Path:
    """The server's program. Without Node, npm or the registry this fails: then nobody knows what editors show."""
    folder = ENVIRONMENTS / "yaml-language-server"
    program = folder / "node_modules/yaml-language-server/bin/yaml-language-server"
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    assert not missing, f"the tests of the schemas for editors need {' and '.join(missing)} (Node 18 or newer)"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with FileLock(ENVIRONMENTS / f"{folder.name}.lock"):
        wanted = [(HERE / name).read_text(encoding="utf-8") for name in FILES]
        done = folder / "installed"
        if not done.exists() or done.read_text(encoding="utf-8") != "".join(wanted):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, text in zip(FILES, wanted, strict=True):
                (folder / name).write_text(text, encoding="utf-8")
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert ended.returncode == 0, f"the YAML language server cannot be installed:\n{ended.stderr}"
            done.write_text("".join(wanted), encoding="utf-8")
    return program


class Server:
    """One process of the server, which takes the schema of a file from the file's first line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(installed()), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._number = self._files = 0
        self._answers: dict[int, Any] = {}
        self._told: dict[str, list[Any]] = {}
        completes = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}}
        documents = {"completion": completes, "hover": {"contentFormat": ["markdown"]}}
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": {"textDocument": documents}})
        self._tell("initialized", {})
        settings = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
        self._tell("workspace/didChangeConfiguration", {"settings": {"yaml": settings}})

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def problems(self, text: str, schema: Path) -> list[Problem]:
        """What is underlined in a file."""
        _, told = self._opened(text, schema)
        return [
            Problem(one["range"]["start"]["line"] - 1, one["range"]["start"]["character"], one["message"])
            for one in told
        ]

    def offers(self, text: str, schema: Path) -> list[Offer]:
        """What is offered at the `|` in a text."""
        found = self._at("textDocument/completion", text, schema)
        return [
            Offer(one["label"], one.get("insertText", ""), _words(one.get("documentation"))) for one in found["items"]
        ]

    def hover(self, text: str, schema: Path) -> str:
        """What is shown of the `|` in a text."""
        return _words((self._at("textDocument/hover", text, schema) or {}).get("contents"))

    def _at(self, method: str, text: str, schema: Path) -> Any:
        before, after = text.split("|")
        uri, _ = self._opened(before + after, schema)
        position = {"line": before.count("\n") + 1, "character": len(before) - before.rfind("\n") - 1}
        return self._ask(method, {"textDocument": {"uri": uri}, "position": position})

    def _opened(self, text: str, schema: Path) -> tuple[str, list[Any]]:
        """The address of the file, and what was told of it."""
        self._files += 1
        uri = f"file:///{self._files}.yaml"
        whole = f"# yaml-language-server: $schema={schema.as_uri()}\n{text}"
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": whole}
        self._tell("textDocument/didOpen", {"textDocument": item})
        while uri not in self._told:
            self._read()
        return uri, self._told.pop(uri)

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while number not in self._answers:
            self._read()
        return self._answers.pop(number)

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self._process.stdin.flush()

    def _read(self) -> None:
        out = self._process.stdout
        assert out is not None
        length = 0
        while line := out.readline().strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        assert length, "the language server ended"
        message = json.loads(out.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        elif "id" in message:
            assert "error" not in message, message["error"]
            self._answers[message["id"]] = message["result"]


def _words(said: Any) -> str:
    return str(said.get("value", "")) if isinstance(said, dict) else str(said or "")
