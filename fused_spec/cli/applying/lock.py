"""The lock of an apply: who is at work on a project in an environment at a service, and that nobody else is."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from fused_spec.cli.targets.memory import Memory
from fused_spec.errors import Locked
from fused_spec.system.polling import Clock, Deadline, Sleep, intervals, steady_clock

if TYPE_CHECKING:
    from fused_spec.reconcile.store.lease import Holder

_FIRST_LOOK, _LONGEST_LOOK = 0.5, 5.0  # seconds between two looks at a lock


def who(env: Mapping[str, str]) -> str:
    """Who is at work here, as far as the environment says: `of ada on laptop`, with the run of a CI."""
    holder = _holder(env)
    person = env.get("GITHUB_ACTOR") or env.get("GITLAB_USER_LOGIN") or env.get("USER") or env.get("LOGNAME")
    where = f"of {person} on {holder.host}" if person else f"on {holder.host}"
    return f"{where} ({holder.run_url})" if holder.run_url else where


@contextmanager
def only_apply(
    kept: Memory,
    env: Mapping[str, str],
    *,
    now: Callable[[], datetime],
    timeout: float = 0.0,
    tell: Callable[[str], None] = lambda text: None,
    clock: Clock = steady_clock,
    sleep: Sleep = time.sleep,
) -> Iterator[Callable[[float], bool]]:
    """Be the only apply of this project in its environment at its service, by a clock on which all agree.

    Waits `timeout` seconds for another one to end, and `tell`s which it is; raises `Locked` with the holder after that.
    Gives a function that says whether the lock still is held, and will be for so many seconds.
    """
    holder, deadline = _holder(env), Deadline(timeout, clock)
    with ExitStack() as stack:
        told = None
        for pause in intervals(_FIRST_LOOK, _LONGEST_LOOK):
            try:
                may_act = stack.enter_context(_locked(kept, holder, now))
                break
            except Locked as error:
                left = deadline.remaining
                if not left:
                    raise
                if told != (told := str(error)):
                    tell(f"Waiting for the lock: {error}.")
                sleep(min(pause, left))
        yield may_act


@contextmanager
def _locked(kept: Memory, holder: "Holder", now: Callable[[], datetime]) -> Iterator[Callable[[float], bool]]:
    """Hold every lock of this place."""
    from fused_spec.reconcile.store.lease import Lease, kept_alive, local_lock

    with ExitStack() as stack:
        for name in kept.locks:
            stack.enter_context(local_lock(kept.project.state / "locks" / f"{name}.lock", holder))
        leases = [
            stack.enter_context(kept_alive(Lease(kept.store, folder, holder, clock=steady_clock, now=now)))
            for folder in kept.leases
        ]
        yield lambda seconds: all(lease.holds(seconds) for lease in leases)


def _holder(env: Mapping[str, str]) -> "Holder":
    from fused_spec.reconcile.store.lease import Holder

    run_url = env.get("CI_JOB_URL") or env.get("BUILD_URL")
    if env.get("GITHUB_RUN_ID"):
        server, repository = env.get("GITHUB_SERVER_URL", ""), env.get("GITHUB_REPOSITORY", "")
        run_url = f"{server}/{repository}/actions/runs/{env['GITHUB_RUN_ID']}"
    return Holder(host=socket.gethostname(), pid=os.getpid(), run_url=run_url)
