"""A trial as a version's manifest tells it, and as an engine draws it."""

import base64
from dataclasses import replace

import numpy as np

from deployments.engine.equipment import Equipment
from deployments.engine.trial import Trial, draw_trial
from deployments.registry.names import VersionKind
from deployments.registry.schemas import PublishedTrial

TRIAL = Trial(num_steps=4, guidance_scale=3.0)
# float32 differs between machines in the order of its sums; in bfloat16 each layer rounds to 1 of 256.
TOLERANCES = {"float32": 1e-3, "bfloat16": 0.05}


def publish_trial(
    equipment: Equipment, name: str, trigger: str, served_dtype: str, kind: VersionKind = "lora"
) -> PublishedTrial:
    """What the resident one of that name draws; `served_dtype` is what replicas will draw in."""
    trial = replace(TRIAL, prompt=f"{trigger} icon".strip())
    latents_CHW = draw_trial(equipment, trial, **{kind: name})
    dtype = str(equipment.model.dtype).removeprefix("torch.")
    return PublishedTrial(
        prompt=trial.prompt, seed=trial.seed, num_steps=trial.num_steps, guidance_scale=trial.guidance_scale,
        dtype=dtype, shape=latents_CHW.shape, tolerance=max(TOLERANCES[dtype], TOLERANCES[served_dtype]),
        latents=base64.b64encode(latents_CHW.astype("<f4").tobytes()).decode(),
    )  # fmt: skip


def told_trial(told: PublishedTrial | None) -> Trial:
    """Without one, a step whose output has to be finite."""
    if told is None:
        return Trial()
    latents_CHW = np.frombuffer(base64.b64decode(told.latents), "<f4").reshape(told.shape)
    return Trial(told.prompt, told.seed, told.num_steps, told.guidance_scale, latents_CHW, told.tolerance)
