"""Parts of an image kept calm, for text or a logo to be laid over.

There, what a step takes the finished image to be is replaced by the plane that fits it best: no detail, at most a
smooth gradient. Its colour is the image's own, so that nothing has to be known of it beforehand, and the rest of the
image is drawn with the calm part in sight, step by step.

Shapes: C latent channels, H×W latents, B the plane's three coefficients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch.nn import functional as F

from deployments.engine.layout import Box, GridSize, box_mask

FADE_SHARE = 0.1  # of the shorter side


@dataclass(frozen=True, eq=False)  # tensors do not compare
class Calm:
    mask_HW: torch.Tensor  # 0..1, at the latents' size
    until_fraction: float = 1.0  # of the steps

    @cached_property
    def basis_HWB(self) -> torch.Tensor:
        """1, y and x at each place."""
        y_HW, x_HW = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in self.mask_HW.shape), indexing="ij")
        return torch.stack([torch.ones_like(y_HW), y_HW, x_HW], dim=-1).to(self.mask_HW.device)

    @cached_property
    def fit_BHW(self) -> torch.Tensor:
        """Each place's part in the coefficients of the plane that fits best where the mask is.

        Where the mask is too small to tell a slope, in those of the flattest such plane.
        """
        weighted_NB = (self.mask_HW[..., None] * self.basis_HWB).flatten(0, 1)
        fit_BHW: torch.Tensor = torch.linalg.pinv(weighted_NB).unflatten(1, self.mask_HW.shape)
        return fit_BHW * self.mask_HW

    def apply(self, x0_CHW: torch.Tensor) -> torch.Tensor:
        coefficients_CB = torch.einsum("chw,bhw->cb", x0_CHW, self.fit_BHW)
        plane_CHW = torch.einsum("cb,hwb->chw", coefficients_CB, self.basis_HWB)
        return torch.lerp(x0_CHW, plane_CHW, self.mask_HW)


def calm_box(box: Box, latent_size: GridSize, device: torch.device, until_fraction: float) -> Calm:
    """Fades beyond the box, by a tenth of the shorter side, so that what is drawn there has no edge to lean on."""
    mask_HW, fade = box_mask(box, latent_size), max(1, round(FADE_SHARE * min(latent_size)))
    around_11HW = F.pad(mask_HW[None, None], (fade,) * 4, mode="replicate")
    faded_HW = F.avg_pool2d(around_11HW, 2 * fade + 1, stride=1)[0, 0]
    return Calm(torch.maximum(mask_HW, faded_HW).to(device), until_fraction)


def calmed(x0_CHW: torch.Tensor, calm: Sequence[Calm], progress: float) -> torch.Tensor:
    """`progress` is the share of the steps that is done."""
    for part in calm:
        if progress < part.until_fraction:
            x0_CHW = part.apply(x0_CHW)
    return x0_CHW
