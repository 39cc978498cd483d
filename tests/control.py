"""Control models for tests: tiny ones of the UNet's own widths, with random weights, as they lie on a disk."""

from pathlib import Path

import torch
from diffusers import ControlNetModel, T2IAdapter, UNet2DConditionModel


def make_controlnet(folder: Path, unet: UNet2DConditionModel, seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, 8, 8, 8))
        begun_at_zero = (
            *net.controlnet_down_blocks,
            net.controlnet_mid_block,
            net.controlnet_cond_embedding.conv_out,
        )
        for layer in begun_at_zero:
            torch.nn.init.normal_(layer.weight, std=0.2)  # at zero there would be nothing to see
        net.save_pretrained(folder)


def make_t2i_adapter(folder: Path, num_channels: int, seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        T2IAdapter(num_channels, [32, 64, 64, 64], 2, 16, "full_adapter_xl").save_pretrained(folder)
