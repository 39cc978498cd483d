"""`emblem icon` and `emblem splash`."""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from serve_app.cli.client import CliError, Server
from serve_app.cli.control_images import ControlFiles, control_choice

_FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}

Prompt = Annotated[str, typer.Argument(help="What to draw.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="File to write; .png, .jpg or .webp.")]
Size = Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels, or auto.")]
Count = Annotated[int, typer.Option("-n", "--count", min=1, max=10, help="How many; more than one are numbered.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed gives the same image.")]
Steps = Annotated[int | None, typer.Option(min=1, max=100, help="Denoising steps.")]
Negative = Annotated[str | None, typer.Option(help="What not to draw.")]
References = Annotated[
    list[Path] | None, typer.Option("--reference", help="An image to take after; up to four, each by its own option.")
]
StyleStrength = Annotated[
    float | None, typer.Option(min=0, max=1, help="How much of the references; absent: 0.75.", metavar="0..1")
]
Lora = Annotated[
    list[str] | None,
    typer.Option(
        help="A trained style: NAME or NAME@VERSION, and :SCALE where that is not 1; may be given more than once."
    ),
]
Style = Annotated[
    str | None, typer.Option(help="A style's id, ID@VERSION or a preset's name; what else is said wins over it.")
]
ModelVersion = Annotated[
    str | None, typer.Option(help="NAME@VERSION of the base model; absent: the one that is live.", metavar="ID")
]
Keyline = Annotated[
    str | None, typer.Option(help="A template that it is brought onto: material, circle, square, ios, adaptive, …")
]
Palette = Annotated[
    str | None, typer.Option(help="The icon's only colours, two to eight, separated by commas: #rrggbb,#rrggbb")
]


Template = Annotated[
    str | None, typer.Option(help="A composition: hero_bottom, hero_side, logo_centre, logo_top, copy_top, copy_bottom")
]


def icon(
    prompt: Prompt, output: Output = Path("icon.png"), size: Size = "auto", count: Count = 1, seed: Seed = None,
    steps: Steps = None, negative: Negative = None, reference: References = None, style_strength: StyleStrength = None,
    lora: Lora = None, style: Style = None, model_version: ModelVersion = None, keyline: Keyline = None,
    palette: Palette = None, control: ControlFiles = None,
) -> None:  # fmt: skip
    """Draw an icon."""
    optional = _optional(seed, steps, negative, style_strength, lora, style, model_version)
    optional |= {"layout": {"keyline": {"template": keyline}}} if keyline else {}
    optional |= {"palette": palette.split(",")} if palette else {}
    _generate("icon", prompt, output, size, count, reference or [], control or [], optional)


def splash(
    prompt: Prompt, output: Output = Path("splash.png"), size: Size = "auto", count: Count = 1, seed: Seed = None,
    steps: Steps = None, negative: Negative = None, reference: References = None, style_strength: StyleStrength = None,
    lora: Lora = None, style: Style = None, template: Template = None, model_version: ModelVersion = None,
    control: ControlFiles = None,
) -> None:  # fmt: skip
    """Draw a splash screen."""
    optional = _optional(seed, steps, negative, style_strength, lora, style, model_version)
    optional |= {"layout": {"template": template}} if template else {}
    _generate("splash", prompt, output, size, count, reference or [], control or [], optional)


def _optional(
    seed: int | None, steps: int | None, negative: str | None, style_strength: float | None, lora: list[str] | None,
    style: str | None, model_version: str | None,
) -> dict[str, Any]:  # fmt: skip
    fields = {
        "seed": seed, "num_inference_steps": steps, "negative_prompt": negative, "style_strength": style_strength,
        "lora": [adapter_choice(text) for text in lora] if lora else None, "style": style,
        "model_version": model_version,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def _generate(
    model: str, prompt: str, output: Path, size: str, count: int, references: list[Path], controls: list[str],
    optional: dict[str, Any],
) -> None:  # fmt: skip
    if output.suffix.lower() not in _FORMATS:
        raise CliError(f"the output must end in {', '.join(_FORMATS)}, got {output.name!r}")
    body: dict[str, Any] = {
        "model": model, "prompt": prompt, "n": count, "size": size, "output_format": _FORMATS[output.suffix.lower()],
    }  # fmt: skip
    said = [control_choice(text) for text in controls]
    server = Server.from_environment()
    control_images = [sent_image(server, path) | fields for path, fields in said]
    style_images = [sent_image(server, path) for path in references]
    body |= optional | ({"style_images": style_images} if style_images else {})
    body |= {"control_images": control_images} if control_images else {}
    console = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        progress.add_task(f"drawing {count} {model}{'s' if count > 1 else ''}", total=None)
        answer = server.call("POST", "/v1/images/generations", body).json()
    version = " ".join([answer["model_version"], *answer["adapters"]])
    for image, path in zip(answer["data"], _paths(output, count), strict=True):
        path.write_bytes(base64.b64decode(image["b64_json"]))
        console.print(f"{path}  {answer['size']}  seed {image['seed']}  {version}", highlight=False)


def adapter_choice(text: str) -> dict[str, Any]:
    adapter_id, colon, scale = text.partition(":")
    try:
        return {"id": adapter_id, "scale": float(scale)} if colon else {"id": adapter_id}
    except ValueError as error:
        raise CliError(f"--lora {text}: the scale is a number, got {scale!r}") from error


def sent_image(server: Server, path: Path) -> dict[str, Any]:
    """Uploaded first; the same again is the same file."""
    if not path.is_file():
        raise CliError(f"there is no file {path}")
    return {"file_id": server.upload(path, "reference")["id"]}


def _paths(output: Path, count: int) -> list[Path]:
    if count == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{index + 1}") for index in range(count)]
