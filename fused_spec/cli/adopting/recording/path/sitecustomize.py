"""Read by every Python that finds it: says that the recorder is at work, and what the path had here before goes on."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))  # before anything else is imported
CLIENT = "fused_spec.api.client"


class _Loader(importlib.abc.Loader):
    """Loads the client as it is, and has it answered by the recorder."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        from fused_spec_recorder import client

        client.answer(module)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname != CLIENT:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def _former():
    """What this file stands in front of."""
    others = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if os.environ.get("FUSED_SPEC_RECORDING"):
    from fused_spec_recorder import tape

    tape.say({"recorder": "loaded"})
    sys.meta_path.insert(0, _Finder())
_former()
