"""What trains: a process on this machine, or a job of the Ray cluster. Both run the same fixed command on a file."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

import psutil

from deployments.schemas import Record
from serve_app.fine_tuning.folder import JobFolder

RunState = Literal["unknown", "alive", "ended"]
STOP_S = 30.0  # to write a checkpoint, before it is killed
# No secrets: pictures of strangers are opened there.
PASSED_ON = ("HOME", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "PATH", "PYTHONPATH", "TMPDIR")


class Runs(Protocol):
    """How a run has ended is in its folder; here is only whether it has. All raise Unavailable."""

    on_ray: bool

    async def refusal(self, needs_gpu: bool, is_busy: bool) -> str | None:
        """Why nothing can be trained here, also later; `is_busy`: a training has what is missing now."""

    async def submit(self, run_id: str, folder: JobFolder) -> None:
        """Begins nothing when the run has been begun before, by whomever."""

    async def state(self, run_id: str, folder: JobFolder) -> RunState: ...

    async def stop(self, run_id: str, folder: JobFolder) -> None:
        """Asked for until it has ended."""

    async def keep_log(self, run_id: str, folder: JobFolder) -> None:
        """Into the folder, once the run has ended."""


def command(folder: JobFolder) -> list[str]:
    return [sys.executable, "-m", "train.finetune", "run", "--spec", str(folder.spec)]


class _Process(Record):
    pid: int
    created_s: float


class LocalRuns:
    """Processes of this machine, on its processor. They live on when the gateway dies, and are found again."""

    on_ray = False

    def __init__(self) -> None:
        self._stopping_s: dict[str, float] = {}

    async def refusal(self, needs_gpu: bool, is_busy: bool) -> str | None:
        del is_busy
        return "this machine trains on its processor, and the recipe needs a GPU" if needs_gpu else None

    async def submit(self, run_id: str, folder: JobFolder) -> None:
        await asyncio.to_thread(self._start, run_id, folder)

    async def state(self, run_id: str, folder: JobFolder) -> RunState:
        return await asyncio.to_thread(self._state, run_id, folder)

    async def stop(self, run_id: str, folder: JobFolder) -> None:
        began_s = self._stopping_s.setdefault(run_id, time.monotonic())
        is_late = time.monotonic() - began_s > STOP_S
        if process := await asyncio.to_thread(_find, _path(run_id, folder)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL if is_late else signal.SIGINT)

    async def keep_log(self, run_id: str, folder: JobFolder) -> None:
        del run_id
        await asyncio.to_thread(lambda: folder.keep_log(folder.log.read_text(errors="replace")))

    def _start(self, run_id: str, folder: JobFolder) -> None:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        try:
            known = _path(run_id, folder).open("x")
        except FileExistsError:
            return
        with known, folder.log.open("ab") as log, Path(os.devnull).open() as nothing:
            streams = [(os.POSIX_SPAWN_DUP2, source.fileno(), to) for source, to in ((nothing, 0), (log, 1), (log, 2))]
            pid = os.posix_spawn(sys.executable, command(folder), environment, file_actions=streams, setsid=True)
            created_s = psutil.Process(pid).create_time()
            known.write(_Process(pid=pid, created_s=created_s).model_dump_json())

    def _state(self, run_id: str, folder: JobFolder) -> RunState:
        path = _path(run_id, folder)
        if not path.exists():
            return "unknown"
        return "alive" if _find(path) else "ended"


def _path(run_id: str, folder: JobFolder) -> Path:
    return folder.path / f"{run_id}.process"


def _find(path: Path) -> psutil.Process | None:
    """None once it has ended, also when another process has its number by now."""
    try:
        known = _Process.model_validate_json(path.read_text())
        with suppress(ChildProcessError):  # of an earlier gateway's
            os.waitpid(known.pid, os.WNOHANG)  # else it would stay as a zombie
        process = psutil.Process(known.pid)
        is_it = process.create_time() == known.created_s
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if is_it else None
