"""An IP-Adapter that trains: in diffusers' own processors while it does, in the published file's names afterwards."""

from collections.abc import Mapping

import torch
from diffusers import UNet2DConditionModel

from deployments.engine.ip_adapter import ImageAdapter


def install(unet: UNet2DConditionModel, adapter: ImageAdapter) -> None:
    """A base adapter: all of the UNet that trains from then on, in float32 whatever the UNet is in."""
    unet._load_ip_adapter_weights(
        [{"image_proj": adapter.image_proj.state_dict(), "ip_adapter": adapter.ip_adapter.state_dict()}]
    )
    for name, weight in unet.named_parameters():
        weight.requires_grad_("_ip." in name or name.startswith("encoder_hid_proj."))
        if weight.requires_grad:
            weight.data = weight.data.float()


def published(average: Mapping[str, torch.Tensor], unet: UNet2DConditionModel) -> dict[str, torch.Tensor]:
    """diffusers' parameter names to the file's."""
    projection = "unet.encoder_hid_proj.image_projection_layers.0"
    tensors = {
        f"image_proj.{ours}.{kind}": average[f"{projection}.{theirs}.{kind}"]
        for ours, theirs in (("proj", "image_embeds"), ("norm", "norm"))
        for kind in ("weight", "bias")
    }
    for index, name in enumerate(cross_layers(unet)):
        for part in ("to_k_ip", "to_v_ip"):
            tensors[f"ip_adapter.{2 * index + 1}.{part}.weight"] = average[f"unet.{name}.processor.{part}.0.weight"]
    return {name: tensor.half().contiguous() for name, tensor in tensors.items()}


def cross_layers(unet: UNet2DConditionModel) -> list[str]:
    return [name.removesuffix(".processor") for name in unet.attn_processors if name.endswith("attn2.processor")]
