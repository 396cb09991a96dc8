"""What the tests of the loader share: a file from text, and everything said about it."""

from textwrap import dedent
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.schema import check
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.files.discovery import SpecFile

SMALLEST_JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec:
  config:
    steps:
      - {type: udf, udf: {file: area.py}}
"""


def file(text: str | bytes, name: str = "specs/a.yaml") -> SpecFile:
    content = text if isinstance(text, bytes) else dedent(text).encode("utf-8")
    return SpecFile(name=name, path=None, content=content)


def document(text: str) -> Document:
    """The one document in the text, which must be readable."""
    documents, problems = read_documents(file(text))
    assert problems == []
    [only] = documents
    return only


def tree(text: str) -> Any:
    return document(text).tree


def problems(text: str | bytes) -> list[Diagnostic]:
    """Everything said about the text, by reading and by checking."""
    documents, found = read_documents(file(text))
    return [*found, *(problem for each in documents for problem in check(each))]


def only_problem(text: str | bytes) -> Diagnostic:
    [only] = problems(text)
    return only


def job(more: str) -> str:
    """The smallest job with more lines in its spec."""
    return SMALLEST_JOB + "".join(f"  {line}\n" for line in more.splitlines())
