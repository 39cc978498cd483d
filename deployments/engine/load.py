"""A model folder becomes the modules that the engine runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from deployments.errors import ModelFolderError

M = TypeVar("M", UNet2DConditionModel, AutoencoderKL, CLIPTextModel, CLIPTextModelWithProjection)


class Architecture(Protocol):
    """What an adapter has to fit: which layers there are, and how wide they are."""

    @property
    def unet(self) -> UNet2DConditionModel: ...
    @property
    def text_encoders(self) -> tuple[CLIPTextModel, CLIPTextModelWithProjection]: ...


@dataclass(frozen=True)
class Skeleton:
    """An architecture without weights."""

    unet: UNet2DConditionModel
    text_encoders: tuple[CLIPTextModel, CLIPTextModelWithProjection]


@dataclass(frozen=True)
class SdxlModel:
    """Any model of SDXL's architecture, whatever its width; read-only once loaded."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoders: tuple[CLIPTextModel, CLIPTextModelWithProjection]
    tokenizers: tuple[CLIPTokenizer, CLIPTokenizer]
    scheduler: EulerDiscreteScheduler  # for its configuration: the engine keeps no state in it
    zero_missing_negative: bool  # without a negative prompt, uncond is zeros rather than the encoding of ""
    device: torch.device
    dtype: torch.dtype

    @property
    def latent_channels(self) -> int:
        channels: int = self.unet.config.in_channels
        return channels

    @property
    def pixels_per_latent(self) -> int:
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))


def load_model(folder: Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> SdxlModel:
    """Loads a `StableDiffusionXLPipeline` folder: safetensors only, no remote code, nothing from the network.

    Raises ModelFolderError when a part is missing or does not fit its configuration.
    """
    try:
        return _load_parts(folder, torch.device(device), dtype)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFolderError(f"the model folder {folder} does not load: {error}") from error


def load_skeleton(folder: Path) -> Skeleton:
    """Of a model folder, in no time: nothing is read but configurations. Raises ModelFolderError."""
    try:
        with torch.device("meta"):
            text_configs = [
                CLIPTextConfig.from_pretrained(folder / part) for part in ("text_encoder", "text_encoder_2")
            ]
            return Skeleton(
                UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet")),
                (CLIPTextModel(text_configs[0]), CLIPTextModelWithProjection(text_configs[1])),
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFolderError(f"the model folder {folder} does not load: {error}") from error


def _load_parts(folder: Path, device: torch.device, dtype: torch.dtype) -> SdxlModel:
    index = json.loads((folder / "model_index.json").read_text())
    variant = "fp16" if list(folder.glob("unet/*.fp16.safetensors")) else None

    def module(kind: type[M], part: str) -> M:
        loaded, info = cast(Any, kind).from_pretrained(
            folder, subfolder=part, use_safetensors=True, local_files_only=True, variant=variant, torch_dtype=dtype,
            output_loading_info=True,
        )  # fmt: skip
        if info["missing_keys"]:  # which the libraries would leave at random, and only log
            raise ModelFolderError(
                f"the model folder {folder} lacks weights of {part}, such as {min(info['missing_keys'])}"
            )
        return cast(M, loaded.to(device).eval())

    def tokenizer(part: str) -> CLIPTokenizer:
        loaded: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder, subfolder=part, local_files_only=True)
        return loaded

    return SdxlModel(
        unet=module(UNet2DConditionModel, "unet"),
        vae=module(AutoencoderKL, "vae"),
        text_encoders=(
            module(CLIPTextModel, "text_encoder"),
            module(CLIPTextModelWithProjection, "text_encoder_2"),
        ),
        tokenizers=(tokenizer("tokenizer"), tokenizer("tokenizer_2")),
        scheduler=EulerDiscreteScheduler.from_pretrained(folder, subfolder="scheduler", local_files_only=True),
        zero_missing_negative=bool(index.get("force_zeros_for_empty_prompt", True)),
        device=device,
        dtype=dtype,
    )
