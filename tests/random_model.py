"""Makes a model folder of SDXL's architecture, a few MB, with random weights: real structure, no knowledge.

Two text encoders, pooled and time-id conditioning, three UNet levels, an autoencoder with three downsamplings. The same
seed gives the same weights. Its images are noise that depends on the prompt and the seed, which is what tests need.
"""

import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from deployments.model_folder import write_manifest

TEXT_WIDTH = 32  # of each encoder
POOLED_WIDTH = 32
TIME_ID_WIDTH = 8
MAX_TOKENS = 77


def make_random_model(folder: Path, seed: int = 0, name: str = "starter") -> None:
    """Writes the folder anew, its manifest last."""
    shutil.rmtree(folder, ignore_errors=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        tokenizers = [_tokenizer("<|endoftext|>"), _tokenizer("!")]
        pipeline = StableDiffusionXLPipeline(
            vae=_vae(),
            text_encoder=CLIPTextModel(_text_config(tokenizers[0])),
            text_encoder_2=CLIPTextModelWithProjection(_text_config(tokenizers[1])),
            tokenizer=tokenizers[0],
            tokenizer_2=tokenizers[1],
            unet=_unet(),
            scheduler=EulerDiscreteScheduler(
                beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
                timestep_spacing="leading",
            ),
            add_watermarker=False,
        )  # fmt: skip
    pipeline.save_pretrained(folder, safe_serialization=True)
    write_manifest(folder, name=name, weights="random", source=f"made by tests.random_model with seed {seed}")


def _tokenizer(pad_token: str) -> CLIPTokenizer:
    """Bytes as tokens: no merges, so any text has a spelling."""
    alphabet = sorted(set(_byte_symbols().values()))
    symbols = [*alphabet, *(f"{symbol}</w>" for symbol in alphabet), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={symbol: index for index, symbol in enumerate(symbols)},
        merges=[],
        pad_token=pad_token,
        model_max_length=MAX_TOKENS,
    )


def _byte_symbols() -> dict[int, str]:
    """GPT-2's printable stand-in for each byte, which CLIP's byte-level vocabulary is written in."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(rest)}


def _text_config(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=4 * TEXT_WIDTH,
        projection_dim=POOLED_WIDTH,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=MAX_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[32, 32, 32, 32],
        layers_per_block=1,
        latent_channels=4,
        sample_size=256,
        scaling_factor=0.13025,
    )


def _unet() -> UNet2DConditionModel:
    unet = UNet2DConditionModel(
        sample_size=32,
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        block_out_channels=[32, 64, 64],
        layers_per_block=2,
        transformer_layers_per_block=[1, 1, 2],
        attention_head_dim=[2, 4, 4],
        use_linear_projection=True,
        cross_attention_dim=2 * TEXT_WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=TIME_ID_WIDTH,
        projection_class_embeddings_input_dim=POOLED_WIDTH + 6 * TIME_ID_WIDTH,
    )
    for name, parameter in unet.named_parameters():
        if "attn2.to_out" in name or "add_embedding" in name:
            parameter.data.mul_(8)  # fresh weights hardly listen to the text; these must, for tests to see it
    return unet
