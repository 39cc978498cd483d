"""Pictures of an object's class, as the model draws it before it learns the object; drawn once, and kept as a data set.

They hold the class where it was: what is learnt of one rocket would else be said of all of them (prior preservation,
https://arxiv.org/abs/2208.12242, section 3.2).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from deployments.engine.request import ImageRequest
from deployments.model_folder import read_manifest
from deployments.specs import PROFILES, ProfileSpec
from train.data.captions import METADATA
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Augmentation, Wording, nearest_bucket
from train.finetune.recipes import StyleRecipe
from train.finetune.served import draw_all, equip_as_served, running


@dataclass(frozen=True)
class OwnWords(Wording):
    """Of pictures that no word calls: captions as they are."""

    trigger: str = ""
    template: str = "{caption}"

    def __post_init__(self) -> None:
        """There is no trigger to be missed."""


def class_prompts(data: DataSet, class_prompt: str) -> list[str]:
    """What an object of the data set is one of: as it was told, else the captions, each once."""
    captions = dict.fromkeys(sample.note.text for sample in data.samples if sample.note.text)
    return [class_prompt] if class_prompt else [*captions]


def draw_priors(model_folder: Path, data: DataSet, recipe: StyleRecipe, prompts: Sequence[str], work: Path) -> DataSet:
    """In every size that the data set has; what is there from an earlier run is not drawn again.

    Raises DataSetError and ModelFolderError.
    """
    manifest = read_manifest(model_folder)
    spec = PROFILES[manifest.name]
    requests = _requests(data, recipe, prompts, spec)
    told = [manifest.version, *(repr(request) for request in requests)]
    folder = work / "priors" / hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    if not (folder / METADATA).exists():
        folder.mkdir(parents=True, exist_ok=True)
        with running(equip_as_served(model_folder, spec), spec, recipe.num_threads) as engine:
            for number, pixels_HWC in enumerate(draw_all(engine, requests)):
                Image.fromarray(pixels_HWC).save(folder / f"{number}.png")
        _tell(folder, requests)
    return open_data_set(folder)


def as_drawn(recipe: StyleRecipe) -> StyleRecipe:
    """How pictures of the class are encoded: nothing about them varies."""
    return replace(recipe, augmentation=Augmentation(num_variants=1))


def _requests(
    data: DataSet, recipe: StyleRecipe, prompts: Sequence[str], spec: ProfileSpec
) -> list[ImageRequest]:  # fmt: skip
    sizes = sorted({nearest_bucket((one.width_px, one.height_px), recipe.buckets_px) for one in data.samples})
    guidance_scale = spec.kinds["icon"].guidance_scale
    return [
        ImageRequest(
            prompts[number // len(sizes) % len(prompts)], None, *sizes[number % len(sizes)], spec.steps["medium"],
            guidance_scale, recipe.loop.seed + number,
        )
        for number in range(max(recipe.num_priors, data.limits.min_pictures, len(sizes)))
    ]  # fmt: skip


def _tell(folder: Path, requests: Sequence[ImageRequest]) -> None:
    """Last, and whole or not at all: where it is, all pictures are."""
    lines = [json.dumps({"file_name": f"{number}.png", "text": one.prompt}) for number, one in enumerate(requests)]
    partial = folder / f".{METADATA}"
    partial.write_text("\n".join(lines) + "\n")
    partial.replace(folder / METADATA)
