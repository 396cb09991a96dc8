"""Runs inside an environment that holds a published `fused` client: makes its calls and prints what came, as JSON.

    python driver.py BASE_URL TOKEN FOLDER

It knows nothing of this project. Each fact is the name of a call with a plain value, or with the error that came.
"""

import io
import json
import sys
import traceback
import urllib.request
import warnings
from contextlib import redirect_stdout
from pathlib import Path

warnings.simplefilter("ignore")

BASE, TOKEN, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])
CREDENTIALS = {
    "access_token": TOKEN,
    "auth_scheme": "Bearer",
    "token_type": "Bearer",
    "refresh_token": "none",
    "id_token": "none",
    "scope": "openid",
    "expires_in": 86400,
    "expires_at": "2099-01-01T00:00:00+00:00",
}
(FOLDER / ".fused").mkdir(parents=True, exist_ok=True)
(FOLDER / ".fused/credentials").write_text(json.dumps(CREDENTIALS))

import fused  # noqa: E402  # it looks for the credentials when it is imported
import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
from fused.models.api import JobConfig, UdfJobStepConfig  # noqa: E402
from shapely.geometry import Point  # noqa: E402

VERSION = tuple(map(int, fused.__version__.split(".")[:2]))
SECOND = VERSION >= (2, 0)
fused.options.base_url = BASE
if SECOND:
    fused.options.shared_udf_base_url = BASE + "/realtime-shared"
    fused.options.request_timeout = 30
REMOTE = {"engine": "remote" if VERSION >= (1, 14) else "realtime"}
api = fused.api.FusedAPI()
FACTS = {"version": fused.__version__}
KEPT = {}
"""What later calls need of earlier ones."""


def fact(function):
    """Call the function now, and keep what it returns under its name."""
    try:
        FACTS[function.__name__] = function()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the fact
        FACTS[function.__name__] = {
            "error": type(error).__name__,
            "text": str(error)[:500],
            "trace": traceback.format_exc()[-1500:],
        }
    return function


@fused.udf
def numbers(n: int = 1, word: str = "x"):
    import pandas as pd

    print(f"n={n} word={word}")
    return pd.DataFrame({"n": [n, n + 1], "word": [word, word]})


@fused.udf
def failing(n: int = 1):
    raise ValueError(f"no such tile {n}")


@fused.udf
def slow(n: int = 1):
    from time import sleep

    for second in range(600):
        print(f"second {second}")
        sleep(1)


@fused.udf
def image():
    import numpy as np

    return np.arange(3 * 4 * 5, dtype="uint8").reshape(3, 4, 5)


def start(udf, elements=None, **keywords):
    return api.start_job(JobConfig(steps=[UdfJobStepConfig(udf=udf, input=elements)]), **keywords)


def wait(run):
    return api.wait_for_job(run, poll_interval_seconds=0.2, timeout=120)


def outcome(run):
    """How a job ended: the answer of 2.x says it, 1.x clients look into the history."""
    listed = {job.id: job.job_status for job in list_of(api.get_jobs(20))}
    return str(listed[run.job_id]).rpartition(".")[2]


def list_of(jobs):
    return list(getattr(jobs, "jobs", jobs))


def messages(run):
    lines = api.get_logs(run)
    return [(line["message"] if isinstance(line, dict) else line.message).rstrip() for line in lines]


def frame(value):
    """A frame as plain values, whatever it is wrapped in."""
    value = getattr(value, "data", value)
    return {name: [str(item) for item in value[name]] for name in value.columns}


def names(listed):
    return sorted(str(getattr(one, "file_name", one)).rstrip("/").rpartition("/")[2] for one in listed)


@fact
def health():
    return api._health()


@fact
def whoami():
    return api._whoami()["email"]


@fact
def instances():
    return [bool(api._list_realtime_instances(whose=whose)) for whose in ("self", "public")]


@fact
def auth_token():
    return api.auth_token() == TOKEN


@fact
def job():
    run = start(numbers, [3, 4], instance_type="m5.large", region="us-west-2", disk_size_gb=20)
    KEPT["run"] = ended = wait(run)
    tasks = [getattr(ended, name, 2) for name in ("total_tasks", "finished_tasks")]  # 1.x clients leave them out
    return [outcome(ended), ended.terminal_status, run.instance_type, *tasks]


@fact
def logs():
    return messages(KEPT["run"])


@fact
def logs_since():
    last = api.get_logs(KEPT["run"])[-1]
    stamp = last["timestamp"] if isinstance(last, dict) else last.timestamp
    return [len(api.get_logs(KEPT["run"], since_ms=stamp)) >= 1, api.get_logs(KEPT["run"], since_ms=stamp + 1)]


@fact
def tail():
    run, out = start(slow), io.StringIO()
    with redirect_stdout(out):
        try:
            api.tail_logs(run, refresh_seconds=0.2, sample_logs=False, timeout=4)
        except TimeoutError:
            print("timeout")
    api.cancel_job(run)
    return ["second 1" in out.getvalue(), "timeout" in out.getvalue(), outcome(wait(run))]


@fact
def history():
    jobs = list_of(api.get_jobs(5))
    return [jobs[-1].id == KEPT["run"].job_id, len(list_of(api.get_jobs(1, skip=1))), list_of(api.get_jobs(skip=999))]


@fact
def config():
    found = api.get_job_config(KEPT["run"].job_id)
    return [found.steps[0].type, found.steps[0].udf.entrypoint, found.steps[0].input]


@fact
def execution_time():
    return api.get_status(KEPT["run"].job_id).get_exec_time().total_seconds() >= 0


@fact
def failed_job():
    ended = wait(start(failing))
    return [outcome(ended), messages(ended)[-1]]


@fact
def unknown_job():
    try:
        return api.get_status("00000000-0000-0000-0000-000000000000")
    except Exception as error:  # noqa: BLE001
        return type(error).__name__


if VERSION >= (1, 14):

    @fact
    def results():
        return [list(getattr(one, "data", one)["n"]) for one in api.get_job_results(KEPT["run"].job_id)]


@fact
def files():
    api.upload("fd://client/data.txt", b"hello")
    path = FOLDER / "points.parquet"
    gpd.GeoDataFrame({"a": [1, 2]}, geometry=[Point(0, 0), Point(1, 1)], crs=4326).to_parquet(path)
    with path.open("rb") as stream:
        api.upload("fd://client/points.parquet", stream)
    api.download("fd://client/data.txt", str(FOLDER / "back.txt"))
    return [
        api.get("fd://client/data.txt").decode(),
        (FOLDER / "back.txt").read_text(),
        len(api.get("fd://client/points.parquet")) == path.stat().st_size,
        names(api.list("fd://client/")),
        names(api.list("fd://client/", details=True)),
        api._upload_tmp("txt", b"x").startswith("fd://"),
    ]


@fact
def signed_urls():
    with urllib.request.urlopen(api.sign_url("fd://client/data.txt")) as answer:
        content = answer.read().decode()
    return [content, len(api.sign_url_prefix("fd://client/"))]


@fact
def delete_file():
    return [api.delete("fd://client/data.txt"), names(api.list("fd://client/"))]


@fact
def saved_udf():
    numbers.to_fused(*() if SECOND else ("numbers",))
    loaded = fused.load("numbers")
    KEPT["loaded"] = loaded
    return [len(api.get_udfs(n=5)), "n + 1" in loaded.code]


@fact
def token():
    KEPT["token"] = made = api.create_udf_access_token("numbers")
    found = [one.token for one in api.get_udf_access_tokens(n=10)]
    updated = api.update_udf_access_token(made.token, metadata_json={"a": 1})
    return [made.token in found, api.get_udf_access_token(made.token).udf_slug, updated.metadata_json]


@fact
def run_token():
    return frame(fused.run(KEPT["token"].token, n=7))


@fact
def run_saved():
    return frame(fused.run("numbers", n=8, **REMOTE))


@fact
def run_code():
    return frame(fused.run(numbers, n=9, word="é", **REMOTE))


@fact
def run_error():
    try:
        return frame(fused.run(failing, **REMOTE))
    except Exception as error:  # noqa: BLE001
        return [type(error).__name__, "no such tile 1" in str(error)]


if VERSION >= (1, 14):

    @fused.udf
    def tile(bounds: fused.types.Bounds = None, n: int = 1):
        import geopandas as gpd
        from shapely.geometry import box

        return gpd.GeoDataFrame({"n": [n]}, geometry=[box(*bounds)], crs=4326)

    @fact
    def run_tile():
        made = fused.run(tile, x=1, y=1, z=1, n=5, **REMOTE)
        return [round(number, 3) for number in getattr(made, "data", made).total_bounds]


@fact
def run_array():
    values = fused.run(image, **REMOTE)
    values = getattr(values, "image", values)
    values = np.asarray(getattr(values, "values", values))
    return [list(values.shape), int(values.sum())]


if SECOND:

    @fused.udf
    def mapping(n: int = 1):
        return {"n": n, "list": [1, 2], "text": "é"}

    @fact
    def run_mapping():
        return fused.run(mapping, n=4, **REMOTE)

    @fact
    def run_nothing():
        @fused.udf
        def nothing():
            return None

        return fused.run(nothing, **REMOTE)

    @fact
    def run_slow():
        @fused.udf
        def takes_a_while():
            import time

            time.sleep(3)
            return 5

        return fused.run(takes_a_while, **REMOTE)

    @fact
    def submit():
        made = fused.submit(numbers, [{"n": 1}, {"n": 2}], engine="remote", max_workers=2, collect=True)
        return sorted(int(n) for n in made["n"])

    @fact
    def run_on_instance():
        return frame(fused.run(numbers, n=6, instance_type="small"))

    @fact
    def schedule():
        from fused.models.api._cronjob import CronJob

        every = {"day_of_month": list(range(1, 32)), "month": list(range(1, 13)), "day_of_week": list(range(7))}
        udf_id = fused.load("numbers").metadata["fused:id"]
        asked = CronJob(udf=udf_id, name="nightly", enabled=True, minute=[0], hour=[3], udf_args={"n": 11}, **every)
        made = api.create_cronjob(asked)
        listed = [one.id for one in api.list_cronjobs()]
        ran = api.run_cronjob(made.id)
        api.delete_cronjob(made.id)
        return [made.id in listed, outcome(wait(ran["run"])), [one.id for one in api.list_cronjobs()]]


@fact
def secrets():
    api.set_secret_value("DB", "hunter2")
    listed, value = list(api.list_secrets()), api.get_secret_value("DB")
    api.delete_secret_value("DB")
    return [listed, value, list(api.list_secrets())]


@fact
def ingest():
    path = FOLDER / "many.parquet"
    points = [Point(n % 25, n // 25) for n in range(500)]
    gpd.GeoDataFrame({"a": range(500)}, geometry=points, crs=4326).to_parquet(path)
    with path.open("rb") as stream:
        api.upload("fd://client/many.parquet", stream)
    made = fused.ingest(
        "fd://client/many.parquet",
        f"file://{FOLDER}/table/",
        partitioning_maximum_per_file=200,
        partitioning_maximum_per_chunk=50,
    )
    ended = wait((made.run_batch if SECOND else made.run_remote)())
    if outcome(ended) != "Done":
        return messages(ended)
    chunks = fused.get_chunks_metadata(f"file://{FOLDER}/table/")
    keys = list(zip(chunks["file_id"], chunks["chunk_id"], strict=True))
    read = [fused.get_chunk_from_table(f"file://{FOLDER}/table/", *key) for key in keys]
    return [len(keys) > 1, sum(map(len, read)), sorted({int(a) for one in read for a in one["a"]}) == list(range(500))]


@fact
def delete_token():
    api.delete_udf_access_token(KEPT["token"].token)
    return KEPT["token"].token in [one.token for one in api.get_udf_access_tokens(n=10)]


if VERSION >= (1, 14):

    @fact
    def delete_udf():
        api.delete_saved_udf(KEPT["loaded"].metadata["fused:id"])
        return len(api.get_udfs(n=5))


print("FACTS " + json.dumps(FACTS, default=str))
