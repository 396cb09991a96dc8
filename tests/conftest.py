"""Which tests run and how deep they go, how many workers run them, and the seed of everything random.

A run of everything is too long for a newcomer's first, so `pytest` alone leaves out what is marked `thorough`: what
repeats in depth that which another test covers in breadth. `--all`, or naming files or folders, runs that too.

No test ends or fails by a clock: the machine may be shared, and then any example takes longer than it should.
"""

import gc
import os
import secrets
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.depth import ALL, SHARE, VARIABLE, is_all

_LEFT_OUT = pytest.StashKey[int]()

settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the thorough tests, too, and every example of the others")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers more than processors, since many tests wait for processes; none for tests that are named alone."""
    is_asked_for = any(argument.startswith(("-n", "--numprocesses")) for argument in config.invocation_params.args)
    if config.option.file_or_dir and not is_asked_for:
        return 0
    return 2 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from tests.scheduling import Scheduling

    return Scheduling(config, log) if config.option.dist == "loadgroup" else None


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = 0
    config.addinivalue_line("markers", "thorough: repeats in depth what another test covers in breadth")
    os.environ.setdefault("FUSED_SPEC_SEED", str(secrets.randbelow(2**32)))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a thousand processes are started, and would compile all of it
    is_a_worker = hasattr(config, "workerinput")  # which the run has told by the variable how deep to go
    if config.option.all:
        os.environ[VARIABLE] = ALL
    elif not is_a_worker and (config.option.file_or_dir or config.option.markexpr):
        os.environ.setdefault(VARIABLE, ALL)
    if not is_all():
        unhurried = settings.get_profile("unhurried")
        few = unhurried.max_examples // SHARE
        settings.register_profile("unhurried, in breadth", unhurried, max_examples=few)
        settings.load_profile("unhurried, in breadth")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Ten thousand tests are collected, which all stay: no garbage is looked for meanwhile, nor later among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()  # a process that a test forks shares them, too, and does not copy them by a look
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if is_all():
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=thorough)
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    config.stash[_LEFT_OUT] = len(thorough)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left out"] = session.config.stash[_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended, which alone knows what it left out; all leave out the same."""
    told = getattr(node, "workeroutput", {}).get("left out", 0)  # one that was killed tells nothing
    node.config.stash[_LEFT_OUT] = max(node.config.stash[_LEFT_OUT], told)


def pytest_report_header(config: pytest.Config) -> str:
    return f"FUSED_SPEC_SEED={os.environ['FUSED_SPEC_SEED']} repeats the faults of this run"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash[_LEFT_OUT]:
        terminalreporter.section(f"{left_out} thorough tests not run", yellow=True, bold=True)
        terminalreporter.line("`uv run pytest --all` runs them, and more examples of the others.")
