"""The weights of an IP-Adapter (https://arxiv.org/abs/2308.06721), base or Plus, from its published file.

Shapes: T image tokens, D text width, E width of what the adapter takes from the image encoder, L tokens of the encoder.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from deployments.engine.weight_files import REFERENCE, read_tensors, shapes_of
from deployments.errors import ModelFolderError

_BASE_TOKENS = 4
_HEAD_WIDTH = 64


class ImageTokens(nn.Module):
    """Base IP-Adapter: one embedding of the whole image becomes four tokens. Parameter names are the file's."""

    sees_patches = False

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.width_in = width_in
        self.proj = nn.Linear(width_in, _BASE_TOKENS * width)
        self.norm = nn.LayerNorm(width)

    def forward(self, image_1E: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.norm(self.proj(image_1E).unflatten(-1, (_BASE_TOKENS, -1)))
        return tokens


class Resampler(nn.Module):
    """IP-Adapter Plus: learned queries read the encoder's patches. Parameter names are the file's."""

    sees_patches = True

    def __init__(
        self, width_in: int, width: int, hidden: int, num_tokens: int, depth: int, num_heads: int, feed_forward: int
    ) -> None:
        super().__init__()
        self.width_in = width_in
        self.latents = nn.Parameter(torch.empty(1, num_tokens, hidden))
        self.proj_in = nn.Linear(width_in, hidden)
        self.layers = nn.ModuleList(_ResamplerLayer(hidden, num_heads, feed_forward) for _ in range(depth))
        self.proj_out = nn.Linear(hidden, width)
        self.norm_out = nn.LayerNorm(width)

    def forward(self, image_1LE: torch.Tensor) -> torch.Tensor:
        patches, latents = self.proj_in(image_1LE), self.latents
        for layer in self.layers:
            latents = layer(patches, latents)
        tokens: torch.Tensor = self.norm_out(self.proj_out(latents))
        return tokens


class _ResamplerLayer(nn.ModuleList):
    def __init__(self, hidden: int, num_heads: int, feed_forward: int) -> None:
        feed_forward_layers = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, feed_forward, bias=False),
            nn.GELU(),
            nn.Linear(feed_forward, hidden, bias=False),
        )
        super().__init__([_ResamplerAttention(hidden, num_heads), feed_forward_layers])

    def forward(self, patches: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        attention, feed_forward = self
        latents = latents + attention(patches, latents)
        latents = latents + feed_forward(latents)
        return latents


class _ResamplerAttention(nn.Module):
    def __init__(self, hidden: int, num_heads: int) -> None:
        super().__init__()
        inner = num_heads * _HEAD_WIDTH
        self.norm1 = nn.LayerNorm(hidden)
        self.norm2 = nn.LayerNorm(hidden)
        self.to_q = nn.Linear(hidden, inner, bias=False)
        self.to_kv = nn.Linear(hidden, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, hidden, bias=False)

    def forward(self, patches: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        latents = self.norm2(latents)
        k, v = self.to_kv(torch.cat([self.norm1(patches), latents], dim=1)).chunk(2, dim=-1)
        q, k, v = (states.unflatten(-1, (-1, _HEAD_WIDTH)).transpose(1, 2) for states in (self.to_q(latents), k, v))
        out: torch.Tensor = self.to_out(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


class ImageAdapter(nn.Module):
    """An IP-Adapter; its parameter names are the published file's, so that loading strictly is all the checking."""

    def __init__(self, image_proj: ImageTokens | Resampler, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.image_proj = image_proj
        layers = [
            unet.get_submodule(name.removesuffix(".processor"))
            for name in unet.attn_processors
            if name.endswith("attn2.processor")
        ]
        # Self-attention has the even numbers.
        self.ip_adapter = nn.ModuleDict(
            {
                str(2 * index + 1): nn.ModuleDict(
                    {
                        name: nn.Linear(layer.cross_attention_dim, layer.inner_dim, bias=False)
                        for name in ("to_k_ip", "to_v_ip")
                    }
                )
                for index, layer in enumerate(layers)
            }
        )

    @cached_property
    def to_k(self) -> list[nn.Module]:
        return [layer.get_submodule("to_k_ip") for layer in self.ip_adapter.values()]

    @cached_property
    def to_v(self) -> list[nn.Module]:
        return [layer.get_submodule("to_v_ip") for layer in self.ip_adapter.values()]


def load_adapter(file: Path, unet: UNet2DConditionModel) -> ImageAdapter:
    """Loads an SDXL IP-Adapter, base or Plus, onto the UNet's device.

    Raises ModelFolderError for any other kind (face adapters among them), format or width.
    """
    if file.suffix != ".safetensors":
        raise ModelFolderError(f"an IP-Adapter must be a .safetensors file, got {file.name}")
    try:
        tensors = load_file(file)
        adapter = _build(tensors, unet)
    except (OSError, SafetensorError, RuntimeError, LookupError) as error:
        reason = str(error)[:300]  # a strict load names every key
        raise ModelFolderError(f"{file.name} is no IP-Adapter (base or Plus) for this model: {reason}") from error
    return adapter.to(unet.device, unet.dtype).eval().requires_grad_(False)


def read_adapter(path: Path, like: ImageAdapter, unet: UNet2DConditionModel) -> ImageAdapter:
    """Another one of that shape, on the CPU in the file's type. Raises InvalidRequest with the reason, or OSError."""
    return _build(read_tensors(path, shapes_of(like), REFERENCE), unet).eval().requires_grad_(False)


def _build(tensors: Mapping[str, torch.Tensor], unet: UNet2DConditionModel) -> ImageAdapter:
    """Raises RuntimeError or LookupError."""
    with torch.device("meta"):
        adapter = ImageAdapter(_image_proj(tensors, unet.config.cross_attention_dim), unet)
    adapter.load_state_dict(tensors, strict=True, assign=True)
    return adapter


def _image_proj(tensors: Mapping[str, torch.Tensor], width: int) -> ImageTokens | Resampler:
    """The kind that the keys tell, in the sizes that the shapes tell; no parameters yet."""
    if "image_proj.proj.weight" in tensors:
        return ImageTokens(tensors["image_proj.proj.weight"].shape[1], width)
    first_layer = "image_proj.layers.0."
    return Resampler(
        width_in=tensors["image_proj.proj_in.weight"].shape[1],
        width=width,
        hidden=tensors["image_proj.latents"].shape[2],
        num_tokens=tensors["image_proj.latents"].shape[1],
        depth=len({key.split(".")[2] for key in tensors if key.startswith("image_proj.layers.")}),
        num_heads=tensors[f"{first_layer}0.to_q.weight"].shape[0] // _HEAD_WIDTH,
        feed_forward=tensors[f"{first_layer}1.1.weight"].shape[0],
    )
