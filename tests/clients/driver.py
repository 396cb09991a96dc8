"""Runs inside an environment that holds a published `fused` client: makes its calls and prints what came, as JSON.

    python driver.py BASE_URL TOKEN FOLDER COMMIT

It knows nothing of this project. Each fact is the name of a call with a plain value, or with the error that came.
"""

import asyncio
import io
import json
import sys
import time
import traceback
import urllib.request
import warnings
from contextlib import redirect_stdout
from pathlib import Path

warnings.simplefilter("ignore")

BASE, TOKEN, FOLDER, COMMIT = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
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


def is_terminal_soon(run):
    """The machine ends a moment after the work does, which is what 2.x clients wait for."""
    for _ in range(500):
        if api.get_status(run).terminal_status:
            return True
        time.sleep(0.02)
    return False


@fact
def job():
    run = start(numbers, [3, 4], instance_type="m5.large", region="us-west-2", disk_size_gb=20)
    KEPT["run"] = ended = wait(run)
    tasks = [getattr(ended, name, 2) for name in ("total_tasks", "finished_tasks")]  # 1.x clients leave them out
    return [outcome(ended), is_terminal_soon(run), run.instance_type, *tasks]


@fact
def logs():
    first, *between, last = messages(KEPT["run"])
    return [first, *sorted(between), last]  # two processes print when they do


@fact
def logs_since():
    last = api.get_logs(KEPT["run"])[-1]
    stamp = last["timestamp"] if isinstance(last, dict) else last.timestamp
    return [len(api.get_logs(KEPT["run"], since_ms=stamp)) >= 1, api.get_logs(KEPT["run"], since_ms=stamp + 1)]


class Seen(Exception):
    """What was waited for has been printed."""


class Until(io.StringIO):
    """Ends by an error whatever prints these words for the first time, however long that took to come."""

    def __init__(self, words):
        super().__init__()
        self.words = words

    def write(self, text):
        written = super().write(text)
        if self.words and self.words in text:
            self.words = None
            raise Seen
        return written


@fact
def tail():
    """It is begun before the job prints, ended by what the job prints, and once more by its own timeout."""
    run, out = start(slow), Until("second 1")
    with redirect_stdout(out):
        try:
            api.tail_logs(run, refresh_seconds=0.2, sample_logs=False)
        except Seen:
            print("seen")
        try:
            api.tail_logs(run, refresh_seconds=0.2, sample_logs=False, timeout=0.1)
        except TimeoutError:
            print("timeout")
    api.cancel_job(run)
    return ["seen" in out.getvalue(), "timeout" in out.getvalue(), outcome(wait(run))]


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


def raised(call):
    """The name of the error that a call ends with."""
    try:
        return ["no error", call()]
    except Exception as error:  # noqa: BLE001
        return type(error).__name__


@fact
def environment_of_a_job():
    @fused.udf
    def environment():
        import os

        print(os.environ["COLOUR"], os.environ["FUSED_CREDENTIAL_PROVIDER"])

    run = wait(start(environment, additional_env=["COLOUR=blue=green", "FUSED_CREDENTIAL_PROVIDER=none"]))
    return "blue=green none" in messages(run)


@fact
def named_job():
    config = JobConfig(
        name="with-a-name", steps=[UdfJobStepConfig(udf=numbers, input=[1])], metadata={"team": ["a", 1]}
    )
    run = wait(api.start_job(config))
    found = api.get_job_config(run.job_id)
    return [getattr(run, "job_name", "with-a-name"), found.name, found.metadata]


@fact
def two_steps():
    steps = [UdfJobStepConfig(udf=numbers, input=[1, 2]), UdfJobStepConfig(udf=numbers, input=[{"n": 3, "word": "z"}])]
    run = wait(api.start_job(JobConfig(steps=steps)))
    return [outcome(run), "n=3 word=z" in messages(run)]


@fact
def ignored_errors():
    @fused.udf
    def sometimes(n: int = 0):
        if n == 1:
            raise ValueError("not this one")
        print("did", n)

    steps = [UdfJobStepConfig(udf=sometimes, input=[0, 1, 2], ignore_chunk_error=True)]
    run = wait(api.start_job(JobConfig(steps=steps)))
    return [outcome(run), sorted(line for line in messages(run) if line.startswith("did"))]


@fact
def waiting_too_long():
    run = start(slow)
    error = raised(lambda: api.wait_for_job(run, poll_interval_seconds=0.1, timeout=0.5))
    api.cancel_job(run)
    wait(run)
    again = api.cancel_job(run)  # which changes nothing
    return [error, again.terminal_status, outcome(run)]


@fact
def printed():
    run, out = KEPT["run"], io.StringIO()
    with redirect_stdout(out):
        api.get_status(run).print_logs()
        api.get_status(run).tail_logs(refresh_seconds=0.1)
        print(repr(api.get_status(run)), repr(api.get_jobs(2)))
    return ["n=3 word=x" in out.getvalue(), run.job_id in out.getvalue()]


@fact
def module_functions():
    run, out = KEPT["run"], io.StringIO()
    with redirect_stdout(out):
        fused.api.job_print_logs(run.job_id)
        fused.api.job_tail_logs(run.job_id, refresh_seconds=0.1)
    return [
        "n=4 word=x" in out.getvalue(),
        len(fused.api.job_get_logs(run.job_id)),
        fused.api.job_get_status(run.job_id).terminal_status,
        fused.api.job_wait_for_job(run.job_id).job_id == run.job_id,
        fused.api.job_cancel(run.job_id).terminal_status,
        fused.api.job_get_exec_time(run.job_id).total_seconds() >= 0,
        fused.api.whoami()["email"] == api._whoami()["email"],
    ]


@fact
def pages_of_the_history():
    job = list_of(api.get_jobs(1))[0]
    return [
        len(list_of(api.get_jobs(3, per_request=1, max_requests=None))),
        list_of(api.get_jobs(3, per_request=0)),
        job.get_status().job_id == job.id,
        len(job.get_logs()) > 0,
        api.get_job_config(job).steps[0].type,
    ]


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
    def results_of_a_job_with_a_failed_element():
        @fused.udf
        def sometimes(n: int = 0):
            import pandas as pd

            if n == 1:
                raise ValueError("not this one")
            return pd.DataFrame({"n": [n]})

        steps = [UdfJobStepConfig(udf=sometimes, input=[0, 1, 2], ignore_chunk_error=True)]
        run = wait(api.start_job(JobConfig(steps=steps)))
        third = api.get_job_results(run, 2)
        return [len(api.get_job_results(run)), list(getattr(third, "data", third)["n"])]


@fact
def unknown_things():
    nobody = "00000000-0000-0000-0000-000000000000"
    calls = [
        lambda: api.get_logs(nobody),
        lambda: api.cancel_job(nobody),
        lambda: api.get_job_config(nobody),
        lambda: api.get("fd://client/none.bin"),
        lambda: api.get_udf_access_token("fsh_none"),
        lambda: api.create_udf_access_token("no-such-udf"),
        lambda: fused.load("no-such-udf"),
        lambda: api.upload("s3://elsewhere/a.bin", b"x"),
        lambda: api.list("fd://../.."),
    ]
    return sorted({str(raised(call)) for call in calls})


@fact
def local_inputs():
    geo = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)], crs=4326)
    path = FOLDER / "input.txt"
    path.write_text("hello")
    upload = api._replace_df_input if VERSION < (1, 14) else api._upload_local_input
    made = [upload(one) for one in (geo, path, "fd://client/data.txt")]
    kinds = [url.rpartition(".")[2] for url in made]
    return [kinds, api.get(made[1]).decode(), len(api.get(made[0])) > 100]


@fact
def resolved():
    api.upload("fd://client/data.txt", b"hello")
    path = (api._resolve if not SECOND else fused.api.resolve)("fd://client/data.txt")
    with urllib.request.urlopen(path) as answer:
        return answer.read().decode()


@fact
def awkward_names():
    made = []
    for name in ("with blank.txt", "é.txt", "a+b&c=d.txt", "100%.txt", "deep/er/x.txt"):
        api.upload(f"fd://names/{name}", name.encode())
        made.append(api.get(f"fd://names/{name}").decode() == name)
    listed = names(api.list("fd://names/"))
    return [made, len(listed), api.delete("fd://names/", max_deletion_depth=4), api.list("fd://names/")]


@fact
def large_upload():
    content = bytes(range(256)) * 40_000
    api.upload("fd://large/a.bin", content)
    return api.get("fd://large/a.bin") == content


@fact
def quoted_names():
    api._upload_direct("fd://quoted/a b.txt", b"direct")
    api.download("fd://quoted/a b.txt", str(FOLDER / "quoted.txt"))
    made = [api._upload_tmp(extension, b"x").rpartition("/")[2][36:] for extension in ("", ".txt", "geo-json")]
    return [api.get("fd://quoted/a b.txt").decode(), (FOLDER / "quoted.txt").read_text(), made]


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
def udf_without_a_slug():
    saved = api.save_udf(failing)
    found = [saved["slug"], api._get_udf_by_id(saved["id"])["slug"] if VERSION >= (1, 14) else "failing"]
    public = api.save_udf(failing, slug="shown", allow_public_read=True, allow_public_list=True)
    found += [api._get_public_udf("shown")["slug"], len(api.get_udfs(n=5, whose="public"))]
    for one in (saved, public):
        api.delete_saved_udf(one["id"])
    return found


@fact
def udf_in_git():
    return "n * 2" in fused.load(f"https://github.com/acme/udfs/tree/{COMMIT}/Doubled").code


@fact
def token():
    KEPT["token"] = made = api.create_udf_access_token("numbers")
    found = [one.token for one in api.get_udf_access_tokens(n=10)]
    updated = api.update_udf_access_token(made.token, metadata_json={"a": 1})
    return [made.token in found, api.get_udf_access_token(made.token).udf_slug, updated.metadata_json]


@fact
def tokens_page_by_page():
    made = [api.create_udf_access_token("numbers").token for _ in range(3)]
    found = {one.token for one in api.get_udf_access_tokens(per_request=2)}
    for token in made:
        api.delete_udf_access_token(token)
    return [set(made) <= found, len({one.token for one in api.get_udf_access_tokens()} & set(made))]


@fact
def token_of_an_address():
    made = api.create_udf_access_token(api._whoami()["email"], "numbers", cache=False, client_id=None)
    api.update_udf_access_token(made.token, enabled=False)
    error = raised(lambda: fused.run(made.token, n=7))
    api.delete_udf_access_token(made.token)
    return [made.udf_slug, made.client_id, error]


@fact
def token_addresses():
    word = {"format": "csv"} if SECOND else {"dtype_out_vector": "csv"}
    base = KEPT["token"].get_file_url()
    url = base.partition("?")[0] + "?n=7&" + "&".join(f"{name}={value}" for name, value in word.items())
    with urllib.request.urlopen(url) as answer:
        first = answer.read().decode().splitlines()[0]
    return [base.startswith(BASE), "{z}" in KEPT["token"].get_tile_url(), "n" in first.split(",")]


@fact
def udf_lists():
    return [len(api.get_udfs(n=5, whose="team")), len(api.get_udfs(n=5, whose="public"))]


@fact
def token_objects():
    made = numbers.create_access_token(metadata_json={"ü": [1]}, cache=False)
    changed = made.update(metadata_json={"b": 2})
    known = [one.token for one in numbers.get_access_tokens()]
    found = [changed.metadata_json, made.refresh().metadata_json, made.token in known]
    by_handle = api.create_udf_access_token("local/numbers")
    api.delete_udf_access_token(by_handle)
    return [*found, by_handle.udf_slug, made.delete().token == made.token, raised(lambda: made.delete())]


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


@fused.udf
def noisy(n: int = 1):
    print("p" * 20000)
    raise ValueError("q" * 9000 + "the end")


@fact
def run_noisy_error():
    try:
        return frame(fused.run(noisy, **REMOTE))
    except Exception as error:  # noqa: BLE001
        return [type(error).__name__, str(error).endswith("the end")]


if VERSION >= (1, 14):  # before, no asynchronous call gets as far as a request

    async def noisy_later():
        """By its code, or where that cannot be done asynchronously, by its saved name."""
        return await (fused.run_async(noisy) if SECOND else fused.run("noisy", sync=False, **REMOTE))

    @fact
    def run_noisy_error_later():
        saved = None if SECOND else api.save_udf(noisy, slug="noisy")
        error = raised(lambda: asyncio.run(noisy_later()))
        if saved is not None:
            api.delete_saved_udf(saved["id"])
        return error

    @fused.udf
    def tile(bounds: fused.types.Bounds = None, n: int = 1):
        import geopandas as gpd
        from shapely.geometry import box

        return gpd.GeoDataFrame({"n": [n]}, geometry=[box(*bounds)], crs=4326)

    @fact
    def run_tile():
        made = fused.run(tile, x=1, y=1, z=1, n=5, **REMOTE)
        return [round(number, 3) for number in getattr(made, "data", made).total_bounds]


if VERSION >= (1, 14) and not SECOND:

    @fact
    def submit_many():
        pool = fused.submit(numbers, [{"n": 1}, {"n": 2}], engine="remote", max_workers=2)
        pool.wait()
        return sorted(int(n) for one in pool.results() for n in getattr(one, "data", one)["n"])


if not SECOND:

    @fact
    def packages():
        known = api.dependency_whitelist()["dependency_whitelist"]
        return [name in known for name in ("os", "numpy", "geopandas", "no_such_package")]


@fact
def run_array():
    values = fused.run(image, **REMOTE)
    values = getattr(values, "image", values)
    values = np.asarray(getattr(values, "values", values))
    return [list(values.shape), int(values.sum())]


@fact
def run_labelled_array():
    @fused.udf
    def heights():
        import numpy as np
        import xarray as xr

        times = np.array(["2024-02-28", "2024-02-29"], "datetime64[ns]")
        cells = np.array([[[1, -9999], [2, 3]], [[4, 5], [6, 7]]], "float32")
        places = {"time": times, "y": [50.5, 49.5], "x": [10.0, 11.0]}
        attrs = {"_FillValue": -9999, "units": "m", "source": "survey"}
        return xr.DataArray(cells, dims=("time", "y", "x"), coords=places, name="height", attrs=attrs)

    found = fused.run(heights, **REMOTE)
    found = found["image"] if hasattr(found, "data_vars") else found
    return {
        "axes": [str(dim) for dim in found.dims],
        "times": [str(time)[:10] for time in found["time"].values],
        "bands": [name[:10] for name in found.attrs["long_name"]],
        "missing": int(np.isnan(found.values).sum()),
        "places": [float(found["x"][0]), float(found["y"][0])],
        "said": [found.attrs["source"], *sorted(set(found.attrs["units"]))],
    }


if VERSION >= (1, 14):

    @fact
    def listed_values():
        """What the client itself makes of values that an annotation does not list, or that name a member."""
        import enum
        import inspect
        from typing import Literal

        from fused._udf.args import coerce_arg

        colours = enum.Enum("Colours", {"RED": "r"})
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        given = {"q": Literal["x", "y"], "2": Literal[1, 2], "r": colours, "no": colours}
        return [coerce_arg(one, inspect.Parameter("a", kind, annotation=of)) for one, of in given.items()]


if SECOND:

    @fused.udf
    def mapping(n: int = 1):
        return {"n": n, "list": [1, 2], "text": "é"}

    @fact
    def run_mapping():
        return fused.run(mapping, n=4, **REMOTE)

    @fact
    def run_kinds():
        @fused.udf
        def kinds(kind: str):
            import geopandas as gpd
            import numpy as np
            import pandas as pd
            from PIL import Image
            from shapely.geometry import Point

            places = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(1, 2)], crs=4326)
            made = {
                "tables": {"places": places, "note": "text"},
                "located": (np.ones((2, 3)), [0, 1, 2, 3]),
                "labels": pd.DataFrame({"n": [1, 2]}, index=["a", "b"]),
                "picture": Image.new("RGB", (3, 2)),
                "missing": {"mean": float("nan")},
                "days": pd.Timestamp("2024-02-29"),
            }
            return made[kind]

        found = {
            kind: fused.run(kinds, kind=kind, **REMOTE)
            for kind in ("tables", "located", "labels", "picture", "missing", "days")
        }
        return [
            [found["tables"]["places"].crs.to_epsg(), found["tables"]["note"]],
            [list(found["located"][0].shape), found["located"][1]],
            list(found["labels"].index),
            list(found["picture"]["image"].shape),
            found["missing"],
            found["days"],
        ]

    @fact
    def run_parts():
        @fused.udf
        def parts(n: int = 1):
            import pandas as pd

            return {"table": pd.DataFrame({"n": [n]}), "text": "é", "number": n}

        found = [fused.run(parts, n=4, **REMOTE), fused.run(parts, n=5, instance_type="small")]
        return [[list(one["table"]["n"]), one["text"], one["number"]] for one in found]

    @fact
    def run_bounded_array():
        @fused.udf
        def bounded():
            import numpy as np

            return np.ones((2, 3), "uint8"), [0, 0, 3, 2]

        values, bounds = fused.run(bounded, **REMOTE)
        return [list(values.shape), list(bounds)]

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
        changed = api.update_cronjob(made.model_copy(update={"hour": [4]}))
        assert [changed.hour, api.get_cronjob(made.id).hour] == [[4], [4]]
        assert [one.id for one in api.get_cronjobs_for_udf(udf_id)] == [made.id]
        api.delete_cronjob(made.id)
        return [made.id in listed, outcome(wait(ran["run"])), [one.id for one in api.list_cronjobs()]]

    @fact
    def schedule_of_a_udf():
        @fused.udf
        def scheduled(n: int = 1):
            print("scheduled", n)

        made = fused.api.schedule_udf(scheduled, minute=5, hour=[1, 2], udf_args={"n": 3})
        again = scheduled.schedule(minute=6, hour=3)  # which changes the one that there is
        found = [again.id == made.id, repr(scheduled.get_schedule()[0]), made.udf.name]
        ran = wait(made.run_now())
        found.append([line for line in messages(ran) if line.startswith("scheduled 1")])  # the second has no arguments
        disabled = made.refresh_from_api()
        disabled.enabled = False
        found += [repr(disabled.update()), len(fused.api.schedule_list())]
        made.delete()
        scheduled.delete_saved()
        return [*found, len(fused.api.schedule_list())]

    @fact
    def collections():
        @fused.udf
        def mapped(n: int = 1):
            return n

        first = mapped.to_fused(collection_name="maps", create_collection=True)
        other = fused.load("@fused.udf\ndef mapped(n: int = 2):\n    return 10 * n\n").to_fused()
        maps = api.get_collection_by_name("maps")
        found = [
            first.collection_name,
            fused.run(fused.load("mapped", collection_name="maps"), **REMOTE),
            fused.run("mapped", **REMOTE),
            raised(lambda: fused.load("mapped", collection_name="none")),
            sorted(api.get_udfs(collection_name="maps")),
            [one["name"] for one in api.list_collections()],
            api.get_collection_by_id(maps["id"]).name,
            api.update_collection(maps["id"], name="plans", access_scope="team").name,
            raised(lambda: api.share_collection(maps["id"])),
            raised(lambda: first.get_canvas_share_token()),
        ]
        first.delete_saved()
        other.delete_saved()
        api.delete_collection(maps["id"])
        return [*found, [one["name"] for one in api.list_collections(whose="team", lite=False)]]

    @fact
    def cached_job():
        first = wait(start(numbers, [21]))
        out = io.StringIO()
        with redirect_stdout(out):
            second = start(numbers, [21], cache_max_age=3600)
        return [second.job_id == first.job_id, "Cached" in out.getvalue(), start(numbers, [21]).job_id == first.job_id]

    @fact
    def batch_pool():
        @fused.udf
        def sometimes(n: int = 0):
            if n == 1:
                raise ValueError("not this one")
            return 10 * n

        options = {"instance_type": "small", "collect": False, "max_retry": 0}
        good = fused.submit(sometimes, [{"n": 2}, {"n": 3}], **options)
        good.wait()
        pool = fused.submit(sometimes, [{"n": 1}, {"n": 2}], **options)
        pool.wait()
        known = [len(pool.logs()), sum(pool.status()), "not this one" in str(pool.errors()[0])]
        return [good.results(), [int(n) for n in good.df()["result"]], known]

    @fact
    def token_scope():
        made = api.create_udf_access_token("numbers", public_read=True, access_scope="team")
        changed = api.update_udf_access_token(made, public_read=False)
        api.delete_udf_access_token(made)
        return [made.public_read, made.access_scope, changed.public_read, changed.access_scope]

    @fact
    def forgotten_results():
        return fused.load("numbers").invalidate_cache().name

    @fact
    def own_secrets():
        api.set_secret_value("MINE", "hunter3")
        found = [api.list_user_custom_secrets(), api.get_user_custom_secret("MINE")]
        api.delete_secret_value("MINE")
        return found

    @fact
    def progress():
        run = start(slow)
        while api.get_status(run).status == "pending":
            pass
        told = api._update_job_progress(run.job_id, 1)
        api.cancel_job(run)
        return told["finished_tasks"]

    @fact
    def mounted_files():
        api.upload("file:///mount/a/b.txt", b"hello")
        api.download("file:///mount/a/b.txt", str(FOLDER / "mounted.txt"))
        listed = [names(api.list("file:///mount/a", details=True)), api.list("file:///mount/a")]
        content = [api.get("file:///mount/a/b.txt").decode(), (FOLDER / "mounted.txt").read_text()]
        api.delete("file:///mount/a/b.txt")
        return [listed, content, api.list("file:///mount/a")]

    @fact
    def run_page():
        @fused.udf
        def page(who: str = "you"):
            return f"<h1>hello {who}</h1>"

        page.to_fused()
        token = api.create_udf_access_token("page")
        with urllib.request.urlopen(f"{BASE}/realtime-shared/{token.token}/run?format=html&who=me") as answer:
            kind, policy = answer.headers["Content-Type"], answer.headers["Content-Security-Policy"]
            content = answer.read().decode()
        api.delete_saved_udf(fused.load("page").metadata["fused:id"])
        return [kind.partition(";")[0], "sandbox" in policy, content]


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
def read_in_box():
    if SECOND:
        return 4
    api.upload("fd://client/boxed.parquet", (FOLDER / "many.parquet").read_bytes())
    job = fused.ingest("fd://client/boxed.parquet", "fd://client/boxed/", partitioning_maximum_per_chunk=50)
    wait(job.run_remote())
    return len(api.download_table_bbox("fd://client/boxed/", 0.5, 0.5, 2.5, 2.5))


@fact
def ingest_a_frame():
    frame_of_points = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[Point(0, 0), Point(1, 1)], crs=4326)
    made = fused.ingest(frame_of_points, f"file://{FOLDER}/frame/")
    return outcome(wait((made.run_batch if SECOND else made.run_remote)()))


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
