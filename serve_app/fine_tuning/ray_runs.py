"""Training as jobs of the Ray cluster that the gateway itself is on."""

import asyncio
import shlex
from collections.abc import Callable
from typing import TypeVar

import ray
from ray.job_submission import JobStatus, JobSubmissionClient

from deployments.errors import Unavailable
from serve_app.fine_tuning.folder import JobFolder
from serve_app.fine_tuning.runs import STOP_S, RunState, command

# Ray Train ends in good order on SIGINT alone; Ray itself would send SIGTERM and kill after three seconds.
ENVIRONMENT = {"RAY_JOB_STOP_SIGNAL": "SIGINT", "RAY_JOB_STOP_WAIT_TIME_S": f"{STOP_S:.0f}"}

T = TypeVar("T")


class RayRuns:
    on_ray = True

    def __init__(self) -> None:
        self._client: JobSubmissionClient | None = None

    async def refusal(self, needs_gpu: bool, is_busy: bool) -> str | None:
        """Serving holds its shares as long as it runs, so what is not free now comes free with a training alone."""
        total, free = await asyncio.to_thread(lambda: (ray.cluster_resources(), ray.available_resources()))
        name = "GPU" if needs_gpu else "CPU"
        if total.get(name, 0) < 1:
            return f"the cluster has no {name} to train on"
        if free.get(name, 0) < 1 and not is_busy:
            return (
                f"no {name} of the cluster is free: serving has {total[name] - free.get(name, 0):g} of {total[name]:g}"
            )
        return None

    async def submit(self, run_id: str, folder: JobFolder) -> None:
        def begin(client: JobSubmissionClient) -> None:
            try:
                client.submit_job(
                    entrypoint=shlex.join(command(folder)),
                    submission_id=run_id,
                    runtime_env={"env_vars": ENVIRONMENT},
                )
            except RuntimeError:
                if _status(client, run_id) is None:  # otherwise Ray has refused the same id, as it should
                    raise

        await self._ask(begin)

    async def state(self, run_id: str, folder: JobFolder) -> RunState:
        del folder
        status = await self._ask(lambda client: _status(client, run_id))
        if status is None:
            return "unknown"
        return "ended" if status.is_terminal() else "alive"

    async def stop(self, run_id: str, folder: JobFolder) -> None:
        del folder
        await self._ask(lambda client: client.stop_job(run_id))

    async def keep_log(self, run_id: str, folder: JobFolder) -> None:
        folder.keep_log(await self._ask(lambda client: client.get_job_logs(run_id)))

    async def _ask(self, work: Callable[[JobSubmissionClient], T]) -> T:
        def ask() -> T:
            if self._client is None:
                self._client = JobSubmissionClient(ray.get_runtime_context().gcs_address)
            return work(self._client)

        try:
            return await asyncio.to_thread(ask)
        except (RuntimeError, ConnectionError, OSError) as error:
            raise Unavailable(f"Ray's jobs can't be reached: {error}", "training_unavailable", 10.0) from error


def _status(client: JobSubmissionClient, run_id: str) -> JobStatus | None:
    """None for one that was never submitted, or that a cluster before this one has taken with it."""
    return {job.submission_id: job.status for job in client.list_jobs()}.get(run_id)
