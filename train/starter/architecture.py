"""The starter model's parts: SDXL's architecture at a hundredth of its width. Sizes are in `recipes`."""

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

MAX_TOKENS = 77
TIME_ID_WIDTH = 32  # of each of the six


@dataclass(frozen=True)
class Architecture:
    vae_widths: tuple[int, ...]  # by level; each but the first halves the picture
    vae_norm_groups: int  # few: a group of two channels keeps of a flat colour no more than which of the two is larger
    latent_channels: int
    unet_widths: tuple[int, ...]
    unet_transformer_layers: tuple[int, ...]
    unet_head_width: int
    text_widths: tuple[int, int]  # of the two encoders
    text_layers: int
    text_head_width: int
    embedding_width: int  # of a whole text or image, shared
    vision_width: int
    vision_layers: int
    vision_size_px: int
    patch_px: int
    vocabulary_size: int
    norm_groups: int

    @property
    def pixels_per_latent(self) -> int:
        return int(2 ** (len(self.vae_widths) - 1))

    @property
    def text_width(self) -> int:
        return sum(self.text_widths)


def build_vae(sizes: Architecture) -> AutoencoderKL:
    """Latents are normalised by its own last and first layer (see `autoencoder.fold_normalisation`): factor 1."""
    num_levels = len(sizes.vae_widths)
    vae = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * num_levels,
        up_block_types=["UpDecoderBlock2D"] * num_levels,
        block_out_channels=sizes.vae_widths,
        layers_per_block=1,
        latent_channels=sizes.latent_channels,
        norm_num_groups=sizes.vae_norm_groups,
        mid_block_add_attention=False,
        sample_size=256,
        scaling_factor=1.0,
        force_upcast=False,
    )
    return vae.to(memory_format=torch.channels_last)  # several times faster on CPU


def build_unet(sizes: Architecture) -> UNet2DConditionModel:
    num_levels = len(sizes.unet_widths)
    unet = UNet2DConditionModel(
        sample_size=256 // sizes.pixels_per_latent,
        in_channels=sizes.latent_channels,
        out_channels=sizes.latent_channels,
        down_block_types=["CrossAttnDownBlock2D"] * num_levels,
        up_block_types=["CrossAttnUpBlock2D"] * num_levels,
        block_out_channels=sizes.unet_widths,
        layers_per_block=1,
        transformer_layers_per_block=sizes.unet_transformer_layers,
        attention_head_dim=[width // sizes.unet_head_width for width in sizes.unet_widths],  # it means their number
        use_linear_projection=True,
        cross_attention_dim=sizes.text_width,
        addition_embed_type="text_time",
        addition_time_embed_dim=TIME_ID_WIDTH,
        projection_class_embeddings_input_dim=sizes.embedding_width + 6 * TIME_ID_WIDTH,
        norm_num_groups=sizes.norm_groups,
    )
    return unet.to(memory_format=torch.channels_last)


def build_text_encoders(
    sizes: Architecture, tokenizers: tuple[CLIPTokenizer, CLIPTokenizer]
) -> tuple[CLIPTextModel, CLIPTextModelWithProjection]:
    configs = [
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=4 * width,
            projection_dim=sizes.embedding_width,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=width // sizes.text_head_width,
            max_position_embeddings=MAX_TOKENS,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        for tokenizer, width in zip(tokenizers, sizes.text_widths, strict=True)
    ]
    return CLIPTextModel(configs[0]), CLIPTextModelWithProjection(configs[1])


def build_image_encoder(sizes: Architecture) -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=sizes.vision_width,
            intermediate_size=4 * sizes.vision_width,
            projection_dim=sizes.embedding_width,
            num_hidden_layers=sizes.vision_layers,
            num_attention_heads=sizes.vision_width // sizes.text_head_width,
            image_size=sizes.vision_size_px,
            patch_size=sizes.patch_px,
        )
    )


def build_scheduler() -> EulerDiscreteScheduler:
    """As trained: v-prediction down to no signal at all (https://arxiv.org/abs/2305.08891)."""
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )
