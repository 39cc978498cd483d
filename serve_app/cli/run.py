"""`emblem run`: everything on this machine, with the starter profile's defaults."""

import os
import time
from typing import Annotated

import typer
from rich.console import Console

from serve_app.cli.client import CliError, admin_key_path, password_token_path
from serve_app.ray_environment import ray_environment
from serve_app.settings import AppArgs

HOST = "127.0.0.1"


def run(
    port: Annotated[int, typer.Option(help="Port of the API and the studio, on 127.0.0.1.")] = 8000,
    dashboard_port: Annotated[int, typer.Option(help="Port of Ray's dashboard, on 127.0.0.1.")] = 8265,
    debug: Annotated[
        bool, typer.Option(help="Debug logs of the gateway and the deployments, on this terminal.")
    ] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Logs as JSON, one object a line.")] = False,
) -> None:
    """Start a Ray cluster and the whole graph here; Ctrl-C or SIGTERM stops both."""
    started_s = time.monotonic()
    console = Console(highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started_s:6.1f} s[/dim]  {text}")

    say("loading")
    args = AppArgs()
    os.environ.update(ray_environment(args.data_dir))
    from serve_app.launcher import LocalCluster, StartFailed, port_is_free  # Ray reads the environment at import
    from serve_app.launcher import run as run_graph

    had_admin_key = admin_key_path().exists()
    cluster = LocalCluster(HOST, port, dashboard_port, debug, json_logs)
    for taken in (number for number in (port, dashboard_port) if not port_is_free(HOST, number)):
        raise CliError(f"port {taken} on {HOST} is taken; choose another with --port or --dashboard-port")

    def on_ready() -> None:
        say("ready")
        _greet(console, cluster.url, had_admin_key)

    try:
        run_graph(args, cluster, say, on_ready)
    except StartFailed as error:
        raise CliError(f"the graph did not start: {error}") from error


def _greet(console: Console, url: str, had_admin_key: bool) -> None:
    path = admin_key_path()
    if not had_admin_key:
        console.print(f"\n  Admin API key, shown this once (kept in {path}):\n    {path.read_text().strip()}")
        token = password_token_path().read_text().strip()
        console.print(f"\n  First, choose the admin's password (the link works once):\n    {url}/set-password#{token}")
    console.print(
        f"\n  Studio    {url}/\n  API docs  {url}/docs/\n\n"
        f"  curl -s {url}/v1/images/generations -H \"Authorization: Bearer $(cat '{path}')\""
        " -H 'Content-Type: application/json'"
        ' -d \'{"model": "icon", "prompt": "white rocket on a blue rounded square", "response_format": "url"}\'\n',
        markup=False,
    )
