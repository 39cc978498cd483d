"""Profiles as rows of data: what a profile's model can draw, and on what it runs."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["icon", "splash"]
KINDS: tuple[Kind, ...] = ("icon", "splash")

Quality = Literal["low", "medium", "high"]
Sampler = Literal["euler", "euler_a", "ddim", "dpmpp_2m", "dpmpp_2m_karras"]


@dataclass(frozen=True)
class Size:
    width_px: int
    height_px: int

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"


@dataclass(frozen=True)
class SizeLimits:
    """Bounds of what may be asked for, checked before anything is allocated."""

    multiple_px: int
    min_side_px: int
    max_side_px: int
    max_pixels: int


@dataclass(frozen=True)
class KindSpec:
    sizes: tuple[Size, ...]  # what the model draws best; the first is the default
    guidance_scale: float
    medium: str = ""  # what the model's training captions call such an image; said where a prompt does not


@dataclass(frozen=True)
class Acceleration:
    """What is done to a loaded model to make it faster; by default nothing. `docs/engine.md` says what each is for."""

    channels_last: bool = False
    compiled_blocks: tuple[str, ...] = ()  # classes of blocks in the UNet and the decoder, each compiled by itself
    compile_backend: str = "inductor"
    fp8_min_width: int | None = None  # linears this wide multiply in 8 bits, at some loss; None: none does
    cuda_graphs: bool = False


@dataclass(frozen=True)
class ReferenceSpec:
    """Where in a model's folder its IP-Adapter is; a folder without has none."""

    adapter: str
    encoder: str  # a folder


@dataclass(frozen=True)
class ProfileSpec:
    name: str
    device: Literal["cpu", "cuda"]
    dtype: Literal["float32", "bfloat16"]
    num_threads: int  # of torch's own pool, on CPU
    acceleration: Acceleration
    max_lora_rank: int  # of all resident adapters together
    max_rows: int  # UNet rows in one call at most; the measured cap is at or below; an image with guidance is two
    size_limits: SizeLimits
    steps: dict[Quality, int]
    kinds: dict[Kind, KindSpec]
    references: ReferenceSpec
    control_net: str  # a ControlNet-Union's folder in the model's; a folder without has none
    samplers: tuple[Sampler, ...]  # that the model's noise schedule has a table for
    missing_steps: frozenset[int]  # numbers of steps that it has none for, of 1 to 100

    @property
    def max_adapter_rank(self) -> int:
        """Of one: a new version always fits beside the one before it."""
        return self.max_lora_rank // 2


STARTER = ProfileSpec(
    name="starter",
    device="cpu",
    dtype="float32",
    num_threads=2,
    acceleration=Acceleration(),
    max_lora_rank=64,
    max_rows=8,
    size_limits=SizeLimits(multiple_px=32, min_side_px=64, max_side_px=512, max_pixels=512 * 512),
    steps={"low": 10, "medium": 20, "high": 40},
    kinds={
        "icon": KindSpec(sizes=(Size(256, 256),), guidance_scale=5.0),
        "splash": KindSpec(
            sizes=(Size(192, 352), Size(352, 192), Size(256, 256)), guidance_scale=5.0, medium="splash screen"
        ),
    },
    references=ReferenceSpec("ip_adapter/ip-adapter.safetensors", "image_encoder"),
    control_net="controlnet_union",
    samplers=("euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras"),  # starts without any signal, as ddim can't
    missing_steps=frozenset({61}),  # diffusers rounds them to 62, with timestep_spacing "trailing"
)

SDXL = ProfileSpec(
    name="sdxl",
    device="cuda",
    dtype="bfloat16",
    num_threads=1,
    acceleration=Acceleration(
        channels_last=True, compiled_blocks=("BasicTransformerBlock", "ResnetBlock2D"), cuda_graphs=True
    ),
    max_lora_rank=256,
    max_rows=16,
    size_limits=SizeLimits(multiple_px=64, min_side_px=512, max_side_px=2048, max_pixels=1536 * 1536),
    steps={"low": 15, "medium": 25, "high": 40},
    kinds={
        "icon": KindSpec(sizes=(Size(1024, 1024), Size(512, 512)), guidance_scale=6.0),
        "splash": KindSpec(
            sizes=(Size(768, 1344), Size(1344, 768), Size(832, 1216), Size(1216, 832), Size(1024, 1024)),
            guidance_scale=6.0,
        ),
    },
    # The base one: InstantStyle's blocks part style from layout with global embeddings.
    references=ReferenceSpec(
        "ip_adapter/sdxl_models/ip-adapter_sdxl_vit-h.safetensors", "ip_adapter/models/image_encoder"
    ),
    control_net="controlnet_union",
    samplers=("euler", "euler_a", "ddim", "dpmpp_2m", "dpmpp_2m_karras"),
    missing_steps=frozenset(),
)

PROFILES = {spec.name: spec for spec in (STARTER, SDXL)}
