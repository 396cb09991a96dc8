"""Whatever a token's value goes to and wherever a secret comes from, nobody finds it again: said, planned or kept."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.acceptance.command import Ended, Shell
from tests.canaries import PRINTS, Canary
from tests.gitlab import GitLab, gitlab

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: canaries, id: cccccccc-1}
secrets: {VAULT: {from: {env: VAULT}}, DB: {from: SOURCE}}
"""
TOKEN = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {{name: points}}
spec: {{udf: {{file: a.py}}}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {{name: tiles}}
spec: {{udf: {{ref: points}}, sink: {sink}}}
"""
JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: heights}
spec:
  env: {DB: "${secret.DB}", DSN: "postgres://me:${secret.DB}@host/db"}
  config: {steps: [{type: udf, udf: {file: prints.py, parameters: {fails: true}}}]}
"""
TAKES = """\
import os, pathlib, sys
value = sys.stdin.read()
print(value, os.environ["VAULT_TOKEN"])
print(value, os.environ["VAULT_TOKEN"], file=sys.stderr)
if pathlib.Path("refuses").exists():
    sys.exit(f"no room for {value}")
pathlib.Path("../taken.txt").write_text(value)
"""
READS = 'import base64, sys; print("told on stderr", file=sys.stderr); print(open("asked.txt").read())'
COMMAND = f'{{command: ["{sys.executable}", takes.py], env: {{VAULT_TOKEN: "${{secret.VAULT}}"}}}}'
BAD = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: bad}
spec: {env: {DB: "${secret.NOT}", DSN: "${secret.DB"}, config: {steps: 1}}
"""
SCHEMA = Path(__file__).parents[2] / "schemas/fused-spec.schema.json"


class Watched:
    """A project in which everything that is said is remembered, with what must not be in it."""

    def __init__(self, shell: Shell, server: GitLab) -> None:
        self.shell, self.server = shell, server
        self.canaries = {"VAULT": Canary(), "GITLAB_TOKEN": Canary(server.env["GITLAB_TOKEN"]), "DB": Canary()}
        self.env = {**server.env, "VAULT": self.canaries["VAULT"].value}
        self.said: list[str] = []
        shell.write("specs/a.py", "@fused.udf\ndef udf(x: int = 0):\n    return x\n")
        shell.write("takes.py", TAKES)

    def project(self, source: str) -> None:
        self.shell.write("fused-spec.yaml", PROJECT.replace("SOURCE", source))

    def run(self, *words: str, hidden: str = "") -> Ended:
        """Run a command; `hidden` is a line by which a runner is told what to mask."""
        ended = self.shell.run(*words, **self.env)
        lines = (ended.out + ended.err).splitlines()
        self.said.append("\n".join(line for line in lines if not hidden or not line.startswith(hidden)))
        return ended

    def holds(self, value: str) -> None:
        assert value
        self.canaries[f"value {len(self.canaries)}"] = Canary(value)

    def found(self) -> dict[str, list[str]]:
        """What of each canary is in what was said, or in what is kept but for the service's own folder."""
        state = self.shell.folder / ".fused-spec"
        kept = [one for one in state.iterdir() if one.name != "service" and any(map(Path.is_file, one.rglob("*")))]
        plans = self.shell.folder.glob("plan*.json")
        text = "\n".join([*self.said, *(one.read_text(encoding="utf-8") for one in plans)])
        return {
            name: forms
            for name, one in self.canaries.items()
            if (forms := [*one.seen_in(text), *(form for folder in kept for form in one.seen_below(folder))])
        }


@pytest.fixture
def watched(shell: Shell) -> Iterator[Watched]:
    with gitlab() as server:
        yield Watched(shell, server)


def last_line(name: str) -> Callable[[Watched], str]:
    return lambda one: (one.shell.folder / name).read_text(encoding="utf-8").split()[-1].rpartition("=")[2]


def in_block(one: Watched) -> str:
    return (one.shell.folder.parent / "runner").read_text(encoding="utf-8").splitlines()[-2]


SINKS: Mapping[str, tuple[str, Callable[[Watched], str]]] = {
    "file": ("{file: .secrets/tiles}", last_line(".secrets/tiles")),
    "env_file": ("{env_file: {path: .env, name: TILES}}", last_line(".env")),
    "command": (COMMAND, last_line("../taken.txt")),
    "github_env": ("{github_env: TILES}", in_block),
    "github_output": ("{github_output: TILES}", in_block),
    "gitlab_variable": ("{gitlab_variable: {name: TILES}}", lambda one: one.server.value("TILES")),
}


def test_every_sink_of_the_schema_is_watched() -> None:
    token = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["tokenSpec"]["properties"]
    assert set(SINKS) == {name for one in token["sink"]["oneOf"] for name in one["required"]}


@pytest.mark.parametrize("sink", SINKS)
def test_the_value_of_a_token_is_in_its_sink_alone(watched: Watched, sink: str) -> None:
    said, value = SINKS[sink]
    runner = watched.shell.write("../runner", "")
    watched.env |= {"GITHUB_ACTIONS": "true", "GITHUB_ENV": str(runner), "GITHUB_OUTPUT": str(runner)}
    watched.project("{env: DB}")
    watched.shell.write("specs/a.yaml", TOKEN.format(sink=said))
    assert watched.run("apply", "specs", "--verbose", "--timings", "--output", "json", hidden="::add-mask::").code == 0
    watched.holds(value(watched))
    rotated = watched.run("tokens", "rotate", "tiles", "-y", "--verbose", "--timings", hidden="::add-mask::")
    watched.holds(value(watched))
    assert rotated.code == 0, rotated.err
    for words in (
        ("validate", "specs"),
        ("render", "specs"),
        ("plan", "specs", "--out", "plan.json", "--timings"),
        ("plan", "specs", "--output", "json"),
        ("tokens", "list"),
        ("tokens", "show", "tiles"),
        ("tokens", "check", "--verbose"),
        ("tokens", "fetch", "tiles"),
        ("status",),
    ):
        watched.run(*words, hidden="::add-mask::")
    assert watched.found() == {}


REFUSALS: Mapping[str, Callable[[Watched], object]] = {
    "file": lambda one: one.shell.write(".secrets", ""),
    "command": lambda one: one.shell.write("refuses", ""),
    "gitlab_variable": lambda one: setattr(one.server, "quotes", True),
}


@pytest.mark.parametrize("sink", REFUSALS)
def test_a_sink_that_refuses_gives_nothing_away(watched: Watched, sink: str) -> None:
    watched.project("{env: DB}")
    watched.shell.write("specs/a.yaml", TOKEN.format(sink=SINKS[sink][0]))
    REFUSALS[sink](watched)
    assert watched.run("apply", "specs", "--verbose", "--timings").code != 0
    watched.run("plan", "specs", "--output", "json")
    for value in watched.server.refused:
        watched.holds(value)
    assert watched.found() == {}


SOURCES: Mapping[str, tuple[str, Callable[[Watched, str], object]]] = {
    "env": ("{env: DB_VALUE}", lambda one, value: one.env.update(DB_VALUE=value)),
    "file": ("{file: told.txt}", lambda one, value: one.shell.write("told.txt", value)),
    "command": (f"{{command: ['{sys.executable}', reads.py]}}", lambda one, value: one.shell.write("asked.txt", value)),
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_value_of_a_secret_is_in_its_job_alone(watched: Watched, source: str) -> None:
    said, keep = SOURCES[source]
    watched.project(said)
    watched.shell.write("reads.py", READS)
    keep(watched, watched.canaries["DB"].value)
    watched.shell.write("specs/prints.py", PRINTS)
    watched.shell.write("specs/a.yaml", JOB)
    for words in (
        ("apply", "specs", "--verbose", "--timings"),
        ("apply", "specs", "--retry", "--output", "json", "--timings"),
        ("plan", "specs", "--out", "plan.json", "--verbose", "--timings"),
        ("plan", "specs", "--output", "json"),
        ("render", "specs"),
        ("render", "specs", "--explain", "spec.env.DB", "heights"),
        ("logs", "heights"),
        ("show", "heights", "--output", "json"),
        ("status",),
    ):
        watched.run(*words)
    watched.shell.write("specs/bad.yaml", BAD)
    watched.run("validate", "specs")
    assert "***" in "".join(watched.said)
    assert watched.found() == {}


@pytest.mark.parametrize("source", SOURCES)
def test_a_value_that_cannot_be_had_whole_is_not_told_in_part(watched: Watched, source: str) -> None:
    said, keep = SOURCES[source]
    watched.project(said)
    watched.shell.write("reads.py", READS)
    keep(watched, f"{watched.canaries['DB'].value}\n{watched.canaries['DB'].value}")
    watched.shell.write("specs/prints.py", PRINTS)
    watched.shell.write("specs/a.yaml", JOB)
    assert watched.run("apply", "specs", "--verbose", "--timings").code == 2
    assert watched.found() == {}


@pytest.mark.parametrize("source", SOURCES)
def test_a_log_whose_secret_cannot_be_had_is_not_shown_before_it_is_archived(watched: Watched, source: str) -> None:
    said, keep = SOURCES[source]
    watched.project(said)
    watched.shell.write("reads.py", READS)
    keep(watched, watched.canaries["DB"].value)
    watched.shell.write("specs/prints.py", PRINTS)
    watched.shell.write("specs/a.yaml", JOB)
    watched.run("apply", "specs", "--no-wait")
    watched.run("wait", "heights")
    watched.env.pop("DB_VALUE", None)
    (watched.shell.folder / "told.txt").unlink(missing_ok=True)
    ended = watched.run("logs", "heights")
    watched.run("show", "heights", "--output", "json")
    assert (ended.code, "may hold secret.DB, which cannot be read here" in ended.err) == (1, True)
    assert watched.found() == {}
