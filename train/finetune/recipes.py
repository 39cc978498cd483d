"""Complete recipes for style adapters, whole UNets and reference adapters. A run takes one whole row."""

from dataclasses import dataclass, replace
from typing import Literal

from deployments.registry.names import VersionKind
from deployments.training import OptimizerName
from train.data.prepare import Augmentation, BucketPx
from train.settings import PRODIGY_OPTIONS, PRODIGY_RATE, LoopSettings

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
ALL_LINEAR = (*ATTENTION, "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out")


@dataclass(frozen=True)
class StyleRecipe:
    name: str
    rank: int
    alpha: int  # the adapter adds alpha / rank times its product
    targets: tuple[str, ...]  # the endings of the linear layers that learn
    buckets_px: tuple[BucketPx, ...]  # width, height: sizes that the model draws well
    augmentation: Augmentation
    loop: LoopSettings
    timestep_shift: float  # above 1, noisy timesteps come more often (https://arxiv.org/abs/2403.03206, equation 23)
    snr_gamma: float | None  # min-SNR weighting (https://arxiv.org/abs/2303.09556); None: all timesteps weigh the same
    noise_offset: float  # of whole channels: the model learns to move a picture's mean (crosslabs.org, 2023)
    dtype: Literal["float32", "bfloat16"]  # of what is frozen; what learns is float32
    needs_gpu: bool
    num_threads: int
    blocks: tuple[str, ...] = ("",)  # the beginnings of the modules that learn
    kept_blocks: tuple[str, ...] = ("",)  # of these, the ones that the adapter's file keeps
    learns: VersionKind = "lora"  # the others have neither rank nor targets
    saves_memory: bool = False  # by computing activations twice
    caption_dropout: float = 0.1  # to what serving gives an image without a negative prompt
    num_priors: int = 0  # pictures of an object's class that the model draws before it learns the object
    prior_share: float = 0.0  # of a batch's rows: those pictures
    prior_weight: float = 1.0  # of their loss, beside the object's

    @property
    def target_px(self) -> int:
        """The shorter side of the first size."""
        return min(self.buckets_px[0])


def with_optimizer(loop: LoopSettings, name: OptimizerName) -> LoopSettings:
    """Recipes are made for AdamW; Prodigy finds its own rate, which the schedule then raises and lowers."""
    if name == "adamw":
        return loop
    return replace(loop, optimizer=name, learning_rate=PRODIGY_RATE, optimizer_options=PRODIGY_OPTIONS)


# The starter model on two cores, some ten minutes. Small widths: attention alone is too little to move it.
STARTER = StyleRecipe(
    name="starter",
    rank=16,
    alpha=16,
    targets=ALL_LINEAR,
    buckets_px=((256, 256), (352, 192), (192, 352)),
    augmentation=Augmentation(),
    loop=LoopSettings(400, 8, 1e-3, 0.3, warmup_steps=20, ema_decay=0.99, checkpoint_every_steps=100),
    timestep_shift=3.0,  # on pictures this small, noisy timesteps decide on what is drawn
    snr_gamma=None,
    noise_offset=0.0,
    dtype="float32",
    needs_gpu=False,
    num_threads=2,
)

# SDXL on one GPU with 24 GB. The sizes are SDXL's own (arXiv:2307.01952, appendix I).
SDXL = replace(
    STARTER,
    name="sdxl",
    targets=ATTENTION,
    buckets_px=((1024, 1024), (1152, 896), (896, 1152), (1344, 768), (768, 1344)),
    loop=LoopSettings(
        2_000, 4, 1e-4, 0.3, warmup_steps=100, ema_decay=0.999, mixed_precision="bf16", checkpoint_every_steps=250
    ),
    timestep_shift=1.0,
    snr_gamma=5.0,
    noise_offset=0.0357,
    dtype="bfloat16",
    needs_gpu=True,
)

# What a picture shows and how it is drawn are learnt in a block each, and only the latter is kept: for few pictures, of
# few things (https://arxiv.org/abs/2403.14572, whose blocks, rank and rate these are).
CONTENT_BLOCK, STYLE_BLOCK = "up_blocks.0.attentions.0.", "up_blocks.0.attentions.1."
SDXL_SPLIT = replace(
    SDXL,
    name="sdxl-split",
    rank=64,
    alpha=64,
    blocks=(CONTENT_BLOCK, STYLE_BLOCK),
    kept_blocks=(STYLE_BLOCK,),
    loop=replace(SDXL.loop, num_steps=1_000, batch_size=1, learning_rate=5e-5),
)

# An object from a handful of pictures, beside its class as the model draws it: what is learnt of one rocket is not to
# be said of all (DreamBooth, https://arxiv.org/abs/2208.12242, section 3.2, whose shares and weight these are).
STARTER_OBJECT = replace(
    STARTER,
    name="starter-object",
    loop=replace(STARTER.loop, num_steps=200),
    num_priors=48,
    prior_share=0.5,
)
SDXL_OBJECT = replace(
    SDXL,
    name="sdxl-object",
    loop=replace(SDXL.loop, num_steps=1_000),
    num_priors=200,
    prior_share=0.5,
)

# The whole UNet, at a tenth of the rate: all of it moves.
STARTER_FULL = replace(
    STARTER, name="starter-full", learns="unet", rank=0, alpha=0, targets=(),
    loop=replace(STARTER.loop, learning_rate=1e-4),
)  # fmt: skip

# On one GPU with 80 GB: weights, gradients, two moments and the average in float32 are 52 GB of it.
SDXL_FULL = replace(
    SDXL, name="sdxl-full", learns="unet", rank=0, alpha=0, targets=(), dtype="float32", saves_memory=True,
    loop=replace(SDXL.loop, learning_rate=1e-5, checkpoint_every_steps=500),
)  # fmt: skip

# For tests: every path in seconds.
TINY = replace(
    STARTER,
    name="tiny",
    rank=4,
    alpha=2,
    buckets_px=((128, 128), (192, 128)),
    augmentation=Augmentation(num_variants=2),
    loop=LoopSettings(
        40, 4, 5e-3, 0.3, warmup_steps=4, weight_decay=0.0, ema_decay=0.9, log_every_steps=1, checkpoint_every_steps=10
    ),
    num_threads=1,
)

TINY_FULL = replace(
    TINY, name="tiny-full", learns="unet", rank=0, alpha=0, targets=(), loop=replace(TINY.loop, learning_rate=1e-3)
)

# The model's own IP-Adapter, taught a data set's look. The rate is its authors' for large pictures
# (https://github.com/tencent-ailab/IP-Adapter/issues/218).
STARTER_REFERENCE = replace(
    STARTER, name="starter-reference", learns="reference", rank=0, alpha=0, targets=(),
    loop=replace(STARTER.loop, learning_rate=1e-4),
)  # fmt: skip
SDXL_REFERENCE = replace(
    SDXL, name="sdxl-reference", learns="reference", rank=0, alpha=0, targets=(),
    loop=replace(SDXL.loop, num_steps=20_000, learning_rate=2e-5),
)  # fmt: skip
TINY_REFERENCE = replace(
    TINY, name="tiny-reference", learns="reference", rank=0, alpha=0, targets=(),
    loop=replace(TINY.loop, learning_rate=2e-2),
)  # fmt: skip

RECIPES = {
    recipe.name: recipe
    for recipe in (
        STARTER, STARTER_FULL, STARTER_OBJECT, STARTER_REFERENCE,
        SDXL, SDXL_SPLIT, SDXL_FULL, SDXL_OBJECT, SDXL_REFERENCE,
        TINY, TINY_FULL, TINY_REFERENCE,
    )
}  # fmt: skip
