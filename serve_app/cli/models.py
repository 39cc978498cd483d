"""`emblem models`."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Column, Table

from deployments.errors import ModelFolderError
from deployments.model_folder import read_manifest
from deployments.registry.names import MODEL_OF
from serve_app.cli.client import CliError, Server
from serve_app.settings import AppArgs

commands = typer.Typer(no_args_is_help=True, help="Models on this machine, and those that can be downloaded.")


@commands.command("list")
def list_models() -> None:
    """List the models in the data folder."""
    models_dir = AppArgs().models_dir
    table = Table("model", "version", "weights", "GB", "state")
    for folder in sorted(path for path in models_dir.glob("*") if path.is_dir()):
        try:
            manifest = read_manifest(folder)
        except ModelFolderError as error:
            table.add_row(folder.name, "", "", "", str(error))
            continue
        size_gb = f"{manifest.size_bytes / 1e9:.2f}"
        table.add_row(manifest.name, manifest.version, manifest.weights, size_gb, "complete")
    Console().print(table)


@commands.command()
def pull(name: Annotated[str, typer.Argument(help="The model to download: sdxl.")]) -> None:
    """Download a model and its adapters from the Hugging Face hub; goes on where an earlier pull stopped.

    HF_ENDPOINT names another hub, HF_TOKEN is sent where it is set.
    """
    from huggingface_hub.constants import ENDPOINT  # a third of a second to import, which no other command needs

    from serve_app.hub import SDXL_SOURCES
    from serve_app.hub import pull as pull_from_hub

    if name != "sdxl":
        raise CliError(f"no model {name!r} to pull; there is sdxl")
    models_dir = AppArgs().models_dir
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        manifest = pull_from_hub(SDXL_SOURCES, models_dir, name, ENDPOINT, os.environ.get("HF_TOKEN"), _Bar(bar, name))
    console.print(f"{manifest.version} is in {models_dir / name}", highlight=False)


@commands.command()
def publish(
    file: Annotated[Path, typer.Argument(help="The adapter or the UNet, a .safetensors file.")],
    name: Annotated[str, typer.Option(help="What requests will call the style; starter or starter-reference: a part.")],
    card: Annotated[Path | None, typer.Option(help="Its card; by default NAME.json where that is beside it.")] = None,
    model: Annotated[Path | None, typer.Option(help="Model folder; by default NAME's, or the starter.")] = None,
    registry: Annotated[Path | None, typer.Option(help="By default the data folder's.")] = None,
) -> None:
    """Check a style adapter (LoRA) or a part of a model and put it into this machine's registry, as a candidate.

    A whole UNet has the name of its model, starter, and a reference adapter (IP-Adapter) starter-reference.
    """
    from deployments.registry.publish import publish as publish_to  # torch: seconds to import, and only here

    args, beside = AppArgs(), file.with_suffix(".json")
    card = card or (beside if beside.exists() else None)
    model = model or args.models_dir / MODEL_OF.get(name, "starter")
    typer.echo(publish_to(registry or args.registry_dir, file, name, model, card))


@commands.command()
def versions() -> None:
    """List the versions of all styles and of the base model, as the server knows them (needs the scope admin)."""
    table = Table(Column("id", no_wrap=True), "status", "title", "trigger", "base", "published")
    for version in Server.from_environment().call("GET", "/v1/model_versions").json()["data"]:
        day = datetime.fromtimestamp(version["created_at"], UTC).date().isoformat()
        told = (version[name] for name in ("id", "status", "title", "trigger", "base"))
        table.add_row(*map(escape, told), day)
    Console().print(table)


@commands.command()
def show(version: Annotated[str, typer.Argument(help="NAME@VERSION.")]) -> None:
    """Tell what was measured of a version before it was published (needs the scope admin)."""
    listed = Server.from_environment().call("GET", "/v1/model_versions").json()["data"]
    found = [one for one in listed if one["id"] == version]
    if not found:
        raise CliError(f"no version {version!r}")
    table = Table(Column("metric", no_wrap=True), "value")
    for name, value in sorted(found[0]["metrics"].items()):
        table.add_row(name, f"{value:.4g}")
    Console().print(table)
    for gate in found[0]["gates"]:
        typer.echo(f"{'holds' if gate['holds'] else 'does not hold'}: {_gate(gate)}")


@commands.command()
def promote(
    version: Annotated[str, typer.Argument(help="NAME@VERSION, as 'publish' printed it.")],
    force: Annotated[bool, typer.Option("--force", help="Also when its gates do not hold.")] = False,
) -> None:
    """Make a version live: the next request of its name is drawn with it (needs the scope admin)."""
    _move(version, "promote", {"force": True} if force else None)


@commands.command()
def canary(
    version: Annotated[str, typer.Argument(help="NAME@VERSION.")],
    share: Annotated[float, typer.Option(help="Of the requests that name NAME alone, above 0 and up to 1.")] = 0.1,
    force: Annotated[bool, typer.Option("--force", help="Also when its gates do not hold.")] = False,
) -> None:
    """Let a version draw a share of its name's requests, beside the live one (needs the scope admin)."""
    path = f"/v1/model_versions/{quote(version, safe='@')}/canary"
    moved = Server.from_environment().call("POST", path, {"share": share, "force": force}).json()
    typer.echo(f"{moved['id']} draws {moved['share']:.0%}")


@commands.command()
def rollback(name: Annotated[str, typer.Argument(help="NAME; or NAME@VERSION, if that is still live.")]) -> None:
    """Make the version before live again, or end a canary's share (needs the scope admin)."""
    _move(name, "rollback")


def _gate(gate: dict[str, Any]) -> str:
    bounds = {"above": gate["above"], "at most": gate["at_most"]}
    return " ".join([gate["metric"], *(f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None)])


def _move(adapter_id: str, action: str, body: dict[str, bool] | None = None) -> None:
    """An id is part of an address here, so nothing in it may mean another one."""
    path = f"/v1/model_versions/{quote(adapter_id, safe='@')}/{action}"
    typer.echo(f"{Server.from_environment().call('POST', path, body).json()['id']} is live")


class _Bar:
    def __init__(self, bar: Progress, name: str) -> None:
        self._bar = bar
        self._task = bar.add_task(name, total=None)

    def start(self, total_bytes: int) -> None:
        self._bar.update(self._task, total=total_bytes)

    def advance(self, num_bytes: int) -> None:
        self._bar.advance(self._task, num_bytes)
