"""Teaches a model a style, as an adapter of a few MB.

python -m train.finetune lint --data FOLDER_OR_ZIP
python -m train.finetune style --data FOLDER_OR_ZIP --model FOLDER --out FILE.safetensors [--trigger WORD] [--ray]
python -m train.finetune reference --data FOLDER_OR_ZIP --model FOLDER --out FILE.safetensors [--publish NAME]
python -m train.finetune run --spec FILE
"""

import logging
import math
from pathlib import Path
from typing import Annotated

import typer

from deployments.errors import EmblemError
from deployments.model_folder import read_manifest
from deployments.registry.names import check_name, published_name
from deployments.training import OptimizerName
from train.data.data_set import open_data_set
from train.data.lint import lint as lint_data
from train.data.prepare import Wording
from train.finetune.recipes import RECIPES

Data = Annotated[Path, typer.Option(help="A folder or a zip archive of pictures with captions.")]
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def lint(data: Data, recipe: str = "starter") -> None:
    """Tell what should be looked at before training; the exit status is 0 all the same."""
    opened = open_data_set(data)
    findings = lint_data(opened, RECIPES[recipe].target_px)
    typer.echo(f"{len(opened.samples)} pictures, digest {opened.digest[:16]}")
    for finding in findings:
        typer.echo(str(finding))


@app.command()
def style(
    data: Data,
    model: Annotated[Path, typer.Option(help="The model folder that learns.")],
    out: Annotated[Path, typer.Option(help="The adapter, NAME.safetensors; kohya's form and a card come beside it.")],
    trigger: Annotated[str, typer.Option(help="The word that will call the style.")] = "emblemstyle",
    template: Annotated[str, typer.Option(help="How it stands beside a picture's own caption.")] = Wording.template,
    class_prompt: Annotated[str, typer.Option(help="What an object is one of; absent: the captions.")] = "",
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "starter",
    optimizer: Annotated[OptimizerName, typer.Option(help="Prodigy finds its own learning rate.")] = "adamw",
    work: Annotated[Path, typer.Option(help="Caches and checkpoints; the same run again goes on.")] = Path("var/style"),
    title: str = "",
    license: Annotated[str, typer.Option(help="Of the adapter.")] = "",
    minutes: float = math.inf,
    publish: Annotated[str, typer.Option(help="Publish it under this name, once it is trained.")] = "",
    registry: Annotated[Path, typer.Option(help="The registry that it is published to.")] = Path("var/registry"),
    ray: Annotated[bool, typer.Option("--ray", help="Train on the Ray cluster that this runs on.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="With --ray: processes, each with batches of its own.")] = 1,
) -> None:
    """Train a style adapter; stopped or out of time, the same command goes on."""
    _check(data, model, out, recipe)
    if publish:
        _check_name(publish, model, recipe)
    from train.finetune.teach import StyleJob, teach_style  # torch: only for what can be trained

    job = StyleJob(
        data=str(data.resolve()), model=str(model.resolve()), out=str(out.resolve()), work=str(work.resolve()),
        recipe=recipe, trigger=trigger, template=template, title=title or out.stem, license=license,
        num_workers=workers, class_prompt=class_prompt, optimizer=optimizer,
    )  # fmt: skip
    typer.echo(teach_style(job, registry, publish, minutes, is_on_ray=ray))


@app.command()
def reference(
    data: Data,
    model: Annotated[Path, typer.Option(help="The model folder whose IP-Adapter learns.")],
    out: Annotated[Path, typer.Option(help="The IP-Adapter, NAME.safetensors.")],
    recipe: Annotated[str, typer.Option(help="sdxl-reference on a GPU.")] = "starter-reference",
    work: Annotated[Path, typer.Option(help="Caches and checkpoints; the same run again goes on.")] = Path("var/style"),
    title: str = "",
    license: Annotated[str, typer.Option(help="Of the adapter.")] = "",
    minutes: float = math.inf,
    publish: Annotated[str, typer.Option(help="Publish it, as MODEL-reference, once it is trained.")] = "",
    registry: Annotated[Path, typer.Option(help="The registry that it is published to.")] = Path("var/registry"),
) -> None:
    """Teach a model's IP-Adapter a data set; stopped or out of time, the same command goes on."""
    if recipe in RECIPES and RECIPES[recipe].learns != "reference":
        raise EmblemError(f"{recipe} teaches no reference adapter")
    style(
        data, model, out, recipe=recipe, work=work, title=title, license=license, minutes=minutes, publish=publish,
        registry=registry,
    )  # fmt: skip


@app.command()
def run(spec: Annotated[Path, typer.Option(help="What the gateway has written down.")]) -> None:
    """Do one run of a fine-tuning job; how it ended is in `result.json`, beside what it made."""
    from train.finetune.run import run_spec  # torch: only here
    from train.loop import StopSignal

    typer.echo(run_spec(spec, StopSignal()).model_dump_json())


def _check(data: Path, model: Path, out: Path, recipe: str) -> None:
    """Before torch is loaded, which takes longer. Raises EmblemError."""
    if recipe not in RECIPES:
        raise EmblemError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    if out.suffix != ".safetensors":
        raise EmblemError(f"the adapter is a .safetensors file, not {out.name!r}")
    read_manifest(model)
    open_data_set(data)


def _check_name(publish: str, model: Path, recipe: str) -> None:
    learns = RECIPES[recipe].learns
    name = published_name(learns, read_manifest(model).name, publish)
    if learns == "lora":
        check_name(publish)
    elif publish != name:
        raise EmblemError(f"what {recipe} trains is published as {name}, not {publish!r}")


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        app()
    except EmblemError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
