"""Measures a running server's icons or splash screens from their pixels, and writes the page that tells it.

python -m bench.quality icons|splash [--out FILE]
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench.quality.figures import Figure, table
from bench.quality.icons import IconPlan, measure_icons
from bench.quality.splash import SplashPlan, measure_splash
from serve_app.cli.client import CliError, Server

RESULTS = Path(__file__).parents[1] / "results"
TITLES = {"icons": "Icons from their pixels", "splash": "Splash screens from their pixels"}
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(what: str, out: Annotated[Path | None, typer.Option(help="absent: in bench/results")] = None) -> None:
    if what not in TITLES:
        raise typer.BadParameter(f"{what!r} is none of {', '.join(TITLES)}")
    try:
        server = Server.from_environment()
        figures = measure_icons(server, IconPlan()) if what == "icons" else measure_splash(server, SplashPlan())
        version = server.call("GET", f"/v1/models/{'icon' if what == 'icons' else 'splash'}").json()["model_version"]
    except CliError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    page = compose(what, version, figures)
    (out or RESULTS / f"{what}.md").write_text(page)
    typer.echo(page)


def compose(what: str, model_version: str, figures: list[Figure]) -> str:
    about = f"Drawn by {model_version} over HTTP on {datetime.now(UTC):%Y-%m-%d}; `make eval-{what}` measures again."
    return f"# {TITLES[what]}\n\n{about}\n\n{table(figures)}"


if __name__ == "__main__":
    app()
