"""`emblem styles`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from serve_app.cli.client import Server
from serve_app.cli.generate import Lora, adapter_choice, sent_image

commands = typer.Typer(no_args_is_help=True, help="Styles, which 'icon', 'splash' and 'set' take by --style.")

PAGE = 100
References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference", help="An image's file, or GENERATION or GENERATION:INDEX; up to four, each by its own."
    ),
]
StyleId = Annotated[str, typer.Argument(help="The id from 'emblem styles list'.")]


@commands.command("list")
def list_styles() -> None:
    """List your own styles, and those that come with the service."""
    table = Table(Column("id", no_wrap=True), "version", "name", "for", "says")
    for style in _all(Server.from_environment()):
        words = [style["prompt_prefix"], style["prompt_suffix"]]
        says = [*filter(None, words), *([f"{len(style['style_images'])} image(s)"] if style["style_images"] else [])]
        told = (style["id"], str(style["version"]), style["name"], style["kind"], ", ".join(says))
        table.add_row(*map(escape, told))
    Console().print(table)


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="For lists.")],
    kind: Annotated[str, typer.Option(help="icon, splash or any: what it is meant for.")] = "any",
    prefix: Annotated[str, typer.Option(help="Words before each prompt.")] = "",
    suffix: Annotated[str, typer.Option(help="Words after each prompt.")] = "",
    negative: Annotated[str | None, typer.Option(help="What not to draw.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=100, help="Denoising steps.")] = None,
    guidance: Annotated[float | None, typer.Option(min=1, max=30)] = None,
    sampler: Annotated[str | None, typer.Option(help="As in the API: euler, euler_a, …")] = None,
    reference: References = None,
    mode: Annotated[str, typer.Option(help="What references give: style, composition, full or precise.")] = "style",
    style_strength: Annotated[float | None, typer.Option(min=0, max=1, metavar="0..1")] = None,
    lora: Lora = None,
) -> None:
    """Make a style and print its id."""
    server = Server.from_environment()
    optional = {
        "negative_prompt": negative, "num_inference_steps": steps, "guidance_scale": guidance, "sampler": sampler,
        "style_strength": style_strength,
    }  # fmt: skip
    body: dict[str, Any] = {"name": name, "kind": kind, "prompt_prefix": prefix, "prompt_suffix": suffix}
    body |= {field: value for field, value in optional.items() if value is not None}
    body["style_images"] = [_image(server, source) | {"mode": mode} for source in reference or []]
    body["lora"] = [adapter_choice(text) for text in lora or []]
    typer.echo(server.call("POST", "/v1/styles", body).json()["id"])


@commands.command()
def show(style_id: Annotated[str, typer.Argument(help="ID, or ID@VERSION.")]) -> None:
    """Print all that a style says, as JSON."""
    typer.echo(json.dumps(Server.from_environment().call("GET", _path(style_id)).json(), indent=2, ensure_ascii=False))


@commands.command()
def delete(style_id: StyleId) -> None:
    """Delete a style with all its versions; what was drawn in it stays."""
    Server.from_environment().call("DELETE", _path(style_id))
    typer.echo(f"deleted {style_id}")


def _all(server: Server) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        page = server.call("GET", f"/v1/styles?limit={PAGE}{after}").json()
        yield from page["data"]
        if not page["has_more"]:
            return
        after = f"&after={page['last_id']}"


def _image(server: Server, source: str) -> dict[str, Any]:
    """A file is uploaded first; the same again is the same file."""
    path = Path(source)
    if path.is_file() or not source.startswith("gen_"):
        return sent_image(server, path)
    generation_id, _, index = source.partition(":")
    return {"generation_id": generation_id, "index": int(index) if index.isdecimal() else 0}


def _path(style_id: str) -> str:
    """An id is part of an address here, so nothing in it may mean another one."""
    return f"/v1/styles/{quote(style_id, safe='@')}"
