"""What a base model's own encoders make of pictures and words. Nothing else is needed, and nothing is downloaded.

Shapes: N pictures or texts, E width of the space that they are compared in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch.nn import functional as F
from transformers import CLIPVisionModelWithProjection

from deployments.engine.load import SdxlModel
from deployments.engine.references import load_image_encoder, to_clip_pixels
from deployments.engine.text import PromptEncoder
from deployments.specs import ProfileSpec

BATCH = 16


@dataclass(frozen=True)
class Features:
    """All vectors are of length 1, float32, on the CPU."""

    model: SdxlModel
    image_encoder: CLIPVisionModelWithProjection

    @property
    def has_texts(self) -> bool:
        """Whether pictures and words lie in one space: SDXL's second text encoder and its IP-Adapter's do not."""
        return bool(self.model.text_encoders[1].config.projection_dim == self.image_encoder.config.projection_dim)

    @torch.inference_mode()
    def of_pictures(self, pictures_HWC: Sequence[np.ndarray]) -> torch.Tensor:
        """[N, E], of uint8 RGB."""
        size_px = cast(int, self.image_encoder.config.image_size)
        pixels_NCHW = torch.stack([to_clip_pixels(pixels_HWC, size_px) for pixels_HWC in pictures_HWC])
        batches = pixels_NCHW.to(self.model.device, self.model.dtype).split(BATCH)
        embeds_NE = torch.cat([self.image_encoder(batch).image_embeds for batch in batches])
        return F.normalize(embeds_NE.float().cpu(), dim=-1)

    @torch.inference_mode()
    def of_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """[N, E]."""
        encoder = PromptEncoder(self.model)
        pooled_NE = torch.stack([encoder.encode(text).pooled_P for text in texts])
        return F.normalize(pooled_NE.float().cpu(), dim=-1)


def load_features(model: SdxlModel, folder: Path, spec: ProfileSpec) -> Features | None:
    """None for a model that came without an image encoder. Raises ModelFolderError for one that does not load."""
    encoder = folder / spec.references.encoder
    if not encoder.exists():
        return None
    return Features(model, load_image_encoder(encoder, model.device, model.dtype))
