"""UDFs as the published client captures them: the text of a function with its decorator, and nothing around it."""

import ast
import functools
import inspect
import os
import re
import textwrap

from fused_spec_recorder import tape
from fused_spec_recorder.jobs import Step

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Udf:
    """A UDF; a call makes a step of it, which can be started."""

    def __init__(self, name, entrypoint, code, parameters=None, headers=(), cache_max_age=None):
        self.name = name
        self.entrypoint = entrypoint
        self.code = code
        self.parameters = dict(parameters or {})
        self.headers = list(headers)
        self.cache_max_age = cache_max_age
        self.__name__ = entrypoint

    def __call__(self, *args, arg_list=None, **parameters):
        if args:
            return tape.refuse(f"a call of {self.name} with arguments that have no names")
        step = {"type": "udf", "udf": self.as_json(parameters)}
        return Step(step | ({"input": list(arg_list)} if arg_list is not None else {}))

    def map(self, arg_list, *, instance_type=None, **words):
        """Batch jobs of the later clients; without a machine it would run at once."""
        if instance_type is None:
            return tape.refuse(f"{self.name}.map without instance_type")
        return self(arg_list=arg_list).run_batch(instance_type, **words)

    def run_remote(self, *args, **words):
        return self().run_remote(*args, **words)

    def run_batch(self, *args, **words):
        return self().run_batch(*args, **words)

    def set_parameters(self, parameters, replace_parameters=False, inplace=False):
        known = {} if replace_parameters else self.parameters
        made = Udf(self.name, self.entrypoint, self.code, {**known, **parameters}, self.headers, self.cache_max_age)
        if inplace:
            self.parameters = made.parameters
            return self
        return made

    def as_json(self, parameters=None):
        said = {"name": self.name, "entrypoint": self.entrypoint, "code": self.code}
        said["parameters"] = {**self.parameters, **(parameters or {})}
        return said | {"headers": self.headers, "cache_max_age": self.cache_max_age}


def udf(function=None, *, name=None, default_parameters=None, headers=None, cache_max_age=None, **_):
    """The decorator; what it says of a machine is for calls that run at once, and starts of a job say their own."""
    if function is None:
        return functools.partial(
            udf, name=name, default_parameters=default_parameters, headers=headers, cache_max_age=cache_max_age
        )
    code = _without_headers(textwrap.dedent(inspect.getsource(function)).rstrip("\n") + "\n")
    return Udf(
        name or function.__name__,
        function.__name__,
        code,
        default_parameters,
        [_header(one) for one in headers or ()],
        _age(cache_max_age),
    )


def load(source, *_, **__):
    """A UDF from a Python file of this machine; from elsewhere nobody can load it while nothing is sent."""
    path = os.fspath(source)
    if not path.endswith(".py") or not os.path.isfile(path):  # any Python may run this
        return tape.refuse(f"fused.load({path!r})")
    with open(path, encoding="utf-8", newline="") as stream:
        code = stream.read()
    marked = [one.name for one in ast.parse(code).body if _is_function(one) and any(map(_is_udf, one.decorator_list))]
    if not marked:
        raise ValueError(f"{path} has no function decorated with @fused.udf")
    entry = "udf" if "udf" in marked else marked[0]
    return Udf(os.path.splitext(os.path.basename(path))[0], entry, code)


def cache(function=None, **_):
    """Nothing is kept: what is cached is run in jobs."""
    return (lambda real: real) if function is None else function


def _header(said):
    """A module that travels along: a path, or {name: path}, or what has a name and a source."""
    if isinstance(said, dict) and "source_code" in said:
        return {"module_name": said["module_name"], "source_code": said["source_code"]}
    name, path = next(iter(said.items())) if isinstance(said, dict) else (None, os.fspath(said))
    with open(path, encoding="utf-8", newline="") as stream:
        code = stream.read()
    return {"module_name": name or os.path.splitext(os.path.basename(path))[0], "source_code": code}


def _without_headers(code):
    """The text without the decorator's `headers`, which travel by themselves."""
    lines = code.splitlines(keepends=True)
    function = ast.parse(code).body[0]
    for decorator in getattr(function, "decorator_list", ()):
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) and _is_udf(decorator) else ():
            if keyword.arg == "headers":
                begin = _offset(lines, keyword.lineno, keyword.col_offset)
                end = _offset(lines, keyword.value.end_lineno, keyword.value.end_col_offset)
                before, after = code.encode()[:begin], code.encode()[end:]
                after = re.sub(rb"^\s*,\s*", b"", after)
                if after.lstrip().startswith(b")"):
                    before = re.sub(rb",\s*$", b"", before)
                return (before + after).decode()
    return code


def _offset(lines, number, column):
    return sum(len(line.encode()) for line in lines[: number - 1]) + column


def _is_function(node):
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _is_udf(decorator):
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr == "udf" and getattr(called.value, "id", "") == "fused"


def _age(said):
    """Seconds, from `2h` and the like."""
    if said is None or isinstance(said, int):
        return said
    match = re.fullmatch(r"(\d+)([smhd])", said)
    if match is None:
        raise ValueError(f"{said!r} is no age; write 30m, 2h or 1d")
    return int(match[1]) * _SECONDS[match[2]]
