"""What `fused-spec add` writes: a spec of one kind that holds as it is, and the UDF that it names."""

from collections.abc import Mapping

_HEAD = """\
apiVersion: fused-spec/v1
kind: {kind}
metadata:
  name: {name}
"""

_JOB = """\
spec:
  config:
    steps:
      - type: udf
        udf:
          file: ../{file}
          parameters: {{times: 2}}
        input: [1, 2, 3] # one task for each, run in parallel; each is the UDF's first parameter
"""

_UDF = """\
spec:
  udf:
    file: ../{file}
    parameters: {{number: 1}} # what a call does not say
"""

_ACCESS = """\
spec:
  udf: {{ref: {udf}}}
  sink: {{file: .secrets/{name}}} # its value is written there, and shown nowhere
"""

_CODE = '''\
import fused


@fused.udf
def udf(number: int, times: int = 2):
    """A number, so many times."""
    import pandas as pd

    print(f"{number} times {times} is {number * times}")
    return pd.DataFrame({"number": [number], "product": [number * times]})
'''


def job_files(name: str) -> Mapping[str, str]:
    """A job that maps a UDF over numbers; the content of each file by its path in the project."""
    return _with_code("Job", name, _JOB)


def udf_files(name: str) -> Mapping[str, str]:
    """A saved UDF."""
    return _with_code("Udf", name, _UDF)


def token_files(name: str, udf: str) -> Mapping[str, str]:
    """A token of a declared UDF."""
    return {_spec(name): _HEAD.format(kind="UdfAccessToken", name=name) + _ACCESS.format(name=name, udf=udf)}


def _with_code(kind: str, name: str, spec: str) -> Mapping[str, str]:
    file = f"udfs/{name.replace('-', '_')}.py"
    return {_spec(name): _HEAD.format(kind=kind, name=name) + spec.format(file=file), file: _CODE}


def _spec(name: str) -> str:
    return f"specs/{name}.yaml"
