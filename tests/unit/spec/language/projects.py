"""Small projects written from text, and what becomes of their specs."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.language.outside import Outside
from fused_spec.spec.model import Desired, Resolution
from fused_spec.spec.resolve import resolve, survey
from fused_spec.spec.sight import Means

HEAD = "apiVersion: fused-spec/v1\nproject: {name: tiles, id: 5a0a2c1e-7f0e}\n"
UDF = "import fused\n\n\n@fused.udf\ndef udf(a=1, b=2, c=3, **more):\n    return None\n"
TODAY = date(2026, 11, 30)


def job(name: str = "tiles", *, spec: str = "", top: str = "", metadata: str = "", parameters: str = "{}") -> str:
    """A job of one UDF step; `spec`, `top` and `metadata` are further lines."""
    return (
        f"apiVersion: fused-spec/v1\nkind: Job\nmetadata:\n  name: {name}\n{_indented(metadata, 2)}{_indented(top, 0)}"
        f"spec:\n{_indented(spec, 2)}  config:\n    steps:\n"
        f"      - {{name: render, type: udf, udf: {{file: area.py, parameters: {parameters}}}}}\n"
    )


def fragment(name: str, spec: str, *, top: str = "") -> str:
    return (
        f"apiVersion: fused-spec/v1\nkind: Fragment\nmetadata: {{name: {name}}}\n{_indented(top, 0)}"
        f"spec:\n{_indented(spec, 2)}"
    )


def _indented(lines: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in lines.splitlines())


@dataclass(frozen=True, slots=True)
class SmallProject:
    """A project in a folder: its file, and its specs below `specs`."""

    folder: Path

    def say(self, project: str = "", **files: str) -> "SmallProject":
        """Write the project file, with further lines, and files by name: `a__yaml`, `lists___months__csv`."""
        (self.folder / ".git").mkdir(exist_ok=True)
        (self.folder / "fused-spec.yaml").write_text(HEAD + project, encoding="utf-8")
        for name, content in {"specs___area__py": UDF, **files}.items():
            path = self.folder / name.replace("___", "/").replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return self

    def specs(self, project: str = "", **files: str) -> "SmallProject":
        """The same with files below `specs`."""
        return self.say(project, **{f"specs___{name}": content for name, content in files.items()})

    def at(
        self, target: str = "local", *, variables: tuple[str, ...] = (), env: dict[str, str] | None = None
    ) -> Resolution:
        outside = Outside(variables, (), env or {})
        return resolve(["specs"], target=lambda _: target, outside=outside, **self._means)

    @property
    def _means(self) -> Means:
        return {"cwd": self.folder, "today": TODAY, "waived_on": TODAY}

    def desired(self, target: str = "local", **given: Any) -> dict[str, Desired]:
        """What they declare, by name; nothing may be wrong."""
        found = self.at(target, **given)
        assert [str(one) for one in found.diagnostics if one.is_error] == []
        return {one.key.name: one for one in found.desired}

    def problems(self) -> list[Diagnostic]:
        """What `validate` tells, at all targets."""
        return list(survey(["specs"], **self._means).diagnostics)

    def told(self) -> list[tuple[str, str, str]]:
        """The same as code, place and message."""
        return [(one.code, str(one.location), one.message) for one in self.problems()]

    def problem(self) -> Diagnostic:
        """The one thing that is wrong."""
        [only] = self.problems()
        return only


def parameters(desired: Desired) -> dict[str, Any]:
    """The parameters of the first step's UDF."""
    given: dict[str, Any] = desired.payload["config"]["steps"][0]["udf"].get("parameters", {})
    return given
