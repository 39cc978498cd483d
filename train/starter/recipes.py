"""Complete recipes: how large the starter model is and how long each stage trains. A run takes one whole row."""

from dataclasses import dataclass, replace

from train.settings import LoopSettings
from train.starter.architecture import Architecture


@dataclass(frozen=True)
class Recipe:
    name: str
    architecture: Architecture
    num_icons: int  # examples that are drawn and kept
    num_splashes: int
    num_pairs: int
    num_captions: int  # without pictures, for the text stage
    crop_px: int
    timestep_shift: float  # of the denoiser and the adapter: above 1, noisy timesteps come more often
    autoencoder: LoopSettings
    clip: LoopSettings
    text: LoopSettings
    denoiser: LoopSettings
    reference: LoopSettings
    num_gallery: int  # of the icons, kept small: the classifier that judges the model learns from them
    classifier_widths: tuple[int, ...]  # by level; each halves the view
    classifier: LoopSettings
    num_threads: int


STARTER = Architecture(
    vae_widths=(32, 64, 64, 128, 128),
    vae_norm_groups=1,
    latent_channels=32,
    unet_widths=(128, 256),
    unet_transformer_layers=(1, 1),
    unet_head_width=64,
    text_widths=(128, 192),
    text_layers=3,
    text_head_width=64,
    embedding_width=192,
    vision_width=192,
    vision_layers=4,
    vision_size_px=128,
    patch_px=16,
    vocabulary_size=1536,
    norm_groups=8,
)

# Two cores, some six hours in all.
CPU = Recipe(
    name="cpu",
    architecture=STARTER,
    num_icons=10_000,
    num_splashes=3_000,
    num_pairs=2_000,
    num_captions=75_000,
    crop_px=128,
    timestep_shift=3.0,
    autoencoder=LoopSettings(3_000, 8, 1e-3, 0.3),
    clip=LoopSettings(800, 64, 1e-3, 0.3),
    text=LoopSettings(1_500, 128, 1e-3, 0.4),
    denoiser=LoopSettings(15_000, 32, 5e-4, 0.2),
    reference=LoopSettings(1_500, 16, 2e-4, 0.3),
    num_gallery=10_000,
    classifier_widths=(24, 48, 96, 192),
    classifier=LoopSettings(1_500, 64, 2e-3, 0.3),
    num_threads=2,
)

# One H200, some 20 minutes at the speeds in models/starter/TRAINING.md.
GPU = replace(
    CPU,
    name="gpu",
    num_icons=90_000,
    num_splashes=27_000,
    num_pairs=12_000,
    num_captions=300_000,
    autoencoder=LoopSettings(
        3_000, 64, 6e-4, 0.3, mixed_precision="bf16", is_compiled=True, warmup_steps=200, checkpoint_every_steps=1_000
    ),
    clip=LoopSettings(2_000, 256, 1e-3, 0.3, mixed_precision="bf16", checkpoint_every_steps=1_000),
    text=LoopSettings(3_000, 256, 1e-3, 0.3, mixed_precision="bf16", checkpoint_every_steps=1_000),
    denoiser=LoopSettings(
        24_000, 512, 6e-4, 0.2, mixed_precision="bf16", is_compiled=True, warmup_steps=400, checkpoint_every_steps=1_000
    ),
    reference=LoopSettings(1_500, 256, 5e-4, 0.3, mixed_precision="bf16", checkpoint_every_steps=500),
    num_threads=16,
)

# Two cores, some five hours, for weights that a GPU has begun: `unpack`, then the stages from `text` on.
FURTHER = replace(
    CPU,
    name="further",
    num_icons=12_000,
    num_splashes=2_000,
    timestep_shift=5.0,  # what a caption says decides there; the rest is learned
    text=LoopSettings(1_500, 128, 1e-3, 0.4, ema_decay=0.995),
    denoiser=LoopSettings(6_000, 32, 6e-4, 0.3, ema_decay=0.998),
)

# For tests: every path, no quality.
TINY = replace(
    CPU,
    name="tiny",
    architecture=replace(
        STARTER,
        vae_widths=(16, 16, 16, 16, 16),
        latent_channels=8,
        unet_widths=(16, 32),
        unet_head_width=16,
        text_widths=(16, 32),
        text_layers=2,
        text_head_width=16,
        embedding_width=16,
        vision_width=16,
        vision_layers=2,
        vision_size_px=32,
        vocabulary_size=600,
    ),
    num_icons=24,
    num_splashes=8,
    num_pairs=8,
    num_captions=40,
    crop_px=64,
    autoencoder=LoopSettings(12, 4, 2e-3, 0.3, warmup_steps=2, log_every_steps=2),
    clip=LoopSettings(12, 8, 2e-3, 0.3, warmup_steps=2, log_every_steps=2),
    text=LoopSettings(12, 8, 2e-3, 0.3, warmup_steps=2, log_every_steps=2),
    denoiser=LoopSettings(12, 8, 2e-3, 0.2, warmup_steps=2, log_every_steps=2),
    reference=LoopSettings(4, 4, 2e-3, 0.3, warmup_steps=2, log_every_steps=2),
    num_gallery=24,
    classifier_widths=(8, 16, 24, 32),
    classifier=LoopSettings(4, 8, 2e-3, 0.3, warmup_steps=2, log_every_steps=2),
    num_threads=1,
)

RECIPES = {recipe.name: recipe for recipe in (CPU, GPU, FURTHER, TINY)}
