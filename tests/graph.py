"""The real thing, started as a person would start it."""

import base64
import io
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
START_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Graph:
    url: str
    dashboard_url: str
    data_dir: Path
    process: subprocess.Popen[str]
    log_path: Path

    @property
    def key(self) -> str:
        return (self.data_dir / "admin.key").read_text().strip()

    @property
    def output(self) -> str:
        return self.log_path.read_text()

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.data_dir) | {"EMBLEM_URL": self.url}

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.key}"}, timeout=120)

    def newest(self) -> tuple[str, str]:
        """Prompt and status of the latest generation."""
        with self.client() as client:
            [generation] = client.get("/v1/generations?limit=1").json()["data"]
        return generation["prompt"], generation["status"]

    def replicas(self, name: str) -> list[psutil.Process]:
        return [process for process in self.processes() if f"ServeReplica:emblem:{name}" in _command(process)]

    def processes(self) -> list[psutil.Process]:
        """All that was started, the launcher included."""
        launcher = psutil.Process(self.process.pid)
        return [launcher, *launcher.children(recursive=True)]


def environment(data_dir: Path) -> dict[str, str]:
    """This one's, without what other clusters or an outer `make` have set, and with our own commands in the path."""
    foreign = ("RAY_", "EMBLEM_", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"EMBLEM_DATA_DIR": str(data_dir), "PATH": f"{BIN}:{os.environ['PATH']}"}


def free_port() -> int:
    """Of those that nobody is given by chance: below Linux's ephemeral ports, above the workers' of Ray."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextmanager
def running_graph(data_dir: Path, start: tuple[str, ...] = ("emblem", "run")) -> Iterator[Graph]:
    """`emblem run` or `make run` on free ports, ready; stopped by SIGTERM at the end if it still runs."""
    port, dashboard_port = free_port(), free_port()
    log_path = data_dir.parent / f"run-{port}.log"
    options = ["--port", str(port), "--dashboard-port", str(dashboard_port)]
    command = [*start, f"ARGS={' '.join(options)}"] if start[0] == "make" else [*start, *options]
    with log_path.open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(data_dir), stdout=log, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
    graph = Graph(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{dashboard_port}", data_dir, process, log_path)
    try:
        wait_for(lambda: "curl" in graph.output or process.poll() is not None, START_TIMEOUT_S)
        assert process.poll() is None, graph.output
        yield graph
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(condition: object, timeout_s: float, interval_s: float = 0.2) -> None:
    assert callable(condition)
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s} s"
        time.sleep(interval_s)


def draw(graph: Graph, **fields: object) -> np.ndarray:
    body = {"prompt": "white rocket", "quality": "low", "cache": False, **fields}
    with graph.client() as client:
        response = client.post("/v1/images/generations", json=body)
    assert response.status_code == 200, response.text
    content = base64.b64decode(response.json()["data"][0]["b64_json"])
    return np.asarray(Image.open(io.BytesIO(content))).astype(int)


def emblem(graph: Graph, *args: str) -> str:
    done = subprocess.run(
        [BIN / "emblem", *args], env=graph.environment, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def printed_curl_line(output: str) -> str:
    match = re.search(r"^\s*(curl .*)$", output, re.MULTILINE)
    assert match, output
    return match[1]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
