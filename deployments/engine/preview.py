"""A look at an image under way: one small matrix from latents to colours, no decoder."""

import numpy as np
import torch

from deployments.engine.decode import decode_images
from deployments.engine.load import SdxlModel

_FIT_SIDE = 16  # latents; their 256 positions determine a matrix of a few columns


class PreviewMap:
    """The linear map, fitted once by least squares to what the model's own decoder makes of random latents."""

    def __init__(self, model: SdxlModel) -> None:
        generator = torch.Generator("cpu").manual_seed(0)
        shape = (model.latent_channels, _FIT_SIDE, _FIT_SIDE)
        latents_CHW = torch.randn(shape, generator=generator).to(model.device)
        image_CHW = decode_images(model.vae, latents_CHW[None], model.dtype)[0]
        rgb_3HW = torch.nn.functional.adaptive_avg_pool2d(image_CHW, _FIT_SIDE)
        self._matrix_C3 = torch.linalg.lstsq(_with_one(latents_CHW), rgb_3HW.flatten(1).T).solution

    def render(self, x0_CHW: torch.Tensor) -> np.ndarray:
        """RGB pixels [H, W, 3], uint8, one for each latent position."""
        rgb_P3 = _with_one(x0_CHW) @ self._matrix_C3
        unit_HW3 = (rgb_P3 / 2 + 0.5).clamp(0, 1).view(*x0_CHW.shape[1:], 3)
        pixels: np.ndarray = (unit_HW3 * 255).round().to(torch.uint8).cpu().numpy()
        return pixels


def _with_one(latents_CHW: torch.Tensor) -> torch.Tensor:
    """Positions as rows, with a constant for the map's offset: [H·W, C + 1]."""
    flat_PC = latents_CHW.flatten(1).T
    return torch.cat([flat_PC, torch.ones_like(flat_PC[:, :1])], dim=1)
