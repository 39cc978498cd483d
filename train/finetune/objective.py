"""What a style adapter learns: to say, from noised latents and a caption, what the model itself was trained to say.

Shapes: N of a batch, C×H×W latents, L tokens, D text width, P pooled width, T timesteps.
"""

import torch
from torch import nn

from deployments.engine.load import SdxlModel
from train.finetune.encode import Encoded, EncodedBucket
from train.finetune.recipes import StyleRecipe
from train.loop import Batch
from train.timesteps import draw_timesteps


class StyleObjective(nn.Module):
    alphas_T: torch.Tensor  # the share of the signal's variance by timestep

    def __init__(self, model: SdxlModel, snr_gamma: float | None) -> None:
        super().__init__()
        self.unet = model.unet
        self.register_buffer("alphas_T", model.scheduler.alphas_cumprod.clone().float(), persistent=False)
        self._is_velocity = model.scheduler.config.prediction_type == "v_prediction"
        self._snr_gamma = snr_gamma

    def forward(self, batch: Batch) -> Batch:
        alphas_N = self.alphas_T[batch["timesteps_N"]]
        signal, noise = alphas_N.sqrt().view(-1, 1, 1, 1), (1 - alphas_N).sqrt().view(-1, 1, 1, 1)
        condition = {"text_embeds": batch["pooled_NP"], "time_ids": batch["time_ids_N6"]}
        if "references_N1E" in batch:
            condition["image_embeds"] = [batch["references_N1E"]]  # type: ignore[assignment]
        predicted_NCHW = self.unet(
            signal * batch["latents_NCHW"] + noise * batch["noise_NCHW"],
            batch["timesteps_N"],
            encoder_hidden_states=batch["tokens_NLD"],
            added_cond_kwargs=condition,
            return_dict=False,
        )[0]
        target_NCHW = batch["noise_NCHW"]
        if self._is_velocity:
            target_NCHW = signal * batch["noise_NCHW"] - noise * batch["latents_NCHW"]
        error_N = (predicted_NCHW.float() - target_NCHW).square().mean((1, 2, 3))
        weights_N = self._weight(alphas_N) * batch.get("weights_N", torch.ones_like(alphas_N))
        return {"loss": (error_N * weights_N).mean()}

    def _weight(self, alphas_N: torch.Tensor) -> torch.Tensor:
        """Min-SNR for what is predicted: min(snr, γ) / snr for noise, / (snr + 1) for velocity."""
        if self._snr_gamma is None:
            return torch.ones_like(alphas_N)
        snr_N = alphas_N / (1 - alphas_N)
        return snr_N.clamp(max=self._snr_gamma) / (snr_N + 1 if self._is_velocity else snr_N)


class StyleBatches:
    """Batches of one size each: latents, captions, and all that is random about a step."""

    def __init__(self, encoded: Encoded, recipe: StyleRecipe, num_timesteps: int, pixels_per_latent: int) -> None:
        self._encoded = encoded
        self._recipe = recipe
        self._num_timesteps = num_timesteps
        self._pixels_per_latent = pixels_per_latent
        self._share = torch.tensor([float(len(bucket)) for bucket in encoded.buckets])

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        return self.draw_from(self.choose(generator), generator, batch_size)

    def choose(self, generator: torch.Generator) -> EncodedBucket:
        return self._encoded.buckets[int(torch.multinomial(self._share, 1, generator=generator))]

    def find(self, latents_HW: torch.Size) -> EncodedBucket:
        """Of that size."""
        return next(bucket for bucket in self._encoded.buckets if bucket.latents_HW == latents_HW)

    def draw_from(self, bucket: EncodedBucket, generator: torch.Generator, batch_size: int) -> Batch:
        rows_N = torch.randint(len(bucket), (batch_size,), generator=generator)
        variants_N = torch.randint(bucket.latents_NVCHW.shape[1], (batch_size,), generator=generator)
        latents_NCHW = bucket.latents_NVCHW[rows_N, variants_N]
        is_said_N = torch.rand(batch_size, generator=generator) >= self._recipe.caption_dropout
        size = [self._pixels_per_latent * side for side in latents_NCHW.shape[2:]]
        return {
            "rows_N": rows_N,  # of the bucket
            "latents_NCHW": latents_NCHW,
            "noise_NCHW": self._noise(latents_NCHW.shape, generator),
            "timesteps_N": draw_timesteps(self._num_timesteps, batch_size, self._recipe.timestep_shift, generator),
            "tokens_NLD": torch.where(
                is_said_N[:, None, None], bucket.tokens_NVLD[rows_N, variants_N], self._encoded.unsaid_LD
            ),
            "pooled_NP": torch.where(is_said_N[:, None], bucket.pooled_NVP[rows_N, variants_N], self._encoded.unsaid_P),
            "time_ids_N6": torch.tensor([[*size, 0, 0, *size]], dtype=torch.float32).repeat(batch_size, 1),  # uncut
        }

    def _noise(self, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
        whole_NC11 = torch.randn((*shape[:2], 1, 1), generator=generator)
        return torch.randn(shape, generator=generator) + self._recipe.noise_offset * whole_NC11
