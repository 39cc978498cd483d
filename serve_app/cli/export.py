"""`emblem export`."""

import io
import json
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from serve_app.cli.client import CliError, Server

_PLATFORMS = "ios, android, pwa, or of icons alone favicon or svg; may be given more than once. Absent: all but svg."


def export(
    source: Annotated[str, typer.Argument(help="An image's file, the id of a generation, or of a splash family.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Zip to write; of a generation alone, .svg.")] = Path(
        "icons.zip"
    ),
    index: Annotated[int, typer.Option(min=0, help="Which image of the generation.")] = 0,
    platform: Annotated[list[str] | None, typer.Option(help=_PLATFORMS)] = None,
    name: Annotated[str, typer.Option(help="Of the application.")] = "App",
    background: Annotated[str | None, typer.Option(help="#rrggbb; absent: the image's own ground.")] = None,
    splash: Annotated[bool, typer.Option("--splash", help="It is a splash screen, and no icon.")] = False,
    icon: Annotated[str | None, typer.Option(help="The id of an icon's generation, for splash screens.")] = None,
) -> None:
    """Turn an icon into the files that platforms want, or a splash screen into launch screens."""
    server = Server.from_environment()
    if output.suffix == ".svg":
        output.write_bytes(server.call("GET", f"/v1/generations/{source}/images/{index}/svg").content)
        return
    is_family = source.startswith("set_")
    image = {"splash_set_id": source} if is_family else _image(server, source, index)
    body: dict[str, Any] = {"name": name} | image
    optional = {"platforms": platform, "background_color": background, "icon_generation_id": icon}
    body |= {field: value for field, value in optional.items() if value}
    route = "/v1/splash-exports" if splash or is_family else "/v1/exports"
    bundle = server.call("POST", route, body).content
    output.write_bytes(bundle)
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        report = json.loads(archive.read("report.json"))
    console = Console(stderr=True)
    console.print(f"{output}  {len(report['files']['files'])} files", highlight=False)
    for warning in report["problems"] + report["warnings"]:
        console.print(f"look at: {warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _image(server: Server, source: str, index: int) -> dict[str, Any]:
    """A file is uploaded first; the same again is the same file."""
    path = Path(source)
    if path.is_file():
        return {"file_id": server.upload(path, "reference")["id"]}
    if path.suffix:
        raise CliError(f"there is no file {source}")
    return {"generation_id": source, "index": index}
