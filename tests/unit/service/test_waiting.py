"""What a job gets of the machine, and who goes first."""

import json

import pytest

from fused_spec.configuration.instances import INSTANCES
from fused_spec.service.jobs.queue import Rooms
from fused_spec.service.jobs.runs import Run
from fused_spec.service.workers.machine import Machine, share_of, share_of_call, this_machine

GIB = 2**30
LAPTOP = Machine(processors=tuple(range(8)), memory=28 * GIB)


def run(
    name: str, *, project: str = "roads", instance_type: str | None = None, tasks: int = 1, listed: bool = True
) -> Run:
    step = {"type": "udf", "input": list(range(tasks))}
    return Run(
        job_id=name,
        job_name=name,
        config=json.dumps({"steps": [step]}),
        env={},
        nonce=f"{project}/{name}",
        instance_type=instance_type,
        listed=listed,
        created=0,
        changed=0,
    )


def rooms(*runs: Run, machine: Machine = LAPTOP) -> Rooms:
    made = Rooms(machine)
    for one in runs:
        made.add(one, None)
    return made


def started(made: Rooms) -> list[str]:
    return [place.run.job_id for place in made.ready()]


def test_a_job_gets_what_its_type_has() -> None:
    share = share_of(LAPTOP, "m5.large", tasks_at_once=100)
    assert (share.cpus, share.memory, share.set_aside, share.origin) == (2, 8 * GIB, 8 * GIB, "m5.large")


def test_a_type_larger_than_the_machine_is_the_machine() -> None:
    share = share_of(LAPTOP, "large", tasks_at_once=100)
    assert (share.cpus, share.memory) == (8, 28 * GIB)
    assert share.origin == "large, cut to what this machine has for jobs"


@pytest.mark.parametrize("instance_type", [None, "agent"])
def test_without_a_type_a_job_may_use_the_machine_and_is_sure_of_its_part(instance_type: str | None) -> None:
    share = share_of(LAPTOP, instance_type, tasks_at_once=2)
    assert (share.cpus, share.memory, share.busy_cpus, share.set_aside) == (8, 28 * GIB, 2, 7 * GIB)


def test_a_call_is_limited_too() -> None:
    assert share_of_call(LAPTOP).memory == 10 * GIB


@pytest.mark.parametrize("instance_type", INSTANCES)
def test_every_type_fits_an_empty_machine_however_small(instance_type: str) -> None:
    small = Machine(processors=(0,), memory=GIB // 2)
    assert started(rooms(run("a", instance_type=instance_type, tasks=1000), machine=small)) == ["a"]


def test_this_machine_keeps_some_memory_for_itself() -> None:
    machine = this_machine()
    assert machine.cpus >= 1
    assert 0 < machine.memory < 2**50


def test_jobs_start_until_the_machine_is_full() -> None:
    made = rooms(*(run(name, instance_type="m5.large") for name in "abcd"))
    assert started(made) == ["a", "b", "c"]  # 24 of 28 GiB


def test_a_place_that_is_free_again_goes_to_the_next() -> None:
    runs = [run(name, instance_type="r5.large") for name in "abc"]
    made = rooms(*runs)
    assert started(made) == ["a"]
    made.remove(runs[0])
    assert started(made) == ["b"]


def test_a_burst_of_one_project_does_not_keep_another_waiting() -> None:
    burst = [run(f"burst {number}") for number in range(500)]
    made = rooms(*burst)
    first = started(made)
    assert len(first) == 8
    made.add(run("single", project="parks"), None)
    made.remove(burst[0])
    assert started(made) == ["single"]


def test_a_large_job_is_not_overtaken_for_ever() -> None:
    small = [run(f"small {number}") for number in range(20)]
    made = rooms(*small[:4], machine=Machine(processors=(0, 1, 2, 3), memory=GIB))
    assert len(started(made)) == 4
    made.add(run("large", project="parks", tasks=4), None)
    for one in small[4:]:
        made.add(one, None)
    order = []
    for one in small[:4]:
        made.remove(one)
        order += started(made)
    assert order == ["large"]


def test_calls_do_not_wait_for_jobs() -> None:
    made = rooms(run("job", tasks=8), run("more", tasks=8), run("call", listed=False))
    assert started(made) == ["call", "job"]


def test_a_run_that_waits_is_told_what_for() -> None:
    waits = run("b", instance_type="r5.large")
    made = rooms(run("a", instance_type="r5.large"), waits)
    started(made)
    assert made.why_waiting(waits) == (
        "waiting for room: 1 running job uses 1 of 8 processors and 16.0 of 28.0 GiB; this one needs 1 and 16.0 GiB, "
        "and 0 other jobs wait"
    )


def test_jobs_with_fewer_processors_are_spread_over_all() -> None:
    made = rooms(*(run(name, instance_type="t3.small", tasks=9) for name in "abcd"))
    given = [number for place in made.ready() for number in place.processors]
    assert sorted(given) == list(range(8))


def test_a_cancelled_run_waits_no_more() -> None:
    runs = [run(name, tasks=8) for name in "ab"]
    made = rooms(*runs)
    started(made)
    made.remove(runs[1])
    assert not made.any_waits
