"""The model card: what an adapter or UNet is, of what it was made and how far it has come, for people and registry."""

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

from deployments.model_folder import FileDigest
from deployments.registry.gates import Gate
from train.data.data_set import DataSet
from train.data.prepare import Wording
from train.finetune.recipes import StyleRecipe


class DataCard(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str
    num_pictures: int
    num_captions: int
    licences: dict[str, int]  # by name, how many pictures; "" for those that tell none


class ModelCard(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    license: str
    trigger: str
    template: str
    base: str  # the model's version
    base_unet: dict[str, FileDigest]
    data: DataCard
    recipe: dict[str, JsonValue]
    num_workers: int = 1  # each drew batches of its own
    steps: int
    metrics: dict[str, float]
    gates: tuple[Gate, ...] = ()
    files: dict[str, FileDigest]  # of what was trained


def describe_data(data: DataSet) -> DataCard:
    return DataCard(
        digest=data.digest,
        num_pictures=len(data.samples),
        num_captions=sum(bool(sample.note.text) for sample in data.samples),
        licences=dict(Counter(sample.note.license for sample in data.samples)),
    )


def describe_recipe(recipe: StyleRecipe) -> dict[str, JsonValue]:
    described: dict[str, JsonValue] = json.loads(json.dumps(asdict(recipe)))
    return described


def file_digest(path: Path) -> FileDigest:
    content = path.read_bytes()
    return FileDigest(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def header_words(title: str, license: str, wording: Wording, recipe: StyleRecipe, prediction: str) -> dict[str, str]:
    """What other tools show of a file (https://github.com/Stability-AI/ModelSpec)."""
    part = {"lora": "/lora", "unet": "", "reference": "/ip-adapter"}[recipe.learns]
    return {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"stable-diffusion-xl-v1-base{part}",
        "modelspec.implementation": "diffusers",
        "modelspec.title": title,
        "modelspec.license": license,
        "modelspec.trigger_phrase": wording.trigger,
        "modelspec.prediction_type": "v" if prediction == "v_prediction" else prediction,
        "modelspec.resolution": "x".join(map(str, recipe.buckets_px[0])),
    }
