"""The parser of YAML events: libyaml's where PyYAML was built with it, which is twenty times as fast.

Only its events are used, never its loader, which may end the process where it makes values of what is nested deeply.
"""

from typing import Any

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class PureParser(Reader, Scanner, Parser):
    """PyYAML's parser without libyaml: the same events, slower."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)


FastestParser: type[Any] = getattr(yaml, "CSafeLoader", PureParser)
