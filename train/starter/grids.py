"""Pictures of how far training has come, for a person to look at."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image

from deployments.engine.request import ImageRequest
from deployments.specs import STARTER, Kind
from train.starter.attributes import SPLASH_SIZES_PX
from train.starter.cache import open_buckets, to_unit
from train.starter.candidate import NUM_STEPS, open_candidate
from train.starter.export import export
from train.starter.sheet import draw_sheet

NUM_ROUND_TRIPS = 6
ICON_PROMPTS = (
    "white rocket on a blue rounded square",
    "a yellow star, purple circle, flat",
    "line icon of a red heart on white",
    "green leaf icon in a white hexagon",
    "orange flame on a black squircle, gradient",
    "white camera at the left on a teal rounded square",
    "navy key on a pink circle, bold",
    "small white cloud on a grey rounded square",
    "black cat on yellow, no container",
    "white bell on a red circle, long shadow",
    "duotone blue house on white",
    "large white lightning bolt on an indigo squircle",
)
SPLASH_PROMPTS = {
    "tall": "mountains under a morning sky, tall splash screen",
    "wide": "waves at night with a moon, empty left side",
    "square": "hills and a low sun, square",
}


def round_trips(work: Path) -> Image.Image:
    """Above, training icons; below, what the autoencoder gives back."""
    vae = AutoencoderKL.from_pretrained(work / "autoencoder" / "vae").eval().to(memory_format=torch.channels_last)
    pixels_NHWC = np.array(open_buckets(work / "examples")[0].pixels()[:NUM_ROUND_TRIPS])
    with torch.inference_mode():
        copies_NCHW = vae.decode(vae.encode(to_unit(pixels_NHWC)).latent_dist.mean).sample
    copies_NHWC = ((copies_NCHW.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    return Image.fromarray(np.concatenate([np.concatenate([*row], axis=1) for row in (pixels_NHWC, copies_NHWC)]))


def samples(work: Path) -> Image.Image:
    """The model so far, through the engine; prompt and seed of each place stay the same from one look to the next."""
    requests = [_request("icon", prompt, (256, 256), seed) for seed, prompt in enumerate(ICON_PROMPTS)]
    requests += [_request("splash", prompt, SPLASH_SIZES_PX[aspect], 0) for aspect, prompt in SPLASH_PROMPTS.items()]
    with TemporaryDirectory() as folder:
        export(work, Path(folder) / "model")
        with open_candidate(Path(folder) / "model") as candidate:
            shown = [(r.prompt, pixels) for r, pixels in zip(requests, candidate.draw(requests), strict=True)]
    return draw_sheet(shown[: len(ICON_PROMPTS)], shown[len(ICON_PROMPTS) :])


GRIDS: dict[str, Callable[[Path], Image.Image]] = {"autoencoder": round_trips, "denoiser": samples}  # by stage


def _request(kind: Kind, prompt: str, size_px: tuple[int, int], seed: int) -> ImageRequest:
    width_px, height_px = size_px
    guidance_scale = STARTER.kinds[kind].guidance_scale
    return ImageRequest(prompt, None, width_px, height_px, NUM_STEPS, guidance_scale, seed)
