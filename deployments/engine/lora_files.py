"""A LoRA file becomes an adapter: diffusers' and kohya's names for the same layers, checked like any foreign file.

A layer learns y += scale · (x · downᵀ) · upᵀ, with down [r, in], up [out, r] and scale = alpha / r
(https://arxiv.org/abs/2106.09685).
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from deployments.engine.load import Architecture
from deployments.errors import InvalidRequest

MAX_FILE_BYTES = 1 << 30
MAX_HEADER_BYTES = 4 << 20
MAX_TENSORS = 20_000
# Trained weights stay below 10. The bank multiplies an adapter's hidden values by 0 in its neighbours' rows, which
# leaves no trace only while they are finite; below this bound they are, in float32 as in bfloat16.
MAX_WEIGHT = 1e4

_WEIGHT_DTYPES = (torch.float32, torch.float16, torch.bfloat16)
_ALPHA_DTYPES = (*_WEIGHT_DTYPES, torch.int64)  # diffusers' own export to kohya's format writes whole numbers

_ADAPTABLE = re.compile(r"attentions\.\d+\.(proj_in|proj_out|.*\.(to_[qkv]|to_out\.0|ff\.net\.0\.proj|ff\.net\.2))$")

_ROLES = {
    ".lora_A.weight": "down", ".lora.down.weight": "down", ".lora_linear_layer.down.weight": "down",
    ".lora_down.weight": "down", ".lora_B.weight": "up", ".lora.up.weight": "up",
    ".lora_linear_layer.up.weight": "up", ".lora_up.weight": "up", ".alpha": "alpha",
}  # fmt: skip
_DORA = (".dora_scale", ".lora_magnitude_vector", ".lora_magnitude_vector.weight")
_PARTS = ("unet", "text_encoder", "text_encoder_2")  # diffusers' names, which its keys and its header begin with
_UNSUPPORTED = ("use_dora", "use_rslora", "lora_bias")  # they change what scale, or the sum, means


@dataclass(frozen=True)
class LoraLayer:
    down: torch.Tensor  # [r, in], on the CPU, in the file's dtype
    up: torch.Tensor  # [out, r]
    scale: float

    @property
    def rank(self) -> int:
        return len(self.down)


TextLayers = tuple[dict[str, LoraLayer], dict[str, LoraLayer]]  # of each text encoder, by module path; mostly empty


@dataclass(frozen=True)
class LoraAdapter:
    name: str
    digest: str  # sha256 of the file
    layers: dict[str, LoraLayer]  # by module path in the UNet
    text_layers: TextLayers

    @property
    def rank(self) -> int:
        """The largest rank among the UNet's layers."""
        return max((layer.rank for layer in self.layers.values()), default=0)


@dataclass(frozen=True)
class _Target:
    part: str
    path: str
    linear: nn.Linear


def adaptable_linears(unet: UNet2DConditionModel) -> dict[str, nn.Linear]:
    """By module path: the linear layers in attention and feed-forward, and the first and last of each transformer."""
    modules = {path: module for path, module in unet.named_modules() if _ADAPTABLE.search(path)}
    return {path: module for path, module in modules.items() if isinstance(module, nn.Linear)}


def read_lora(path: Path, name: str, model: Architecture, max_rank: int) -> LoraAdapter:
    """Checks everything before anyone uses it. Raises InvalidRequest, which names the key that does not fit."""
    data = _read(path)
    try:
        tensors = load(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise _refusal(f"it is not a safetensors file ({error})", "invalid_safetensors") from error
    if len(tensors) > MAX_TENSORS:
        raise _refusal(f"it holds {len(tensors)} tensors, more than {MAX_TENSORS}", "invalid_safetensors")
    header = _adapter_header(data)
    layers: dict[str, dict[str, LoraLayer]] = {part: {} for part in _PARTS}
    for target, keys in _grouped(tensors, _targets(model)).items():
        alpha = _header_alpha(header, target)
        layers[target.part][target.path] = _layer(target, keys, tensors, alpha, max_rank)
    return LoraAdapter(
        name=name,
        digest=hashlib.sha256(data).hexdigest(),
        layers=layers["unet"],
        text_layers=(layers["text_encoder"], layers["text_encoder_2"]),
    )


def _read(path: Path) -> bytes:
    """The whole file, so that what is checked, hashed and used are the same bytes."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise _refusal(f"it is over {MAX_FILE_BYTES} bytes", "invalid_safetensors")
    if int.from_bytes(data[:8], "little") > MAX_HEADER_BYTES:
        raise _refusal(f"its header is over {MAX_HEADER_BYTES} bytes, or not a header", "invalid_safetensors")
    return data


def _targets(model: Architecture) -> dict[str, _Target]:
    """What each layer may be called in a file, without the ending that says down, up or alpha."""
    targets = {}
    blocks_per_level = model.unet.config.layers_per_block + 1
    for path, linear in adaptable_linears(model.unet).items():
        target = _Target("unet", path, linear)
        for name in (path, sgm_path(path, blocks_per_level)):
            targets[f"lora_unet_{name.replace('.', '_')}"] = target
        targets[f"unet.{path}"] = target
    for number, (part, encoder) in enumerate(zip(_PARTS[1:], model.text_encoders, strict=True), start=1):
        for path, module in encoder.named_modules():
            if isinstance(module, nn.Linear):
                target = _Target(part, path, module)
                # transformers 5.6 took `text_model.` out of the first encoder's paths; files have it or not.
                full_path = re.sub(r"^encoder\.", "text_model.encoder.", path)
                targets[f"{part}.{path}"] = targets[f"{part}.{full_path}"] = target
                targets[f"lora_te{number}_{full_path.replace('.', '_')}"] = target
    return targets


def sgm_path(path: str, blocks_per_level: int) -> str:
    """The path in Stability's own UNet, where levels are not nested and block 0 of the input is `conv_in`.

    down_blocks.1.attentions.0.proj_in → input_blocks.4.1.proj_in (each block is [resnet, attention, sampler])
    """
    side, *rest = path.split(".", 1)
    if side == "mid_block":
        return re.sub(r"^attentions\.0", "middle_block.1", rest[0])
    level, _, index, inner = rest[0].split(".", 3)
    number = int(level) * blocks_per_level + int(index)
    return f"input_blocks.{number + 1}.1.{inner}" if side == "down_blocks" else f"output_blocks.{number}.1.{inner}"


def _grouped(tensors: Mapping[str, torch.Tensor], targets: Mapping[str, _Target]) -> dict[_Target, dict[str, str]]:
    """For each layer that the file changes: the keys of its down, up and alpha."""
    grouped: dict[_Target, dict[str, str]] = {}
    for key in tensors:
        if key.endswith(_DORA):
            raise _refusal(f"it is a DoRA (key {key!r}); only plain LoRA is supported", "lora_unsupported")
        name, role = next(
            ((key.removesuffix(ending), role) for ending, role in _ROLES.items() if key.endswith(ending)), (key, "")
        )
        if not role or name not in targets:
            raise _refusal(
                f"key {key!r} belongs to no attention, feed-forward or projection layer of this model "
                "(convolutions and other layers take no adapter)"
            )
        if role in grouped.setdefault(targets[name], {}):
            raise _refusal(f"key {key!r} is there a second time, under another name")
        grouped[targets[name]][role] = key
    if not grouped:
        raise _refusal("it has no layers")
    return grouped


def _layer(
    target: _Target, keys: Mapping[str, str], tensors: Mapping[str, torch.Tensor], header_alpha: float | None,
    max_rank: int,
) -> LoraLayer:  # fmt: skip
    for role, other in (("down", "up"), ("up", "down")):
        if role not in keys:
            raise _refusal(f"layer {target.path} has no {role} weight beside {keys.get(other, keys.get('alpha'))!r}")
    down, up = (_weight(keys[role], tensors) for role in ("down", "up"))
    rank = len(down)
    expected = {"down": (rank, target.linear.in_features), "up": (target.linear.out_features, rank)}
    for role, tensor in (("down", down), ("up", up)):
        if tensor.shape != expected[role]:
            raise _refusal(f"key {keys[role]!r} has shape {list(tensor.shape)}, not {list(expected[role])}")
    if not 1 <= rank <= max_rank:
        raise _refusal(f"key {keys['down']!r} has rank {rank}, not 1 to {max_rank}", "lora_rank_too_large")
    alpha = header_alpha
    if "alpha" in keys:
        alpha = _alpha(keys["alpha"], tensors)
    scale = 1.0 if alpha is None else alpha / rank
    if not float(up.abs().max()) * abs(scale) <= MAX_WEIGHT:
        raise _refusal(f"key {keys['up']!r} times its scale {scale:g} is over {MAX_WEIGHT:g}", "non_finite_weights")
    return LoraLayer(down, up, scale)


def _weight(key: str, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
    tensor = tensors[key]
    if tensor.dtype not in _WEIGHT_DTYPES or tensor.ndim != 2 or not tensor.numel():
        raise _refusal(f"key {key!r} must be a float matrix, got {tensor.dtype} {list(tensor.shape)}")
    if not bool((tensor.abs() <= MAX_WEIGHT).all()):  # written so that NaN fails it
        raise _refusal(f"key {key!r} has values that are not finite or over {MAX_WEIGHT:g}", "non_finite_weights")
    return tensor


def _alpha(key: str, tensors: Mapping[str, torch.Tensor]) -> float:
    tensor = tensors[key]
    if tensor.dtype not in _ALPHA_DTYPES or tensor.numel() != 1 or not math.isfinite(tensor.item()):
        raise _refusal(f"key {key!r} must be one finite number, got {tensor.dtype} {list(tensor.shape)}")
    return float(tensor.item())


def _adapter_header(data: bytes) -> dict[str, object]:
    """What diffusers writes about the adapter's configuration into the file's free text; {} without."""
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
    try:
        header = json.loads(metadata.get("lora_adapter_metadata", "{}"), parse_int=float)  # 10**400 becomes inf
    except (ValueError, RecursionError) as error:
        raise _refusal("its header's lora_adapter_metadata is not JSON", "invalid_safetensors") from error
    if not isinstance(header, dict):
        raise _refusal("its header's lora_adapter_metadata is not an object", "invalid_safetensors")
    for part in _PARTS:
        for name in _UNSUPPORTED:
            if header.get(f"{part}.{name}"):
                raise _refusal(f"its header asks for {part}.{name}, which is not supported", "lora_unsupported")
    return header


def _header_alpha(header: Mapping[str, object], target: _Target) -> float | None:
    """A layer's own entry in `alpha_pattern` counts before `lora_alpha`; None when the header tells neither."""
    patterns = header.get(f"{target.part}.alpha_pattern") or {}
    if not isinstance(patterns, dict):
        raise _refusal(f"its header's {target.part}.alpha_pattern is not an object")
    # peft reads these as regular expressions; a foreign one could run for ever, and diffusers writes plain paths.
    own = (alpha for path, alpha in patterns.items() if f".{target.path}".endswith(f".{path}"))
    alpha = next(own, header.get(f"{target.part}.lora_alpha"))
    if alpha is None:
        return None
    if not isinstance(alpha, float) or not math.isfinite(alpha):
        raise _refusal(f"its header's alpha for {target.part}.{target.path} is not a number: {alpha!r}")
    return alpha


def _refusal(reason: str, code: str = "lora_incompatible") -> InvalidRequest:
    return InvalidRequest(f"this LoRA cannot be used: {reason:.400}", code, "lora")  # a foreign key may be long
