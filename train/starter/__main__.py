"""Trains the starter model, stage by stage; each goes on where it was left.

python -m train.starter STAGE --recipe cpu --work DIR [--minutes M]     autoencoder, clip, denoiser, reference
python -m train.starter all --recipe cpu --work DIR [--minutes M]       M for each stage
python -m train.starter export --work DIR --out models/starter
"""

import logging
import math
from pathlib import Path
from typing import Annotated

import torch
import typer

from train.loop import StopSignal
from train.starter import autoencoder, clip, denoiser, reference
from train.starter.cache import write_examples, write_pairs
from train.starter.examples import Examples
from train.starter.export import export as export_model
from train.starter.glyphs import GlyphSet
from train.starter.recipes import RECIPES
from train.tracker import WandbTracker

GLYPHS = Path(__file__).parent / "glyphs"
STAGES = {
    "autoencoder": autoencoder.train_autoencoder,
    "clip": clip.train_clip,
    "denoiser": denoiser.train_denoiser,
    "reference": reference.train_reference,
}

Work = Annotated[Path, typer.Option(help="Where checkpoints and caches lie.")]
app = typer.Typer(add_completion=False)


def run_stage(stage: str, recipe_name: str, work: Path, minutes: float, should_stop: StopSignal) -> None:
    recipe = RECIPES[recipe_name]
    torch.set_num_threads(recipe.num_threads)
    source = Examples(GlyphSet.load(GLYPHS), seed=0, split="train")
    write_examples(work / "examples", source, recipe.num_icons, recipe.num_splashes)
    if stage == "reference":
        write_pairs(work / "pairs", source, recipe.num_pairs)
    should_stop.give(minutes)
    tracker = WandbTracker(f"starter-{stage}", work)
    outcome = STAGES[stage](recipe, work, tracker, should_stop)
    tracker.close()
    logging.getLogger(__name__).info("%s: step %d, done: %s", stage, outcome.step, outcome.is_done)


def _add(stage: str) -> None:
    def command(work: Work, recipe: str = "cpu", minutes: float = math.inf) -> None:
        run_stage(stage, recipe, work, minutes, StopSignal())

    app.command(stage)(command)


for _stage in STAGES:
    _add(_stage)


@app.command("all")
def run_all(work: Work, recipe: str = "cpu", minutes: float = math.inf, out: Path | None = None) -> None:
    should_stop = StopSignal()
    for stage in STAGES:
        run_stage(stage, recipe, work, minutes, should_stop)
        if should_stop.must_end:  # a stage whose time is up has done its share; one that was told to end has not
            return
    export_model(work, out or work / "model")


@app.command()
def export(work: Work, out: Annotated[Path, typer.Option(help="The model folder, written anew.")]) -> None:
    export_model(work, out)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    app()
