"""An adapter is tried before anyone may use it: weights that read well can still draw what is not finite."""

import torch

from deployments.engine.equipment import Equipment
from deployments.engine.lora_bank import PackedLora
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.engine.step import step
from deployments.errors import InvalidRequest

TRIAL_LATENTS = 16  # the side of the image that is tried


def adopt(equipment: Equipment, packed: PackedLora) -> None:
    """Puts it into the bank if one step with it is finite; on the engine's thread.

    Raises BankFull, or InvalidRequest; then the bank is as it was.
    """
    handle = equipment.bank.add(packed)
    try:
        _try(equipment, packed.name)
    except BaseException:
        equipment.bank.drop(handle)
        raise


def _try(equipment: Equipment, name: str) -> None:
    side_px = TRIAL_LATENTS * equipment.model.pixels_per_latent
    request = ImageRequest(
        "an icon", None, side_px, side_px, num_steps=1, guidance_scale=1.0, seed=0, loras=(LoraRequest(name),)
    )
    sample = Preparer(equipment).prepare(request)
    try:
        step(equipment, [sample])
    finally:
        sample.leave()
    if sample.x0_CHW is None or not bool(torch.isfinite(sample.x0_CHW).all()):
        raise InvalidRequest("with this LoRA the model's output is not finite", "non_finite_output", "lora")
