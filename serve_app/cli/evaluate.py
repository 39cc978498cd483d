"""`emblem eval`."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from serve_app.settings import AppArgs

commands = typer.Typer(no_args_is_help=True, help="Measure a model against what it is asked for.")


@commands.command()
def starter(
    model: Annotated[Path | None, typer.Option(help="Model folder; by default the served one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the report goes; by default into the data folder.")] = None,
    prompts: Annotated[int, typer.Option(help="Icon prompts; fewer splashes and references go with them.")] = 500,
    seeds: Annotated[int, typer.Option(help="Pictures of each prompt.")] = 2,
) -> None:
    """Measure how well the starter model draws held-out prompts; `--prompts` makes it shorter."""
    args = AppArgs()
    command = [
        sys.executable, "-m", "train.starter", "eval",
        "--model", str(model or args.models_dir / "starter"),
        "--out", str(out or args.data_dir / "evaluation" / "starter"),
        "--work", str(args.data_dir / "starter-training"),
        "--prompts", str(prompts), "--seeds", str(seeds),
    ]  # fmt: skip
    # Another process, since serving and its command line know nothing of training.
    raise typer.Exit(subprocess.run(command).returncode)
