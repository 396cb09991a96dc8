"""The life of a task process of the pool: batches of tasks come in, an answer to each goes out.

A batch is a line with a JSON list of numbers. An answer is a line of five fields with tabs between them: the number of
the task, its nanoseconds, its error in JSON or nothing, its record, and what is known of it (`Answer.facts`, with what
the meter says). A number alone says how many tasks of the batch are returned, not begun.
"""

import gc
import json
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import BinaryIO, NamedTuple, NoReturn

from fused_spec.engine.processes.marks import Marks, marked_stream
from fused_spec.engine.processes.meter import Meter
from fused_spec.engine.processes.stacks import leave_stack

BATCH_SECONDS = 0.05
_SMALL = 500_000  # ns; to mark a task takes a small part of this


class Answer(NamedTuple):
    """What a task answers: why it failed, if it did, and for whoever asked a record: one line without a tab.

    `facts` is what is known of the task, as the inner part of a JSON object with a comma before it, or nothing.
    """

    error: str | None = None
    record: str = ""
    facts: str = ""


def serve(
    call: Callable[[int], Answer], orders: int, answers: int, output: tuple[int, int], stack: int = 2
) -> NoReturn:
    """The life of a task process: batches of tasks in, answers out, until the worker closes the pipe.

    When it is ended in mid-task, `stack` gets its stack.
    """
    marks = _move_output(output)
    gc.freeze()  # what the worker had stays; looking through it again and again would cost more than small tasks
    leave_stack(stack)
    meter = Meter()
    code = 70  # a fault of the engine, which the worker reports
    try:
        with open(orders, "rb") as batches, open(answers, "wb") as stream:
            for batch in batches:
                _work(call, deque(json.loads(batch)), stream, meter, marks)
        code = 0
    except ConnectionError:
        code = 0
    finally:
        os._exit(code)  # in any case: what stands above this in the stack is the worker's


def _move_output(output: tuple[int, int]) -> Marks:
    """Have what this process prints go into two pipes, with marks between."""
    for stream, pipe in enumerate(output, start=1):
        os.dup2(pipe, stream)
        os.close(pipe)
    marks = Marks(1, 2)
    sys.stdout, sys.stderr = marked_stream(0, marks), marked_stream(1, marks)
    return marks


def _work(call: Callable[[int], Answer], tasks: deque[int], stream: BinaryIO, meter: Meter, marks: Marks) -> None:
    """Answer task by task, each at once: one that ends the process must not take the answers before it along.

    When they take longer than was thought, the rest is returned for others to take.
    """
    started = time.perf_counter_ns()
    meter.begin()
    late = started + 2 * BATCH_SECONDS * 1e9
    is_small = False  # as the last one was; the first one of a batch pays for all
    while tasks:
        index = tasks.popleft()
        marks.begin(index, is_small=is_small)
        answer = _answer(call, index)
        ended = time.perf_counter_ns()
        error = "" if answer.error is None else encode_basestring_ascii(answer.error)
        is_small = ended - started < _SMALL
        facts = meter.of(started, ended) + answer.facts
        stream.write(f"{index}\t{ended - started}\t{error}\t{answer.record}\t{facts}\n".encode())
        if tasks and ended > late:
            stream.write(f"{len(tasks)}\n".encode())
            tasks.clear()
        stream.flush()
        started = ended


def _answer(call: Callable[[int], Answer], index: int) -> Answer:
    try:
        answer = call(index)
    # What a task cannot do is an answer of its own making; this is a fault of ours, and must not go unexplained.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        answer = Answer(f"the engine failed: {type(error).__name__}: {error}")
    sys.stdout.flush()
    sys.stderr.flush()
    return answer
