"""Trains the starter model, stage by stage; each goes on where it was left.

python -m train.starter STAGE --recipe cpu --work DIR [--minutes M]     autoencoder, clip, text, denoiser, reference
python -m train.starter all --recipe cpu --work DIR [--minutes M]       M for each stage
python -m train.starter unpack --model models/starter --work DIR        then any stage from `text` on goes on from it
python -m train.starter export --work DIR --out models/starter
python -m train.starter style-set NAME --out DIR                        sticker, glyph-outline: data for `emblem train`
python -m train.starter eval --model models/starter --out DIR --work DIR [--prompts N] [--seeds N]
"""

import logging
import math
import time
from pathlib import Path
from typing import Annotated

import torch
import typer

from deployments.errors import ModelFolderError
from deployments.model_folder import read_manifest
from train.loop import StopSignal
from train.starter import autoencoder, clip, denoiser, reference, text
from train.starter.cache import write_examples, write_pairs
from train.starter.candidate import open_candidate
from train.starter.classifier import train_classifier
from train.starter.corpus import write_corpus
from train.starter.evaluate import Evaluation, Plan
from train.starter.examples import Examples
from train.starter.export import export as export_model
from train.starter.export import unpack as unpack_model
from train.starter.gallery import open_gallery
from train.starter.glyphs import GlyphSet
from train.starter.grids import GRIDS
from train.starter.judge import Judge
from train.starter.notice import compose_notice
from train.starter.recipes import RECIPES
from train.starter.report import About, write_report
from train.starter.style_sets import STYLE_SETS, write_style_set
from train.tracker import WandbTracker

GLYPHS = Path(__file__).parent / "glyphs"
STAGES = {
    "autoencoder": autoencoder.train_autoencoder,
    "clip": clip.train_clip,
    "text": text.train_text,
    "denoiser": denoiser.train_denoiser,
    "reference": reference.train_reference,
}

Work = Annotated[Path, typer.Option(help="Where checkpoints and caches lie.")]
app = typer.Typer(add_completion=False)


def run_stage(stage: str, recipe_name: str, work: Path, minutes: float, should_stop: StopSignal) -> None:
    recipe = RECIPES[recipe_name]
    torch.set_num_threads(recipe.num_threads)
    source = Examples(GlyphSet.load(GLYPHS), seed=0, split="train")
    write_examples(work / "examples", source, recipe.num_icons, recipe.num_splashes, recipe.num_threads)
    if stage == "text":
        write_corpus(work / text.CORPUS_FILE, source, recipe.num_captions)
    if stage == "reference":
        write_pairs(work / "pairs", source, recipe.num_pairs, recipe.num_threads)
    should_stop.give(minutes)
    tracker = WandbTracker(f"starter-{stage}", work)
    outcome = STAGES[stage](recipe, work, tracker, should_stop)
    if stage in GRIDS and not should_stop.must_end:
        grid = GRIDS[stage](work)
        grid.save(work / stage / "grid.png")
        tracker.show(outcome.step, stage, grid)
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
    export(work, out or work / "model")


@app.command()
def export(work: Work, out: Annotated[Path, typer.Option(help="The model folder, written anew.")]) -> None:
    export_model(work, out)
    (out / "NOTICE").write_text(compose_notice(GLYPHS))


@app.command()
def unpack(model: Annotated[Path, typer.Option(help="A model folder.")], work: Work) -> None:
    unpack_model(model, work)


@app.command("style-set")
def style_set(
    name: Annotated[str, typer.Argument(help=" or ".join(STYLE_SETS))],
    out: Annotated[Path, typer.Option(help="The data set's folder.")],
) -> None:
    if name not in STYLE_SETS:
        typer.echo(f"error: no style set {name!r}; there are {', '.join(STYLE_SETS)}", err=True)
        raise typer.Exit(2)
    write_style_set(out, name, GlyphSet.load(GLYPHS))


@app.command("eval")
def evaluate(
    model: Annotated[Path, typer.Option(help="A model folder.")],
    out: Annotated[Path, typer.Option(help="Where the report goes.")],
    work: Work = Path("var/starter-training"),
    prompts: Annotated[int, typer.Option(min=8)] = 500,
    seeds: Annotated[int, typer.Option(min=2)] = 2,
    recipe: str = "cpu",
) -> None:
    """Trains the judging classifier, unless `work` holds it, and writes the report into `out`."""
    try:
        manifest, glyphs = read_manifest(model), GlyphSet.load(GLYPHS)
    except (ModelFolderError, FileNotFoundError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    started_s, row = time.monotonic(), RECIPES[recipe]
    torch.set_num_threads(row.num_threads)
    gallery = open_gallery(work, Examples(glyphs, seed=0, split="train"), row.num_gallery)
    held_out = Examples(glyphs, seed=0, split="held_out")
    tracker = WandbTracker("starter-classifier", work)
    classifier = train_classifier(row, work, gallery, held_out.sampler.names, tracker)
    tracker.close()
    with open_candidate(model) as candidate:
        evaluation = Evaluation(candidate, Judge(classifier), held_out, gallery, Plan.of(prompts, seeds))
        scores = evaluation.run()
    about = About.now(manifest, evaluation.plan, (time.monotonic() - started_s) / 60)
    write_report(out, about, scores, evaluation.shown)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    app()
