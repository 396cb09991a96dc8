"""Declared UDFs, read and saved once more by the published client."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.conftest import in_folder
from tests.clients.test_published_clients import environment
from tests.waiting import PATIENCE

SCRIPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import fused
fused.options.base_url = sys.argv[1]
fused.options.request_timeout = 30
found = fused.api.FusedAPI().get_udfs()
print("NAMES", json.dumps(sorted(found)))
for name, udf in found.items():
    udf.to_fused(overwrite=True)
print("AGAIN", json.dumps(sorted(fused.api.FusedAPI().get_udfs())))
"""
SPECS = "".join(
    f"---\napiVersion: fused-spec/v1\nkind: Udf\nmetadata: {{name: {name}}}\nspec: {{udf: {{file: {file}}}}}\n"
    for name, file in (("points", "points.py"), ("lines", "lines.py"), ("areas", "areas.py"))
)
PLAIN = "@fused.udf\ndef udf(n: int = {}):\n    return n\n"
NAMED = '''\
# what the function is for
@fused.udf
def areas(n: int = 1):
    """The area."""
    if n > 1:  # smaller ones are known
        return areas(n - 1)
    return {'a':   "b"}[ 'a' ]
'''


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    for shell in in_folder(tmp_path / "work"):
        (shell.folder / "fused-spec.yaml").write_text(
            "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n", encoding="utf-8"
        )
        (shell.folder / "specs").mkdir()
        sources = {"points.py": PLAIN.format(1), "lines.py": PLAIN.format(2), "areas.py": NAMED, "a.yaml": SPECS}
        for name, text in sources.items():
            (shell.folder / "specs" / name).write_text(text, encoding="utf-8")
        yield shell


@pytest.mark.xdist_group("client 2.9.5")
def test_each_declared_udf_is_listed_and_saving_it_again_changes_no_plan(shell: Shell) -> None:
    assert shell.run("apply", "specs").code == 0
    service = json.loads((shell.folder / ".fused-spec/service/service.json").read_text(encoding="utf-8"))
    auth = {"FUSED_AUTH_TOKEN": service["token"], "FUSED_AUTH_TOKEN_TYPE": "Fused-Env-Bearer"}
    done = subprocess.run(
        [environment("2.9.5"), "-c", SCRIPT, service["url"]],
        env={"HOME": str(shell.home), "PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1", **auth},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("NAMES", "AGAIN")))
    names = ["default/areas", "default/lines", "default/points"]
    assert {word: json.loads(told) for word, told in said.items()} == {"NAMES": names, "AGAIN": names}, done.stderr
    again = shell.run("plan", "specs", "--output", "json")
    assert [change["action"] for change in again.document["changes"]] == ["none"] * 3, again.out
    (shell.folder / "specs/areas.py").write_text(NAMED.replace("n > 1", "n > 2"), encoding="utf-8")
    changed = shell.run("plan", "specs", "--output", "json").document["changes"]
    assert sorted(change["action"] for change in changed) == ["none", "none", "update"]
