"""Where a token's value is to go, as its spec says it: a file or a line of one, a command, a workflow of
GitHub, a variable at GitLab."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fused_spec.configuration.token_sinks import Command, EnvFile, GitHub, GitLab, Sink
from fused_spec.messages.named_secrets import Veiled
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.named_files import Folder

_SINK: Pointer = ("spec", "sink")


def sink_of(spec: Any, folder: Folder, findings: Findings) -> Sink | None:
    """The sink, or None where it is not sound; `findings` then says why."""
    if not findings.is_sound(_SINK):
        return None
    match spec["sink"]:
        case {"file": str(name)}:
            return _file(name, (*_SINK, "file"), folder, findings)
        case {"env_file": {"path": str(name), "name": str(variable)}}:
            path = _file(name, (*_SINK, "env_file", "path"), folder, findings)
            return None if path is None else EnvFile(path, variable)
        case {"command": list(words)}:
            env = spec["sink"].get("env", {})
            return Command(tuple(words), folder.root, {name: _payload(value) for name, value in env.items()})
        case {"github_env": str(name)}:
            return GitHub("env", name)
        case {"github_output": str(name)}:
            return GitHub("output", name)
        case {"gitlab_variable": dict(said)}:
            return _gitlab(said)
    return None


def sink_said(sink: Mapping[str, Any]) -> str:
    """The same in the words of the spec."""
    match sink:
        case {"file": name}:
            return str(name)
        case {"env_file": {"path": path, "name": name}}:
            return f"{path} ({name})"
        case {"command": [first, *_]}:
            return f"the command {first}"
        case {"gitlab_variable": dict(said)}:
            return str(_gitlab(said))
    [(word, name)] = sink.items()
    return f"{word} {name}"


def _gitlab(said: Mapping[str, Any]) -> GitLab:
    project = said.get("project")
    known = {name: said[name] for name in ("environment", "protected", "access_from") if name in said}
    return GitLab(name=said["name"], project=None if project is None else str(project), **known)


def _payload(value: str) -> Any:
    return value.payload if isinstance(value, Veiled) else value


def _file(name: str, at: Pointer, folder: Folder, findings: Findings) -> Path | None:
    sink: Path = (folder.root / name).resolve()
    if not sink.is_relative_to(folder.root.resolve()) or Path(name).is_absolute() or "\0" in name:
        findings.tell(
            "outside-project",
            "the sink is not inside the project",
            at,
            "write a path relative to the project's root, such as .secrets/public-tiles",
        )
        return None
    if sink.is_dir():
        findings.tell("not-a-file", "the sink is a folder", at, "name a file in it")
        return None
    return sink
