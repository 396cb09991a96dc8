"""Have the image that a run names, before the run waits for room."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from fused_spec.jobs.folder import JobDir
from fused_spec.service.images.images import ImageFailed, Images
from fused_spec.service.jobs.runs import Run
from fused_spec.service.workers.joblog import say


class Preparations:
    """Runs, of those whose folders are in `folder`, that wait for their image.

    Each then goes to `done`, with its Python, or to `failed`.
    """

    def __init__(
        self,
        images: Images,
        folder: Path,
        *,
        done: Callable[[Run, Path], object],
        failed: Callable[[Run, ImageFailed], object],
    ) -> None:
        self._images = images
        self._folder = folder
        self._done = done
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def any_goes_on(self) -> bool:
        return bool(self._tasks)

    def begin(self, run: Run, image: str) -> None:
        self._tasks[run.job_id] = asyncio.create_task(self._prepare(run, image))

    def drop(self, run: Run) -> None:
        """Forget a run, if it is here; the image is built all the same, for others."""
        if (task := self._tasks.pop(run.job_id, None)) is not None:
            task.cancel()

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _prepare(self, run: Run, image: str) -> None:
        log = JobDir(self._folder / run.job_id).log
        try:
            python = await self._images.python(image, partial(say, log))
        except ImageFailed as failure:
            for line in failure.said:
                say(log, line)
            self._failed(run, failure)
        else:
            self._done(run, python)
        self._tasks.pop(run.job_id, None)
