"""`emblem run`: a Ray cluster of its own and the whole graph on it, until a signal ends both."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import ray
from ray import serve
from ray.serve.schema import ApplicationStatus, LoggingConfig

from serve_app.app import build_app
from serve_app.settings import AppArgs

APP_NAME = "emblem"
START_TIMEOUT_S = 600.0

# Replicas share the machine by Ray's bookkeeping alone, so a laptop's core count is no bound on how many may start.
LOGICAL_CPUS = 8
OBJECT_STORE_BYTES = 200 * 1024 * 1024  # pixels do not travel through it


@dataclass(frozen=True)
class LocalCluster:
    host: str
    port: int
    dashboard_port: int
    is_debug: bool
    has_json_logs: bool

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


class StartFailed(RuntimeError):
    """The graph did not come up; the message is Serve's own."""


def run(args: AppArgs, cluster: LocalCluster, say: Callable[[str], None], on_ready: Callable[[], None]) -> None:
    """Starts, calls `on_ready`, and returns after SIGINT or SIGTERM with everything stopped that it started."""
    stop = threading.Event()
    _on_signals(stop)
    app = build_app(args)
    try:
        _start_ray(cluster, say)
        _on_signals(stop)  # Ray has put its own handler for SIGTERM in place
        _deploy(app, cluster)
        if _wait_until_running(stop, say):
            on_ready()
            stop.wait()
        say("stopping")
    finally:
        ray.shutdown()  # the cluster is ours alone: with it end Serve, the replicas and the jobs on it


def _on_signals(stop: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def _start_ray(cluster: LocalCluster, say: Callable[[str], None]) -> None:
    say(f"starting Ray (dashboard on http://127.0.0.1:{cluster.dashboard_port})")
    ray.init(
        address="local",  # never someone else's cluster
        num_cpus=max(LOGICAL_CPUS, os.cpu_count() or 1),
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=True,
        dashboard_host="127.0.0.1",
        dashboard_port=cluster.dashboard_port,
        log_to_driver=cluster.is_debug,
        logging_level=logging.INFO if cluster.is_debug else logging.WARNING,
    )


def _deploy(app: serve.Application, cluster: LocalCluster) -> None:
    logging_config = LoggingConfig(
        log_level="DEBUG" if cluster.is_debug else "INFO", encoding="JSON" if cluster.has_json_logs else "TEXT"
    )
    serve.start(http_options={"host": cluster.host, "port": cluster.port}, logging_config=logging_config)
    target = serve.RunTarget(target=app, name=APP_NAME, route_prefix="/", logging_config=logging_config)
    serve.run_many([target], wait_for_applications_running=False)


def _wait_until_running(stop: threading.Event, say: Callable[[str], None]) -> bool:
    """Tells each deployment's state whenever it changes. False when asked to stop meanwhile."""
    told: dict[str, str] = {}
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not stop.is_set():
        status = serve.status().applications[APP_NAME]
        for name, deployment in status.deployments.items():
            if told.get(name) != deployment.status:
                told[name] = deployment.status
                say(f"{name}: {deployment.status.lower()}")
        if status.status == ApplicationStatus.RUNNING:
            return True
        if status.status == ApplicationStatus.DEPLOY_FAILED or time.monotonic() > deadline_s:
            raise StartFailed(status.message or f"not running after {START_TIMEOUT_S:.0f} s")
        stop.wait(0.5)
    return False


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
