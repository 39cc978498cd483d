"""A trained adapter evaluated through the serving engine: prompts that it has not seen, with it and without it.

Shapes: P prompts, S seeds of each.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, cycle, islice, product
from pathlib import Path

import numpy as np
import torch

from deployments.controls import ADAPTER
from deployments.engine.engine import Engine
from deployments.engine.request import ImageRequest, LoraRequest, ReferenceRequest
from deployments.registry.names import VersionKind
from deployments.specs import ProfileSpec
from deployments.training import EvaluationPlan
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Augmentation, BucketPx, prepare
from train.finetune.drift import draw_class
from train.finetune.features import Features
from train.finetune.held_out import held_out, in_new_contexts
from train.finetune.priors import class_prompts
from train.finetune.scores import Drawn, compare, score
from train.finetune.served import draw_all
from train.finetune.style import StyleJob

MAX_COMPARED = 200  # pictures of a data set
FIRST_NEW_SEED = 1 << 30  # an object's class is measured on what training has not drawn
STYLE_WEIGHT = 0.52  # that a style image has in a request which says nothing of its strength
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
    data = open_data_set(Path(job.data))
    prompts, classes = _prompts(job, data, plan)
    ask = partial(_ask, size=job.complete_recipe().buckets_px[0], num_steps=plan.num_steps, spec=spec)
    pictures, learns, known = {}, job.complete_recipe().learns, [*_pictures_of(data, job)]
    for name in (*adapters, BASE):
        told = product([job.wording.caption(prompt) for prompt in prompts], range(plan.num_seeds))
        pictures[name] = [*draw_all(engine, _drawn_with(name, learns, ask(told), known))]
    if not features or not prompts:
        return Evaluation(prompts, plan.num_seeds, pictures, {})
    known_ME = features.of_pictures(known)
    metrics = _measure(known_ME, prompts, plan.num_seeds, pictures, features)
    if classes:
        asked = zip(classes, count(FIRST_NEW_SEED), strict=False)
        metrics |= draw_class(engine, adapters[0], ask(asked), features).metrics(known_ME)
    finite = {name: value for name, value in metrics.items() if math.isfinite(value)}  # no gate holds on others
    return Evaluation(prompts, plan.num_seeds, pictures, finite)


def _prompts(job: StyleJob, data: DataSet, plan: EvaluationPlan) -> tuple[list[str], list[str]]:
    """That the data set does not show, and those of an object's class, where it is an object that is learnt."""
    captions = [sample.note.text for sample in data.samples]
    if not job.complete_recipe().num_priors:
        return held_out(captions, plan.num_prompts), []
    classes = class_prompts(data, job.class_prompt)
    num_drawn = plan.num_prompts * plan.num_seeds
    return in_new_contexts(classes, captions, plan.num_prompts), [*islice(cycle(classes), num_drawn)]


def _ask(
    asked: Iterable[tuple[str, int]], *, size: BucketPx, num_steps: int, spec: ProfileSpec
) -> list[ImageRequest]:  # fmt: skip
    guidance_scale = spec.kinds["icon"].guidance_scale
    return [ImageRequest(text, None, *size, num_steps, guidance_scale, seed) for text, seed in asked]


def _drawn_with(
    name: str, learns: VersionKind, requests: Sequence[ImageRequest], known: Sequence[np.ndarray]
) -> list[ImageRequest]:
    """Where it is a reference adapter, each after a picture of the data set, also by the base model's own one."""
    if learns == "reference":
        adapter = ADAPTER if name == BASE else name
        shown = (ReferenceRequest(adapter, pixels_HWC, STYLE_WEIGHT, "style") for pixels_HWC in cycle(known))
        return [replace(request, references=(one,)) for request, one in zip(requests, shown, strict=False)]
    if name == BASE:
        return [*requests]
    if learns == "unet":
        return [replace(request, unet=name) for request in requests]
    return [replace(request, loras=(LoraRequest(name),)) for request in requests]


def _measure(
    known_ME: torch.Tensor, prompts: Sequence[str], num_seeds: int, pictures: Mapping[str, Pictures], features: Features
) -> dict[str, float]:
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
    return metrics


def _pictures_of(data: DataSet, job: StyleJob) -> Iterator[np.ndarray]:
    """As the model was taught them, without what varies."""
    wording, buckets = job.wording, job.complete_recipe().buckets_px
    for sample, picture in islice(data.pictures(), MAX_COMPARED):
        yield prepare(sample, picture, buckets, wording, Augmentation(num_variants=1))[0].pixels_HWC
