"""One way to map a function over inputs, timed: `udf_map_contenders.py WAY TASK INPUTS`; prints seconds as JSON.

`udf_map.py` runs it, a process for each measurement. The peers are given the bare function and keep nothing; the engine
runs a whole job: it loads the UDF's code, keeps each result with what is known beside it, the log and the progress.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PROCESSES = 2

TRIVIAL = "def udf(number):\n    return number\n"
REALISTIC = """\
def udf(path):
    import geopandas as gpd

    buildings = gpd.read_parquet(path)
    grown = buildings.geometry.buffer(10)
    return {"rows": len(buildings), "area": float(grown.area.sum())}
"""


def trivial(number: int) -> int:
    return number


def realistic(path: str) -> dict[str, float]:
    import geopandas as gpd

    buildings = gpd.read_parquet(path)
    grown = buildings.geometry.buffer(10)
    return {"rows": len(buildings), "area": float(grown.area.sum())}


FUNCTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "trivial": (trivial, TRIVIAL),
    "realistic": (realistic, REALISTIC),
}


_REQUEST = {
    "job_id": "job",
    "env": {},
    "cpus": PROCESSES,
    "processors": [],
    "memory_limit": 2**34,
    "memory_share": 2**34,
    "disk_limit": None,
    "process_limit": 1000,
    "machine": "the benchmark's machine",
}


def engine(task: str, inputs: Sequence[object]) -> float:
    """A job of one step, from its request to its end, in a worker that has its imports."""
    from fused_spec.engine.jobs import forkserver, worker
    from fused_spec.jobs.folder import JobDir, read_results

    forkserver.preload()
    with tempfile.TemporaryDirectory() as folder:
        job = JobDir(Path(folder) / "job")
        job.results.mkdir(parents=True)
        udf = {"name": task, "entrypoint": "udf", "code": FUNCTIONS[task][1]}
        config = {"steps": [{"type": "udf", "udf": udf, "input": inputs}]}
        request = {**_REQUEST, "config": config, "storage": folder, "scratch": str(Path(folder) / "scratch")}
        request["confinement"] = {"state": str(Path.home() / "fused-spec-state"), "kept": [], "allowed": []}
        job.request.write_text(json.dumps(request))
        started = time.perf_counter()
        done = worker.run(job)
        seconds = time.perf_counter() - started
        assert done and sum(result.error is None for result in read_results(job)) == len(inputs)
    return seconds


def process_pool(task: str, inputs: Sequence[object]) -> float:
    from concurrent.futures import ProcessPoolExecutor

    function = FUNCTIONS[task][0]
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(function, inputs[:PROCESSES]))  # the processes are there, and have their imports
        return _timed(lambda: list(pool.map(function, inputs)))


def joblib(task: str, inputs: Sequence[object]) -> float:
    from joblib import Parallel, delayed

    function = FUNCTIONS[task][0]
    with Parallel(n_jobs=PROCESSES) as parallel:
        parallel(delayed(function)(one) for one in inputs[:PROCESSES])
        return _timed(lambda: parallel(delayed(function)(one) for one in inputs))


def dask(task: str, inputs: Sequence[object]) -> float:
    from distributed import Client, LocalCluster

    function = FUNCTIONS[task][0]
    with (
        LocalCluster(n_workers=PROCESSES, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.gather(client.map(function, inputs[:PROCESSES], pure=False))
        return _timed(lambda: client.gather(client.map(function, inputs, pure=False)))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


WAYS = {"engine": engine, "process-pool": process_pool, "joblib": joblib, "dask": dask}

if __name__ == "__main__":
    way, task, inputs = sys.argv[1:]
    print(json.dumps(WAYS[way](task, json.loads(inputs))))
