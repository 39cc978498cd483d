"""`emblem`: the command line. It talks HTTP, like any client."""

import sys

import typer
from rich.console import Console

from deployments.errors import EmblemError
from serve_app.cli import doctor, evaluate, export, generate, keys, models, run, sets, styles, train, users
from serve_app.cli.client import CliError

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
cli.command("icon")(generate.icon)
cli.command("splash")(generate.splash)
cli.command("set")(sets.draw_set)
cli.command("export")(export.export)
cli.command("run")(run.run)
cli.command("doctor")(doctor.doctor)
cli.add_typer(models.commands, name="models")
cli.add_typer(styles.commands, name="styles")
cli.add_typer(evaluate.commands, name="eval")
cli.add_typer(train.commands, name="train")
cli.add_typer(keys.commands, name="keys")
cli.add_typer(users.commands, name="users")


def app() -> None:
    try:
        cli()
    except (CliError, EmblemError) as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
