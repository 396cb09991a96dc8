"""Steps and jobs as the published client makes them, and what starts them."""

import re

from fused_spec_recorder import tape

_MACHINE = re.compile(r"(m5|r5|t3)\.\w+|c2-standard-\d+|m3-ultramem-\d+|agent|small|medium|large")


class Run:
    """A run that never was: over at once, with nothing to tell."""

    status = "terminated"
    job_status = "Done"
    terminal_status = finished_job_status = True
    total_tasks = finished_tasks = 1
    instance_id = instance_type = None

    def __init__(self, job_id, name=None):
        self.job_id = self.id = job_id
        self.job_name = name or job_id

    def get_status(self, *_, **__):
        return self

    wait_for_job = cancel = get_status

    def tail_logs(self, *_, **__):
        return None

    print_logs = tail_logs

    def get_logs(self, *_, **__):
        return []

    def get_results(self, *_, **__):
        return tape.refuse("a result of a run")

    get_exec_time = get_results

    def __repr__(self):
        return f"Run({self.job_id!r}, recorded and not started)"


class Step:
    """One step of a job."""

    def __init__(self, said):
        self.said = {name: value for name, value in said.items() if value is not None}

    @property
    def name(self):
        return self.said.get("name")

    def as_json(self):
        return self.said

    def run_remote(self, output_table=None, instance_type=None, **words):
        """The 1.x call, whose first argument is the output of an ingestion, or of the later clients the machine."""
        if isinstance(output_table, str) and _MACHINE.fullmatch(output_table) and instance_type is None:
            output_table, instance_type = None, output_table
        if output_table is not None and self.said["type"] != "udf":
            self.said["output"] = output_table
        return self.run_batch(instance_type, **words)

    def run_batch(self, instance_type=None, *, name=None, n_processes=None, additional_env=None, **words):
        if n_processes is not None:
            self.said["n_processes"] = n_processes
        config = {"name": name or self.name, "steps": [self.said]}
        return Run(tape.start(config, {**words, "instance_type": instance_type}, additional_env), config["name"])


class JobConfig:
    """Several steps, one after another."""

    def __init__(self, steps=(), name=None, metadata=None):
        self.steps, self.name, self.metadata = list(steps), name, metadata

    def as_json(self):
        said = {"name": self.name, "steps": [as_json(step) for step in self.steps], "metadata": self.metadata}
        return {name: value for name, value in said.items() if value is not None}

    def run_remote(self, instance_type=None, *, additional_env=None, **words):
        return Run(tape.start(self.as_json(), {**words, "instance_type": instance_type}, additional_env), self.name)

    run_batch = run_remote


def as_json(config):
    """A config, a step or a UDF as JSON."""
    if hasattr(config, "as_json"):
        return config.as_json()
    if hasattr(config, "model_dump"):
        return config.model_dump(mode="json")
    return config


def as_config(config):
    """The same as a whole config."""
    said = as_json(config)
    if "steps" in said:
        return {**said, "steps": [as_json(step) for step in said["steps"]]}
    if "entrypoint" in said:
        said = {"type": "udf", "udf": said}
    return {"name": said.get("name"), "steps": [said]}


_GEOSPATIAL = {
    "partitioning_maximum_per_file": None,
    "partitioning_maximum_per_chunk": None,
    "partitioning_method": "rows",
    "partitioning_force_utm": "chunk",
    "partitioning_split_method": "mean",
}


def ingest(input, output=None, **words):
    """A partition of geometries, with the defaults that the published function has and the step has not."""
    words = {("table_schema" if name == "schema" else name): value for name, value in words.items()}
    config = words.pop("gdal_config", None)
    said = {"type": "partition_geospatial", "input": _source(input), "output": output, **_given(words)}
    step = Step(said | ({"gdal_config": config} if config else {}))
    # Null is a value of these two: it is what the function says where its caller says nothing.
    step.said = {**_GEOSPATIAL, **step.said}
    return step


def ingest_nongeospatial(input, output=None, **words):
    """A partition of a table without geometry."""
    return Step({"type": "partition_nongeospatial", "input": _source(input), "output": output, **_given(words)})


def _given(words):
    return {name: value for name, value in words.items() if value is not None}


def _source(said):
    """Where a table is; one in memory would have to be sent."""
    if isinstance(said, (list, tuple)):
        return [_source(one) for one in said]
    if not isinstance(said, str) and not hasattr(said, "__fspath__"):
        return tape.refuse("an ingestion of a table in memory")
    return str(said)
