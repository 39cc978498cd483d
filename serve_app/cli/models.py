"""`emblem models`."""

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from deployments.errors import ModelFolderError
from deployments.model_folder import read_manifest
from serve_app.cli.client import CliError
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


class _Bar:
    def __init__(self, bar: Progress, name: str) -> None:
        self._bar = bar
        self._task = bar.add_task(name, total=None)

    def start(self, total_bytes: int) -> None:
        self._bar.update(self._task, total=total_bytes)

    def advance(self, num_bytes: int) -> None:
        self._bar.advance(self._task, num_bytes)
