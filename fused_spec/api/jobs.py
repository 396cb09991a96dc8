"""Start, watch and end jobs, and read what they leave: history, config, logs, results."""

from typing import Any
from urllib.parse import urlsplit

from fused_spec.api.errors import ApiError
from fused_spec.api.http.addresses import path
from fused_spec.api.http.limits import CONFIG, FACTS, FILES, START
from fused_spec.api.http.ranges import RemoteContent
from fused_spec.api.log_reads import LogReads
from fused_spec.api.logs.tail import tail
from fused_spec.api.paging import read_pages
from fused_spec.api.tasks import TaskReads
from fused_spec.api.values.inputs import (
    Env,
    JobReference,
    as_config,
    checked_instance_type,
    content_of,
    env_list,
    job_id_of,
)
from fused_spec.api.values.objects import JobResponse, Jobs, RunResponse
from fused_spec.api.values.plain import as_plain, text_or_none, whole_number
from fused_spec.api.values.results import JobResult
from fused_spec.errors import WaitTimeout
from fused_spec.jobs.status import Vigil
from fused_spec.system.polling import Deadline
from fused_spec.wire import JobConfig, Labelled, RunResult

METADATA_SUFFIX = ".metadata"
_RECURSION = {"Fused-Recursion": "1"}
"""A start from a person's machine, and not from within a run."""


class JobReads(LogReads, TaskReads):
    def get_jobs(
        self, n: int | None = 5, *, skip: int = 0, per_request: int = 25, max_requests: int | None = 1
    ) -> Jobs:
        """The newest `n` jobs of the history after the first `skip`; None means all of them.

        Asks for `per_request` jobs at a time, at most `max_requests` times (None: as often as it takes).
        """
        n, skip = whole_number(n, "n"), whole_number(skip, "skip") or 0
        per_request = whole_number(per_request, "per_request", least=0) or 0
        max_requests = whole_number(max_requests, "max_requests")
        jobs = read_pages(
            self._history_page,
            n=n,
            skip=skip,
            per_request=per_request,
            max_requests=max_requests,
            identity=lambda job: job.id,
        )
        return Jobs(
            jobs=[job.bind(self) for job in jobs],
            n=n,
            skip=skip,
            per_request=per_request,
            max_requests=max_requests,
        ).bind(self)

    def job_page(self, job: JobReference) -> str:
        """The job's page for people, on the host of the API."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}/workbench/jobs/{job_id_of(job)}"

    def get_status(self, job: JobReference) -> RunResponse:
        """The run as it is now."""
        answer = self._transport.call("GET", path("run", "by-id", job_id_of(job)))
        return answer.read_as(RunResponse).bind(self).seen_at(self.server_time)

    def get_job_config(self, job: JobReference) -> JobConfig:
        """The config with which the job was started; the service hands out a signed URL, which is read without auth."""
        answer = self._transport.call("GET", path("job", "by-id", job_id_of(job), "config"), leads_on=False)
        return self._transport.fetch(answer.location, limits=CONFIG).read_as(JobConfig)

    def get_job_metadata(self, job: JobReference) -> dict[str, object] | None:
        """What stands in the config's metadata; unlike `get_job_config` it reads the config of any service's job."""
        answer = self._transport.call("GET", path("job", "by-id", job_id_of(job), "config"), leads_on=False)
        metadata = self._transport.fetch(answer.location, limits=CONFIG).read_as(Labelled).metadata
        return metadata if isinstance(metadata, dict) else None

    def get_job_results(self, job: JobReference) -> list[JobResult]:
        """The stored results in the order of the job's input; each is read when asked (`JobResult.read`)."""
        answer = self._transport.call("GET", path("run", "by-id", job_id_of(job), "results"))
        entries = {entry.name: entry.url for entry in answer.read_as(list[RunResult])}
        return [
            JobResult(name=name, url=url, metadata_url=entries.get(name + METADATA_SUFFIX)).bind(self, job_id_of(job))
            for name, url in sorted(entries.items(), key=_position)
            if not name.endswith(METADATA_SUFFIX)
        ]

    def get_job_facts(self, job: JobReference) -> dict[str, Any] | None:
        """What came of each step of a run, in numbers, as `schemas/output/facts.schema.json` says.

        None where nothing is known: only an embedded service keeps them, of steps that ended well, and no other is
        asked.
        """
        if self.service_id is None:
            return None
        try:
            answer = self._transport.call("GET", path("run", "by-id", job_id_of(job), "facts"), limits=FACTS)
        except ApiError as error:
            if not error.lacks_the_call:
                raise
            return None
        return answer.read_as(dict[str, Any])

    def wait_for_job(
        self, job: JobReference, poll_interval_seconds: float = 5, timeout: float | None = None
    ) -> RunResponse:
        """Ask for the status until the run is over; a failed run does not raise.

        Over is what `finished_job_status` says, and where the service leaves it out, `terminal_status`. A run whose
        machine is gone while its work is said to go on is over once that was so for some minutes; it is `lost`.
        Raises TimeoutError (`WaitTimeout`) at the first look after `timeout` seconds; the run goes on.
        """
        deadline, vigil = Deadline(timeout, self._clock), Vigil()
        while not (run := self.get_status(job)).finished and not run.lost:
            if vigil.is_lost(run.machine_is_gone, self._clock()):
                return run.taken_for_lost()
            if deadline.passed:
                raise WaitTimeout(f"job {run.job_id} was not over after {timeout} seconds; it goes on")
            self._sleep(poll_interval_seconds)
        return run

    def tail_logs(
        self,
        job: JobReference,
        refresh_seconds: float = 1,
        sample_logs: bool = True,
        timeout: float | None = None,
        get_logs_retries: int = 1,
    ) -> None:
        """Print the log to standard output while it grows, until the job's machine has ended.

        With `sample_logs` only the newest of each batch of lines, else every line, and each just once. A job that had
        ended before is printed whole. Unlike in the published client, a line that holds the word ERROR ends nothing.
        Raises TimeoutError (`WaitTimeout`) after `timeout` seconds, and ValueError when the log cannot be read
        even after `get_logs_retries` repeats.
        """
        tail(
            self,
            job_id_of(job),
            refresh_seconds=refresh_seconds,
            sample=sample_logs,
            deadline=Deadline(timeout, self._clock),
            sleep=self._sleep,
            retries=get_logs_retries,
        )

    def _history_page(self, skip: int, limit: int) -> list[JobResponse]:
        return self._transport.call("GET", "job/self", query={"skip": skip, "limit": limit}).read_as(list[JobResponse])

    def open_result(self, result: JobResult) -> RemoteContent:
        """The content of a stored result, to be read in parts, also when its URL has expired in the meantime."""

        def once_more() -> str:
            named = {known.name: known.url for known in self.get_job_results(result.job_id)} if result.job_id else {}
            return named.get(result.name, result.url)

        return RemoteContent(self._transport, once_more, known=result.url)

    def _fetch_result(self, url: str) -> bytes:
        return self._transport.fetch(url, limits=FILES).body

    def _fetch_result_metadata(self, url: str) -> dict[str, object]:
        return self._transport.fetch(url).read_as(dict[str, object])


class JobWrites(JobReads):
    def start_job(
        self,
        config: object,
        *,
        instance_type: str | None = None,
        region: str | None = None,
        disk_size_gb: int | None = None,
        additional_env: Env = ("FUSED_CREDENTIAL_PROVIDER=ec2",),
        image_name: str | None = None,
        send_status_email: bool | None = None,
        cache_max_age: int | None = None,
    ) -> RunResponse:
        """Start a job and return at once; the request is sent exactly once, whatever happens.

        `config` is a JobConfig, a single step or a UDF: a wire model, plain JSON, or a model of the published package.
        `additional_env` is a list of `NAME=value` or a mapping; None leaves it to the service, which also decides
        about a mail where `send_status_email` is None. With `cache_max_age` the service may answer with an earlier
        run of so many seconds; `cached` of the answer tells of that, and of one that nobody allowed.
        Raises `InvalidArgument` (a ValueError) before anything is sent, for example for an unknown `instance_type`.
        After any other error its `sent` tells whether the job may have been started nevertheless.
        """
        content: dict[str, object] = {"config": content_of(as_config(config))}
        if env := env_list(additional_env):
            content["additional_env"] = env
        if image_name := text_or_none(image_name, "image_name"):
            content["image_name"] = image_name
        if send_status_email is not None:
            content["send_status_email"] = as_plain(send_status_email, "send_status_email")
        if (age := whole_number(cache_max_age, "cache_max_age")) is not None:
            content["cache_max_age"] = age
        query = {
            "region": text_or_none(region, "region"),
            "instance_type": checked_instance_type(instance_type),
            "disk_size_gb": whole_number(disk_size_gb, "disk_size_gb"),
        }
        answer = self._transport.call("POST", "run", query=query, content=content, headers=_RECURSION, limits=START)
        return answer.read_as(RunResponse).bind(self).answered_with(answer.headers)

    def cancel_job(self, job: JobReference) -> RunResponse:
        """Ask the service to end the run; the answer is the run as it was then, commonly not over yet."""
        answer = self._transport.call("POST", path("run", "by-id", job_id_of(job), "cancel"), limits=START)
        return answer.read_as(RunResponse).bind(self)


def _position(entry: tuple[str, str]) -> tuple[bool, int, str]:
    """Results sort by the number before the first dot of their name; those without one come last."""
    name = entry[0]
    number = name.partition(".")[0]
    return (False, int(number), name) if number.isdecimal() else (True, 0, name)
