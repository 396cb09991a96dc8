"""A stand-in of GitLab's API of the variables of one project, over HTTP, as its documentation describes it."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "token-of-a-maintainer"
READER = "token-of-a-reporter"
PROJECTS = ("42", "geo/tiles")
_MASKABLE = re.compile(r"\S{8,}")


class GitLab:
    """What the project has; an older server `hides` none, and one that is older still `masks` none."""

    def __init__(self, *, hides: bool = True, masks: bool = True) -> None:
        self.variables: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls: list[str] = []
        self.refused: list[str] = []
        self.base_url = ""
        self.quotes = False
        self._hides, self._masks = hides, masks

    @property
    def env(self) -> dict[str, str]:
        """What a pipeline of the project has."""
        return {"CI_API_V4_URL": self.base_url, "CI_PROJECT_ID": PROJECTS[0], "GITLAB_TOKEN": TOKEN}

    def value(self, name: str, environment: str = "*") -> str:
        """The value as a job gets it."""
        return str(self.variables[name, environment]["value"])

    def answer(self, method: str, target: str, token: str, body: bytes) -> tuple[int, Any]:
        """Status and content of an answer."""
        parts = urlsplit(target)
        segments = [unquote(one) for one in parts.path.removeprefix("/api/v4/").split("/")]
        self.calls.append(f"{method} {parts.path}")
        if token not in (TOKEN, READER):
            return 401, {"message": "401 Unauthorized"}
        if segments[:1] != ["projects"] or segments[1] not in PROJECTS or segments[2:3] != ["variables"]:
            return 404, {"message": "404 Project Not Found"}
        if token == READER:
            return 403, {"message": "403 Forbidden"}
        said = json.loads(body) if body else {}
        scope = parse_qs(parts.query).get("filter[environment_scope]", ["*"])[0]
        return self._made(said) if method == "POST" else self._known(method, segments[3], scope, said)

    def _known(self, method: str, name: str, scope: str, said: dict[str, Any]) -> tuple[int, Any]:
        held = self.variables.get((name, scope))
        if held is None:
            return 404, {"message": "404 Variable Not Found"}
        if method == "DELETE":
            del self.variables[name, scope]
            return 204, None
        if method == "PUT":
            if trouble := self._trouble(said):
                return 400, trouble
            held |= {key: value for key, value in said.items() if key in held and key != "hidden"}
            held["masked"] = bool(held["masked"]) and self._masks
        return 200, self._shown(held)

    def _made(self, said: dict[str, Any]) -> tuple[int, Any]:
        place = said["key"], said.get("environment_scope", "*")
        if place in self.variables:
            return 400, {"message": {"key": [f"({said['key']}) has already been taken"]}}
        if trouble := self._trouble(said):
            return 400, trouble
        hidden = bool(said.get("masked_and_hidden")) and self._hides
        self.variables[place] = {
            "key": place[0],
            "variable_type": "env_var",
            "value": said["value"],
            "protected": bool(said.get("protected")),
            "masked": (bool(said.get("masked")) or hidden) and self._masks,
            "hidden": hidden,
            "raw": bool(said.get("raw")),
            "environment_scope": place[1],
            "description": said.get("description"),
        }
        return 201, self._shown(self.variables[place])

    def _trouble(self, said: dict[str, Any]) -> Any:
        """Why it does not take a value; one that `quotes` takes none, and repeats what it was given."""
        if self.quotes:
            self.refused.append(said["value"])
            return {"message": f"cannot mask {said['value']} for {TOKEN}"}
        return None if _MASKABLE.fullmatch(said["value"]) else {"message": {"value": ["is invalid"]}}

    def _shown(self, held: dict[str, Any]) -> dict[str, Any]:
        return {**held, "value": None} if held["hidden"] else dict(held)


@contextmanager
def gitlab(*, hides: bool = True, masks: bool = True) -> Iterator[GitLab]:
    """One that listens on this machine."""
    project = GitLab(hides=hides, masks=masks)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Tests look at `calls`."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, content = project.answer(self.command, self.path, token, body)
            told = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    project.base_url = f"http://127.0.0.1:{server.server_address[1]}/api/v4"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield project
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
