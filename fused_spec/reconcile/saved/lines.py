"""A variable in a text of others: `NAME=value` in a file of variables, or a block of one for a runner of GitHub.

Every other line stays as it is, byte for byte.
"""

import hashlib
import re


def value_in(content: bytes, name: str) -> bytes | None:
    """The value of a variable; the last line that gives it one counts."""
    found = _line_of(name).findall(content)
    return _unquoted(found[-1][1].strip()) if found else None


def with_value(content: bytes, name: str, value: bytes | None) -> bytes:
    """The same content where the variable has this value; without a value there is no such line."""
    pattern = _line_of(name)
    if value is None:
        return pattern.sub(b"", content)
    if pattern.search(content):
        return pattern.sub(lambda line: line[1] + value + line[3], content)
    end = b"" if not content or content.endswith(b"\n") else b"\n"
    return content + end + name.encode() + b"=" + value + b"\n"


def block_of(name: str, value: bytes) -> bytes:
    """What gives the variable a value of any lines; no value holds its own digest."""
    end = b"ends-" + hashlib.sha256(value).hexdigest().encode()
    return name.encode() + b"<<" + end + b"\n" + value + b"\n" + end + b"\n"


def _line_of(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"^((?:export[ \t]+)?" + re.escape(name.encode()) + rb"=)([^\r\n]*)(\r?\n|\Z)", re.MULTILINE)


def _unquoted(value: bytes) -> bytes:
    is_quoted = len(value) > 1 and value[:1] == value[-1:] and value[:1] in (b'"', b"'")
    return value[1:-1] if is_quoted else value
