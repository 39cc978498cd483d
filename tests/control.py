"""Control for tests: tiny models with random weights, as they lie on a disk, and images drawn with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    StableDiffusionXLPipeline,
    T2IAdapter,
    UNet2DConditionModel,
)

from deployments.engine.control import ControlRegistry, ControlUse
from deployments.engine.load import SdxlModel
from deployments.engine.residuals import ControlRow, residuals
from deployments.engine.tables import build_table
from deployments.engine.text import PromptEncoder

SIZE_PX = 128
GUIDANCE = 5.0


@dataclass(frozen=True)
class Picture:
    """An image to draw: always guided, so always two rows."""

    controls: tuple[ControlUse, ...] = ()
    prompt: str = "white rocket"
    seed: int = 7
    num_steps: int = 6


def make_controlnet(folder: Path, unet: UNet2DConditionModel, seed: int, pixels_per_latent: int = 8) -> None:
    halvings = pixels_per_latent.bit_length() - 1  # from the drawing to the latents' size
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, *[8] * halvings))
        _wake(net)
        net.save_pretrained(folder)


def make_union(folder: Path, unet: UNet2DConditionModel, seed: int, num_modes: int = 6) -> None:
    width = unet.config.block_out_channels[0]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        like_unet = ControlNetUnionModel.from_unet(unet, conditioning_embedding_out_channels=(4, 8, 8, 8)).config
        net = ControlNetUnionModel.from_config(
            like_unet, num_control_type=num_modes, num_trans_channel=width, num_proj_channel=width
        )
        _wake(net, net.spatial_ch_projs)
        net.save_pretrained(folder)


def _wake(net: Any, *more: torch.nn.Module) -> None:
    """What begins at zero would leave nothing to see."""
    for layer in (*net.controlnet_down_blocks, net.controlnet_mid_block, net.controlnet_cond_embedding.conv_out, *more):
        torch.nn.init.normal_(layer.weight, std=0.2)


def make_t2i_adapter(folder: Path, num_channels: int, seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        T2IAdapter(num_channels, [32, 64, 64, 64], 2, 16, "full_adapter_xl").save_pretrained(folder)


def drawing(seed: int) -> np.ndarray:
    """Coarse coloured patches, of another size and shape than the image."""
    patches = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    return patches.repeat(40, axis=0).repeat(37, axis=1)


@torch.inference_mode()
def draw(model: SdxlModel, registry: ControlRegistry, pictures: Sequence[Picture]) -> list[torch.Tensor]:
    """The latents [C, H, W] of all pictures, drawn side by side, each leaving when it is done."""
    encoder = PromptEncoder(model)
    tables = [build_table("euler", model.scheduler, picture.num_steps) for picture in pictures]
    latents = []
    for table, picture in zip(tables, pictures, strict=True):
        noise = torch.randn((4, 16, 16), generator=torch.Generator().manual_seed(picture.seed))
        latents.append(noise * table.initial_sigma)
    for step in range(max(picture.num_steps for picture in pictures)):
        running = [index for index, picture in enumerate(pictures) if step < picture.num_steps]
        rows = running + running  # positive, then negative
        prompts = [encoder.encode(pictures[index].prompt) for index in running]
        prompts += [encoder.encode_negative(None) for _ in running]
        timestep_R = torch.tensor([tables[index].timestep[step] for index in rows])
        inputs_RCHW = torch.stack([latents[index] * tables[index].c_in[step] for index in rows])
        tokens_RKD = torch.stack([prompt.tokens_LD for prompt in prompts])
        added_cond = {
            "text_embeds": torch.stack([prompt.pooled_P for prompt in prompts]),
            "time_ids": torch.tensor([[SIZE_PX, SIZE_PX, 0, 0, SIZE_PX, SIZE_PX]] * len(rows), dtype=torch.float32),
        }
        wanted = [ControlRow(pictures[index].controls, step, pictures[index].num_steps) for index in rows]
        arguments = residuals(registry, wanted, inputs_RCHW, timestep_R, tokens_RKD, added_cond).as_arguments()
        output_RCHW = model.unet(inputs_RCHW, timestep_R, tokens_RKD, added_cond_kwargs=added_cond, **arguments).sample
        for row, index in enumerate(running):
            positive, negative = output_RCHW[row], output_RCHW[row + len(running)]
            table, output_CHW = tables[index], negative + GUIDANCE * (positive - negative)
            x0_CHW = table.skip[step] * latents[index] + table.out[step] * output_CHW
            latents[index] = table.keep[step] * latents[index] + table.move[step] * x0_CHW
    return latents


def pipeline_parts(models_dir: Path) -> dict[str, Any]:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    return dict(pipeline.components)


def theirs(pipeline: Any, **arguments: Any) -> torch.Tensor:
    pipeline.set_progress_bar_config(disable=True)
    latents_1CHW: torch.Tensor = pipeline(
        "white rocket", width=SIZE_PX, height=SIZE_PX, num_inference_steps=6, guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(7), output_type="latent", **arguments,
    ).images  # fmt: skip
    return latents_1CHW[0]


def assert_close(ours: torch.Tensor, expected: torch.Tensor) -> None:
    assert expected.abs().max() > 5  # 1e-4 is a few rounding errors of float32 here
    assert (ours - expected).abs().max() <= 1e-4
