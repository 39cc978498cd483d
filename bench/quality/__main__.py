"""Measures a running server's icons, splash screens or style images from their pixels, and writes the page of it.

python -m bench.quality icons|splash|styles [--out FILE]
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench.quality.figures import Figure, table
from bench.quality.icons import IconPlan, measure_icons
from bench.quality.splash import SplashPlan, measure_splash
from bench.quality.styles import REFERENCES, StylePlan, measure_styles
from serve_app.cli.client import CliError, Server

RESULTS = Path(__file__).parents[1] / "results"
TITLES = {
    "icons": "Icons from their pixels",
    "splash": "Splash screens from their pixels",
    "styles": "What style images do",
}
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(what: str, out: Annotated[Path | None, typer.Option(help="absent: in bench/results")] = None) -> None:
    if what not in TITLES:
        raise typer.BadParameter(f"{what!r} is none of {', '.join(TITLES)}")
    try:
        server = Server.from_environment()
        figures = measure(server, what)
        version = server.call("GET", f"/v1/models/{'splash' if what == 'splash' else 'icon'}").json()["model_version"]
    except CliError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    page = compose(what, version, figures)
    (out or RESULTS / f"{what}.md").write_text(page)
    typer.echo(page)


def measure(server: Server, what: str) -> list[Figure]:
    if what == "styles":
        return measure_styles(server, StylePlan(REFERENCES))
    return measure_icons(server, IconPlan()) if what == "icons" else measure_splash(server, SplashPlan())


def compose(what: str, model_version: str, figures: list[Figure]) -> str:
    about = f"Drawn by {model_version} over HTTP on {datetime.now(UTC):%Y-%m-%d}; `make eval-{what}` measures again."
    return f"# {TITLES[what]}\n\n{about}\n\n{table(figures)}"


if __name__ == "__main__":
    app()
