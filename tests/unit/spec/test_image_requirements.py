"""Requirements are added to images by an edit that leaves all else as it was written."""

from pathlib import Path

import pytest

from fused_spec.errors import FusedSpecError
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.project.image_requirements import with_requirements

FLOW = "images:\n  a: {python: '3.12', requirements: [x==1]} # mine\n  b: {}\n"
LINES = "images:\n  a:\n    requirements:\n      - x==1 # needed\n      # the last\n    python: '3.12'\ntarget: local\n"
FLAT = "images:\n  a:\n    requirements:\n    - x==1\n"
OPEN = "images:\n  a:\n    python: '3.12' # new\ntarget: local\n"
LONG = "images:\n  a:\n    requirements: [\n      x==1, # one\n      y, # two\n    ]\n"
JSON = '{"images": {"a": {"requirements": ["x==1"]}, "b": {"python": "3.12"}}}\n'


def document(text: str) -> Document:
    [read], problems = read_documents(SpecFile(name="fused-spec.yaml", path=Path("x"), content=text.encode()))
    assert problems == []
    return read


@pytest.mark.parametrize(
    ("before", "image", "after"),
    [
        (FLOW, "a", FLOW.replace("[x==1]", "[x==1, c, d]")),
        (FLOW, "b", FLOW.replace("b: {}", "b: {requirements: [c, d]}")),
        (LINES, "a", LINES.replace("# needed\n", "# needed\n      - c\n      - d\n")),
        (FLAT, "a", f"{FLAT}    - c\n    - d\n"),
        (FLAT.rstrip("\n"), "a", f"{FLAT}    - c\n    - d"),
        (FLAT.replace("\n", "\r\n"), "a", f"{FLAT}    - c\n    - d\n".replace("\n", "\r\n")),
        (FLAT.replace("- x==1", "-   'x==1'"), "a", FLAT.replace("- x==1", "-   'x==1'") + "    - c\n    - d\n"),
        (OPEN, "a", OPEN.replace("# new\n", "# new\n    requirements: [c, d]\n")),
        (LONG, "a", LONG.replace("y, #", "y, c, d, #")),
        (JSON, "a", JSON.replace('"x==1"', '"x==1", "c", "d"')),
        (JSON, "b", JSON.replace('"3.12"', '"3.12", "requirements": ["c", "d"]')),
        ("\ufeff" + FLOW, "b", "\ufeff" + FLOW.replace("b: {}", "b: {requirements: [c, d]}")),
        (f"# größer 🌍\n{FLAT}", "a", f"# größer 🌍\n{FLAT}    - c\n    - d\n"),
    ],
)
def test_an_edit_adds_the_requirements_and_nothing_else(before: str, image: str, after: str) -> None:
    assert with_requirements(document(before), {image: ["c", "d"]}).decode() == after


def test_several_images_are_edited_at_once() -> None:
    edited = with_requirements(document(FLOW), {"a": ["c"], "b": ["d"]}).decode()
    assert edited == FLOW.replace("[x==1]", "[x==1, c]").replace("b: {}", "b: {requirements: [d]}")


def test_what_would_change_anything_else_is_refused() -> None:
    with pytest.raises(FusedSpecError, match="cannot be edited without changing more"):
        with_requirements(document("images:\n  a:\n    requirements: [x]\n"), {"a": ["c # no"]})
