"""The service's side of the forkserver, with a real one."""

import asyncio
import os
from pathlib import Path

import psutil

from fused_spec.service.workers.forkserver import Forkserver


def children() -> set[int]:
    return {process.pid for process in psutil.Process(os.getpid()).children()}


def nothing_ends(folder: Path, code: int) -> None:
    raise AssertionError(folder, code)


def test_two_that_need_it_at_once_start_one_process_and_closing_ends_it() -> None:
    async def use() -> tuple[int, int]:
        forkserver = Forkserver(nothing_ends)
        before = children()
        await asyncio.gather(forkserver.start(), forkserver.start())
        meanwhile = children() - before
        await forkserver.close()
        return len(meanwhile), len(children() & meanwhile)

    assert asyncio.run(use()) == (1, 0)
