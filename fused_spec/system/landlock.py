"""Linux's Landlock: from some moment on, this process and all that it starts write only where it was allowed before.

What is allowed holds for a folder with all below it, or for a file, wherever the path to it leads through. Reading is
left alone. Files that were open before stay writable. Nothing is needed but the system calls; a kernel without them, or
a container that hides them, has version 0.
"""

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

# The numbers of the calls are the same on every machine that Python is built for.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS, without which only root may restrict itself

_WRITE, _TRUNCATE, _DEVICE_CONTROL = 1 << 1, 1 << 14, 1 << 15
_REMOVE_FOLDER, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
_MAKE_FOLDER, _MAKE_FILE, _MAKE_SOCKET, _MAKE_PIPE, _MAKE_LINK = 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 12
_MOVE = 1 << 13  # from one folder into another, and hard links

_ON_FILES = _WRITE | _TRUNCATE | _DEVICE_CONTROL
# Not the making of devices: root could make the disk itself anew under another name.
_ALLOWED = (
    (_ON_FILES | _REMOVE_FOLDER | _REMOVE_FILE | _MOVE)
    | (_MAKE_FOLDER | _MAKE_FILE | _MAKE_SOCKET | _MAKE_PIPE | _MAKE_LINK)
)  # fmt: skip
_GUARDED = _ALLOWED | _MAKE_CHARACTER_DEVICE | _MAKE_BLOCK_DEVICE
_SINCE = {_MOVE: 2, _TRUNCATE: 3, _DEVICE_CONTROL: 5}
"""The version that first knows a right; one that is not known must not be named."""


@cache
def version() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))))


def restrict_writing(places: Iterable[Path]) -> None:
    """Have this thread, and what it starts, write only to these files, and to what is in these folders.

    Places that are not there, or are links, are left out. Raises `OSError` where the kernel has no Landlock.
    """
    known = version()
    rules = _made(rights(_GUARDED, known))
    try:
        for place in places:
            _allow(rules, place, known)
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_libc().syscall(_RESTRICT, rules, ctypes.c_uint32(0)))
    finally:
        os.close(rules)


def _made(guarded: int) -> int:
    attributes = struct.pack("=Q", guarded)
    return _checked(_libc().syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))


def _allow(rules: int, place: Path, known: int) -> None:
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # it is not there, or not for us
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISLNK(mode):
            return
        attributes = struct.pack("=Qi", rights(_ALLOWED if stat.S_ISDIR(mode) else _ON_FILES, known), descriptor)
        _checked(_libc().syscall(_ADD, rules, _PATH_BENEATH, attributes, ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)


def rights(wanted: int, known: int) -> int:
    """Those of the wanted rights that this version knows."""
    return wanted & ~sum(right for right, since in _SINCE.items() if known < since)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
