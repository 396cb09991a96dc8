"""Read a file once, whole, and only when it is a regular one."""

import errno
import os
import stat
from pathlib import Path


def identity_and_content(path: Path, limit: int) -> tuple[tuple[int, int], bytes]:
    """Which file this is, whatever its name, and what is in it, one byte past the limit at most.

    Raises OSError: ENXIO for what is no regular file, EBUSY when the file changes meanwhile.
    """
    # Without O_NONBLOCK, opening a named pipe waits for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.ENXIO, "not a regular file")
        content = _read(descriptor, before.st_size + 1, limit + 1)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise OSError(errno.EBUSY, "changed")
    return (before.st_dev, before.st_ino), content


def _read(descriptor: int, expected: int, most: int) -> bytes:
    """All there is, to `most` bytes; some file systems do not say in advance how much that is."""
    content = os.read(descriptor, min(expected, most))
    while len(content) < most and (more := os.read(descriptor, min(expected, most - len(content)))):
        content += more
        expected = 2 * len(content)
    return content
