"""Style fine-tuning, from a data set to an adapter's or a UNet's files."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from accelerate import PartialState

from deployments.engine.load import SdxlModel, load_model
from deployments.errors import InvalidRequest
from deployments.model_folder import ModelManifest, read_manifest
from deployments.registry.base import made_for
from deployments.training import OptimizerName
from train.checkpoint import read_average
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Wording
from train.finetune.adapter import add_adapter, matrices_of, write_diffusers, write_kohya
from train.finetune.card import ModelCard, describe_data, describe_recipe, file_digest, header_words
from train.finetune.encode import Encoded, SampleEncoder, encode
from train.finetune.mixed import MixedBatches
from train.finetune.objective import StyleBatches, StyleObjective
from train.finetune.priors import OwnWords, as_drawn, class_prompts, draw_priors
from train.finetune.recipes import RECIPES, StyleRecipe, with_optimizer
from train.finetune.whole import free, write_unet
from train.loop import Batch, Outcome, train
from train.tracker import Tracker

CHECKPOINT = "checkpoint.safetensors"
OWN, OF_CLASS = "loss", "class_loss"  # of the data set's pictures, and of those of an object's class
MEASURED_BATCHES = 4  # of a seed that training never uses


Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class StyleJob:
    """What is to be made of what; paths are absolute, since a worker runs in a folder of its own."""

    data: str
    model: str  # a model folder
    out: str  # the adapter, `NAME.safetensors`; `NAME.kohya.safetensors` and `NAME.json` come beside it
    work: str  # what is computed once, and checkpoints
    recipe: str
    trigger: str
    template: str
    title: str
    license: str
    num_steps: int | None = None  # these five: None, the recipe's own
    rank: int | None = None
    learning_rate: float | None = None
    optimizer: OptimizerName | None = None
    seed: int | None = None
    class_prompt: str = ""  # what an object is one of, for recipes that keep its class; absent: the captions
    num_workers: int = 1  # in Ray Train; each draws a whole batch at each step

    @property
    def wording(self) -> Wording:
        """No word calls a reference adapter: a picture does."""
        is_called = RECIPES[self.recipe].learns != "reference"
        return Wording(self.trigger, self.template) if is_called else OwnWords()

    def complete_recipe(self) -> StyleRecipe:
        """A chosen rank keeps the share of alpha. Raises InvalidRequest for one of what has none."""
        recipe = RECIPES[self.recipe]
        if recipe.learns != "lora" and self.rank is not None:
            raise InvalidRequest(f"what {recipe.name} trains has no rank", "invalid_value", "rank")
        loop, rank = with_optimizer(recipe.loop, self.optimizer or "adamw"), _or(self.rank, recipe.rank)
        return replace(
            recipe,
            rank=rank,
            alpha=max(1, round(rank * recipe.alpha / recipe.rank)) if rank else 0,
            loop=replace(
                loop,
                num_steps=_or(self.num_steps, loop.num_steps),
                learning_rate=_or(self.learning_rate, loop.learning_rate),
                seed=_or(self.seed, loop.seed),
            ),
        )


class Batches(Protocol):
    def draw(self, generator: torch.Generator, batch_size: int) -> Batch: ...


class Keeper(Protocol):
    """Where checkpoints outlive their machine."""

    def restore(self, checkpoint: Path) -> None:
        """Puts the newest one there, if there is any."""

    def keep(self, checkpoint: Path, step: int, metrics: Mapping[str, float]) -> None: ...


class KeptInPlace:
    """On one machine the work folder is enough."""

    def restore(self, checkpoint: Path) -> None:
        del checkpoint

    def keep(self, checkpoint: Path, step: int, metrics: Mapping[str, float]) -> None:
        del checkpoint, step, metrics


def train_style(job: StyleJob, tracker: Tracker, should_stop: Callable[[], bool], keeper: Keeper) -> Outcome:
    """Goes on where the same data, model and recipe were left; writes the files once all steps are done.

    Raises DataSetError or ModelFolderError before anything is trained.
    """
    recipe, data, manifest = job.complete_recipe(), open_data_set(Path(job.data)), read_manifest(Path(job.model))
    model, encoded, checkpoint = prepare_job(job, recipe, data, manifest)
    keeper.restore(checkpoint)
    (free if recipe.learns == "unet" else add_adapter)(model.unet, recipe)
    objective = StyleObjective(model, recipe.snr_gamma).to(model.device)
    batches = {
        name: StyleBatches(one, recipe, len(objective.alphas_T), model.pixels_per_latent)
        for name, one in encoded.items()
    }
    mixed = MixedBatches(batches[OWN], batches[OF_CLASS], recipe) if OF_CLASS in batches else batches[OWN]
    before = measure(objective, batches, recipe, "before")  # nothing is learnt yet, also where a run is gone on with
    outcome = train(
        objective,
        mixed.draw,
        recipe.loop,
        checkpoint,
        tracker,
        should_stop,
        lambda step, metrics: keeper.keep(checkpoint, step, metrics),
    )
    if outcome.is_done and PartialState().is_main_process:
        average = read_average(checkpoint)
        objective.load_state_dict(average, strict=False)  # strict wants the frozen weights too
        metrics = before | measure(objective, batches, recipe, "after")
        _write(job, model, manifest, data, average, metrics, outcome.step)
    return outcome


def prepare_job(
    job: StyleJob, recipe: StyleRecipe, data: DataSet, manifest: ModelManifest
) -> tuple[SdxlModel, dict[str, Encoded], Path]:
    """What learns, what it learns from, by the name of its loss, and the place of its checkpoint."""
    wording, work = job.wording, Path(job.work)
    with PartialState().main_process_first():  # the others find what it has kept
        priors = _priors(job, recipe, data)
    torch.set_num_threads(recipe.num_threads)
    model = load_model(Path(job.model), str(PartialState().device), getattr(torch, recipe.dtype))
    with PartialState().main_process_first():
        encoded = {OWN: encode(data, SampleEncoder(model, manifest.version, recipe, wording, work))}
        if priors:
            encoder = SampleEncoder(model, manifest.version, as_drawn(recipe), OwnWords(), work)
            encoded[OF_CLASS] = encode(priors, encoder)
    return model, encoded, work / "runs" / _run_digest(data, priors, manifest, recipe, wording) / CHECKPOINT


def _or(chosen: Number | None, usual: Number) -> Number:
    return usual if chosen is None else chosen


def _priors(job: StyleJob, recipe: StyleRecipe, data: DataSet) -> DataSet | None:
    if not recipe.num_priors:
        return None
    return draw_priors(Path(job.model), data, recipe, class_prompts(data, job.class_prompt), Path(job.work))


def _run_digest(
    data: DataSet, priors: DataSet | None, manifest: ModelManifest, recipe: StyleRecipe, wording: Wording
) -> str:  # fmt: skip
    """A checkpoint of other data, weights or settings is not gone on from."""
    told = json.dumps([data.digest, priors and priors.digest, manifest.version, asdict(recipe), asdict(wording)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def measure(
    objective: StyleObjective, measured: Mapping[str, Batches], recipe: StyleRecipe, when: str
) -> dict[str, float]:  # fmt: skip
    return {f"{name}_{when}": mean_loss(objective, batches.draw, recipe) for name, batches in measured.items()}


@torch.no_grad()
def mean_loss(
    objective: StyleObjective, draw: Callable[[torch.Generator, int], Batch], recipe: StyleRecipe
) -> float:  # fmt: skip
    """Over the same batches each time, of a seed that training never uses."""
    generator, total = torch.Generator().manual_seed(-1 - recipe.loop.seed), 0.0
    device, is_mixed = objective.alphas_T.device, recipe.loop.mixed_precision == "bf16"
    with torch.autocast(device.type, torch.bfloat16, enabled=is_mixed):
        for _ in range(MEASURED_BATCHES):
            batch = draw(generator, recipe.loop.batch_size)
            total += float(objective({name: value.to(device) for name, value in batch.items()})["loss"])
    return total / MEASURED_BATCHES


def _write(
    job: StyleJob, model: SdxlModel, manifest: ModelManifest, data: DataSet, average: Mapping[str, torch.Tensor],
    metrics: dict[str, float], steps: int,
) -> None:  # fmt: skip
    out, recipe, words = Path(job.out), job.complete_recipe(), words_of(job, model)
    if recipe.learns == "unet":
        files = [out]
        write_unet(out, average, Path(job.model), words)
    else:
        files = [out, out.with_suffix(".kohya.safetensors")]
        matrices = matrices_of(average, recipe)
        write_diffusers(out, matrices, recipe, words)
        write_kohya(files[1], matrices, recipe, words, model.unet.config.layers_per_block + 1)
    write_card(job, manifest, data, metrics, steps, files)


def words_of(job: StyleJob, model: SdxlModel) -> dict[str, str]:
    prediction = model.scheduler.config.prediction_type
    return header_words(job.title, job.license, job.wording, job.complete_recipe(), prediction)


def write_card(
    job: StyleJob, manifest: ModelManifest, data: DataSet, metrics: dict[str, float], steps: int,
    files: Sequence[Path],
) -> None:  # fmt: skip
    """Last: where there is one, the files that it names are whole."""
    recipe = job.complete_recipe()
    card = ModelCard(
        title=job.title,
        license=job.license,
        trigger=job.wording.trigger,
        template=job.wording.template,
        base=manifest.version,
        base_unet=made_for(recipe.learns, manifest),
        data=describe_data(data),
        recipe=describe_recipe(recipe),
        num_workers=job.num_workers,
        steps=steps,
        metrics=metrics,
        files={path.name: file_digest(path) for path in files},
    )
    Path(job.out).with_suffix(".json").write_text(card.model_dump_json(indent=2) + "\n")
