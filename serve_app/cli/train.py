"""`emblem train`."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli import fine_tuning
from serve_app.settings import AppArgs

commands = typer.Typer(no_args_is_help=True, help="Teach a model a style from a few dozen pictures.")

_remote = fine_tuning
for command in (
    fine_tuning.submit, fine_tuning.jobs, fine_tuning.logs, fine_tuning.pause, fine_tuning.resume, fine_tuning.cancel,
):  # fmt: skip
    commands.command()(command)

Data = Annotated[Path, typer.Option(help="A folder or a zip archive of pictures with captions.")]


@commands.command()
def style(
    data: Data,
    out: Annotated[Path, typer.Option(help="The adapter, NAME.safetensors; kohya's form and a card come beside it.")],
    model: Annotated[Path | None, typer.Option(help="Model folder; by default the starter model.")] = None,
    trigger: Annotated[str, typer.Option(help="The word that will call the style.")] = "emblemstyle",
    recipe: Annotated[str, typer.Option(help="starter on CPU, sdxl on a GPU; -object for one object.")] = "starter",
    class_prompt: Annotated[str, typer.Option(help="What an object is one of; absent: the captions.")] = "",
    optimizer: Annotated[str, typer.Option(help="adamw, or prodigy, which finds its own learning rate.")] = "adamw",
    license: Annotated[str, typer.Option(help="Of the adapter.")] = "",
    publish: Annotated[str, typer.Option(help="Publish it to the registry under this name, once it is trained.")] = "",
    minutes: Annotated[float | None, typer.Option(help="Stop by then; the same command goes on.")] = None,
) -> None:
    """Train a style adapter (LoRA); stopped or out of time, the same command goes on."""
    args = AppArgs()
    words = [
        "style", "--data", str(data), "--out", str(out), "--model", str(model or args.models_dir / "starter"),
        "--work", str(args.data_dir / "style-training"), "--trigger", trigger, "--recipe", recipe,
        "--license", license, "--class-prompt", class_prompt, "--optimizer", optimizer,
        "--publish", publish,
        "--registry", str(args.registry_dir),
    ]  # fmt: skip
    _run(*words, *(() if minutes is None else ("--minutes", str(minutes))))


@commands.command()
def lint(data: Data) -> None:
    """Tell duplicates, outliers and gaps of a data set, before anything is trained on it."""
    _run("lint", "--data", str(data))


def _run(*words: str) -> None:
    """In another process, since serving and its command line know nothing of training."""
    raise typer.Exit(subprocess.run([sys.executable, "-m", "train.finetune", *words]).returncode)
