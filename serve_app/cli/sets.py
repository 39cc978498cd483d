"""`emblem set`."""

import io
import time
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from serve_app.cli.client import CliError, Server
from serve_app.cli.generate import Style

POLL_S = 1.0
_PLATFORMS = "ios, android, pwa or favicon; may be given more than once. Absent: a PNG of each icon."

Subjects = Annotated[str, typer.Argument(help="What to draw, separated by commas.")]
Template = Annotated[str | None, typer.Option(help="The prompt, with {subject} where the subject comes.")]


def draw_set(
    subjects: Subjects,
    name: Annotated[str, typer.Option(help="Of the set.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    template: Template = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels, or auto.")] = "auto",
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same set.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=100, help="Denoising steps.")] = None,
    negative: Annotated[str | None, typer.Option(help="What not to draw.")] = None,
    style: Style = None,
    hero: Annotated[bool, typer.Option("--hero", help="The others take after the image of the first.")] = False,
    palette: Annotated[str | None, typer.Option(help="All icons' only colours, two to eight: #rrggbb,#rrggbb")] = None,
    platform: Annotated[list[str] | None, typer.Option(help=_PLATFORMS)] = None,
) -> None:
    """Draw icons that look alike, and write them into a folder with a contact sheet."""
    server, console = Server.from_environment(), Console(stderr=True)
    body: dict[str, Any] = {"name": name, "subjects": [word.strip() for word in subjects.split(",")], "size": size}
    optional = {"template": template, "seed": seed, "num_inference_steps": steps, "negative_prompt": negative}
    optional["style"] = style
    body |= {"consistency": "hero"} if hero else {}
    body |= {field: value for field, value in optional.items() if value is not None}
    body |= {"palette": palette.split(",")} if palette else {}
    made = _wait(server, server.call("POST", "/v1/icon-sets", body).json(), console)
    query = f"?files=bundle&platforms={','.join(platform)}" if platform else ""
    _write(server.call("GET", f"/v1/icon-sets/{made['id']}/export{query}").content, out)
    for item in made["items"]:
        reason = f": {item['error']['message']}" if item["error"] else ""
        if item["status"] != "completed":
            line = f"{item['subject']} is {item['status']}{reason}"
            console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
    alike = "" if made["consistency_score"] is None else f"  consistency {made['consistency_score']:.2f}"
    drawn = f"{made['num_completed']} of {made['num_items']} icons"
    console.print(
        f"{out}  {drawn}  seed {made['drawing']['seed']}{alike}  {made['id']}", highlight=False, soft_wrap=True
    )


def _wait(server: Server, made: dict[str, Any], console: Console) -> dict[str, Any]:
    """Until all have ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("drawing", total=made["num_items"])
        while made["status"] == "in_progress":
            time.sleep(POLL_S)
            made = server.call("GET", f"/v1/icon-sets/{made['id']}").json()
            bar.update(task, completed=made["num_completed"])
    return made


def _write(content: bytes, out: Path) -> None:
    folder = out.resolve()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            path = (folder / name).resolve()
            if not path.is_relative_to(folder):
                raise CliError(f"the server sent {name!r}, which is outside {out}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))
