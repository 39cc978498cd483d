"""How far pictures lie apart: by their colours, as thumbnails, pixel by pixel.

Shapes: S seeds, N prompts, M training icons, P values of a thumbnail. Distances are root mean squares in levels of 255.
"""

from collections.abc import Sequence

import numpy as np
import torch

from train.starter.scores import Score

MAX_COMPARED = 500  # training icons whose nearest other one is looked up


def colour_distance(a_HWC: np.ndarray, b_HWC: np.ndarray) -> float:
    """Between the colours of two pictures, wherever those lie: the mean distance, in RGB, from a pixel to the nearest
    one of the other picture, both ways."""
    a_Q3, b_Q3 = (
        torch.from_numpy(pixels_HWC[::8, ::8].astype(np.float32)).flatten(0, 1) for pixels_HWC in (a_HWC, b_HWC)
    )
    distances_QQ = torch.cdist(a_Q3, b_Q3)
    return float(distances_QQ.amin(0).mean() + distances_QQ.amin(1).mean()) / 2


def psnr_db(a_HWC: np.ndarray, b_HWC: np.ndarray) -> float:
    error = float(np.square(a_HWC.astype(np.float64) - b_HWC).mean())
    return float(10 * np.log10(255**2 / max(error, 1 / 12)))  # whole levels know no smaller error than that


def diversity(thumbnails_SNP: torch.Tensor) -> Score:
    """How far one prompt's pictures lie apart, beside those of different prompts."""
    first_NP = thumbnails_SNP[0]
    seeds = float(_size(thumbnails_SNP[1:] - first_NP).mean())
    prompts = float(_size(first_NP.roll(1, 0) - first_NP).mean())
    return Score(
        name="icon: distance between seeds, of that between prompts",
        unit="ratio",
        value=seeds / max(prompts, 1e-9),
        num_pictures=len(first_NP),
        note=f"{seeds:.1f} against {prompts:.1f} levels, 32 px thumbnails",
    )


def novelty(drawn_NP: torch.Tensor, true_NP: torch.Tensor, seen_MP: torch.Tensor) -> Score:
    """Whether pictures are copies of training icons: those would be nearer to them than true held-out icons are."""
    among = _nearest(seen_MP[:MAX_COMPARED], seen_MP, rank=1)  # at rank 0 each finds itself
    return Score(
        name="icon: distance to the nearest training icon",
        unit="levels",
        value=_nearest(drawn_NP, seen_MP),
        truth=_nearest(true_NP, seen_MP),
        num_pictures=len(drawn_NP),
        note=f"median, 32 px thumbnails, {len(seen_MP)} training icons; among those themselves {among:.1f}",
    )


def flat(pictures: Sequence[np.ndarray] | np.ndarray) -> torch.Tensor:
    """[number, P], float32."""
    return torch.from_numpy(np.stack([*pictures])).flatten(1).float()


def _size(differences: torch.Tensor) -> torch.Tensor:
    return differences.square().mean(-1).sqrt()


def _nearest(of_NP: torch.Tensor, among_MP: torch.Tensor, rank: int = 0) -> float:
    """Median of the distances to the nearest one, or to the one at another rank."""
    distances_NR = torch.cdist(of_NP, among_MP).topk(rank + 1, largest=False).values
    return float(distances_NR[:, rank].median()) / float(of_NP.shape[1] ** 0.5)
