"""A trained adapter evaluated through the serving engine: prompts that it has not seen, with it and without it.

Shapes: P prompts, S seeds of each.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np

from deployments.engine.engine import Engine
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.registry.schemas import VersionKind
from deployments.specs import ProfileSpec
from deployments.training import EvaluationPlan
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Augmentation, Wording, prepare
from train.finetune.features import Features
from train.finetune.held_out import held_out
from train.finetune.scores import Drawn, compare, score
from train.finetune.style import StyleJob

MAX_SUBMITTED = 32  # images at once: enough to fill batches
MAX_COMPARED = 200  # pictures of a data set
BASE, LIVE = "base", "live"
Pictures = list[np.ndarray]  # uint8 RGB, all seeds of the first prompt, then those of the next


@dataclass(frozen=True)
class Evaluation:
    prompts: list[str]  # without the word that calls the style
    num_seeds: int
    pictures: Mapping[str, Pictures]  # by adapter or UNet: what is evaluated, `base`, and `live` where one is
    metrics: dict[str, float]


def evaluate(
    job: StyleJob, plan: EvaluationPlan, engine: Engine, adapters: Sequence[str], spec: ProfileSpec,
    features: Features | None,
) -> Evaluation:  # fmt: skip
    """`adapters`, or UNets, are resident: the trained one first, the live one after it where there is one.

    Without features nothing but whether all could be drawn is measured. Raises DataSetError.
    """
    data, wording = open_data_set(Path(job.data)), Wording(job.trigger, job.template)
    prompts = held_out([sample.note.text for sample in data.samples], plan.num_prompts)
    size = job.complete_recipe().buckets_px[0]
    pictures, learns = {}, job.complete_recipe().learns
    for name in (*adapters, BASE):
        requests = [
            ImageRequest(
                wording.caption(prompt), None, *size, plan.num_steps, spec.kinds["icon"].guidance_scale, seed,
                **_drawn_with(name, learns),
            )
            for prompt, seed in product(prompts, range(plan.num_seeds))
        ]  # fmt: skip
        pictures[name] = [*_draw(engine, requests)]
    metrics = _measure(data, job, prompts, plan.num_seeds, pictures, features) if features and prompts else {}
    return Evaluation(prompts, plan.num_seeds, pictures, metrics)


def _drawn_with(name: str, learns: VersionKind) -> dict[str, Any]:
    if name == BASE:
        return {}
    return {"unet": name} if learns == "unet" else {"loras": (LoraRequest(name),)}


def _measure(
    data: DataSet, job: StyleJob, prompts: Sequence[str], num_seeds: int, pictures: Mapping[str, Pictures],
    features: Features,
) -> dict[str, float]:  # fmt: skip
    """What is not finite is left out, so that no gate can hold on it."""
    known_ME = features.of_pictures([*_pictures_of(data, job)])
    texts_PE = features.of_texts(prompts) if features.has_texts else None
    drawn = {
        name: Drawn(features.of_pictures(drawn).unflatten(0, (len(prompts), num_seeds)), texts_PE)
        for name, drawn in pictures.items()
    }
    trained, *others = drawn
    metrics = score(drawn[trained], known_ME)
    for other in others:
        metrics |= {f"{name}_{other}": value for name, value in score(drawn[other], known_ME).items()}
        metrics |= {f"{name}_{other}": value for name, value in compare(drawn[trained], drawn[other], known_ME).items()}
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def _pictures_of(data: DataSet, job: StyleJob) -> Iterator[np.ndarray]:
    """As the model was taught them, without what varies."""
    wording, buckets = Wording(job.trigger, job.template), job.complete_recipe().buckets_px
    for sample, picture in islice(data.pictures(), MAX_COMPARED):
        yield prepare(sample, picture, buckets, wording, Augmentation(num_variants=1))[0].pixels_HWC


def _draw(engine: Engine, requests: Sequence[ImageRequest]) -> Iterator[np.ndarray]:
    for start in range(0, len(requests), MAX_SUBMITTED):
        jobs = [engine.submit(request) for request in requests[start : start + MAX_SUBMITTED]]
        yield from (job.result.result().pixels_HWC for job in jobs)
