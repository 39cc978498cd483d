"""`emblem doctor`."""

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from serve_app.cli.client import CliError, find_api_key, server_url
from serve_app.doctor.finding import Finding, State
from serve_app.doctor.machine import check_disk, check_gpu, check_model, check_versions, free_disk_bytes
from serve_app.doctor.redis import check_redis
from serve_app.doctor.service import Addresses, check_deployments, check_gateway, check_key, check_ray
from serve_app.ray_environment import RAY_TOKEN_FILE
from serve_app.settings import REDIS_VARIABLE, AppArgs

_MARKS: dict[State, str] = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "broken": "[red]broken[/]"}


def doctor(profile: Annotated[str, typer.Option(help="starter or sdxl.")] = "starter") -> None:
    """Look at everything that has to work, and say what to do about what does not."""
    args = AppArgs.model_validate({"profile": profile})
    console = Console(highlight=False, soft_wrap=True)
    is_broken = False
    for finding in _findings(args, _addresses(args)):
        _print(console, finding)
        is_broken |= finding.state == "broken"
    raise typer.Exit(1 if is_broken else 0)


def _findings(args: AppArgs, addresses: Addresses) -> Iterator[Finding]:
    yield check_versions(version)
    yield check_disk(args, free_disk_bytes)
    yield check_model(args)
    yield check_gpu(args)
    if redis_url := os.environ.get(REDIS_VARIABLE):
        yield check_redis(redis_url)
    yield check_ray(addresses)
    yield from check_deployments(addresses)
    yield check_gateway(addresses)
    yield check_key(addresses)


def _print(console: Console, finding: Finding) -> None:
    console.print(f"{_MARKS[finding.state]:>16}  {finding.subject:<11}  ", end="")
    console.print(finding.detail, markup=False)
    for label, text in (("likely", finding.cause), ("try", finding.next_command)):
        if text:
            console.print(f"{label:>22}: {text}", markup=False)


def _addresses(args: AppArgs) -> Addresses:
    try:
        api_key = find_api_key()
    except CliError:
        api_key = ""
    dashboard_url = os.environ.get("RAY_API_SERVER_ADDRESS", "http://127.0.0.1:8265").rstrip("/")
    return Addresses(server_url(), api_key, dashboard_url, _ray_token(args))


def _ray_token(args: AppArgs) -> str:
    """In Ray's own order, with the local cluster's file before the one in the home folder."""
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        return token
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    paths = [Path(named)] if named else [args.data_dir / RAY_TOKEN_FILE, Path.home() / ".ray" / "auth_token"]
    return next((path.read_text().strip() for path in paths if path.exists()), "")
