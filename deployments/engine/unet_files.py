"""A whole UNet's file becomes a module: checked like any foreign file, against the files of the base model's UNet."""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from deployments.errors import InvalidRequest, ModelFolderError

MAX_HEADER_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}  # of the types that weights may have, as safetensors names them
Layout = dict[str, tuple[str, tuple[int, ...]]]  # by tensor: its type and its shape


def base_files(model_folder: Path) -> list[Path]:
    """Of its UNet, those that `load_model` reads. Raises ModelFolderError where there are none."""
    folder = model_folder / "unet"
    files = sorted(folder.glob("*.fp16*.safetensors")) or sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelFolderError(f"the model folder {model_folder} has no UNet in safetensors")
    return files


def layout_of(files: Sequence[Path]) -> Layout:
    """Of all tensors in them; only headers are read. Raises InvalidRequest for what is not a safetensors file."""
    layout = {}
    for path in files:
        try:
            with safe_open(path, "pt") as file:
                for name in file.keys():
                    tensor = file.get_slice(name)
                    layout[name] = (str(tensor.get_dtype()), tuple(tensor.get_shape()))
        except SafetensorError as error:
            raise _refusal(f"it is not a safetensors file ({error})", "invalid_safetensors") from error
    return layout


def max_bytes(layout: Layout) -> int:
    """What a file of that layout can have at most."""
    return MAX_HEADER_BYTES + sum(_BYTES.get(dtype, 8) * math.prod(shape) for dtype, shape in layout.values())


def check_layout(found: Layout, expected: Layout) -> None:
    """Raises InvalidRequest, which names the tensor that does not fit."""
    for name in sorted(expected.keys() - found.keys()):
        raise _refusal(f"{name!r} is missing")
    for name in sorted(found.keys() - expected.keys()):
        raise _refusal(f"{name!r} belongs to no part of this model's UNet")
    for name, tensor in found.items():
        if tensor != expected[name]:
            raise _refusal(f"{name!r} is {_words(tensor)}, not {_words(expected[name])}")


def read_unet(path: Path, like: UNet2DConditionModel) -> UNet2DConditionModel:
    """In that one's architecture, on the CPU in the file's type. Raises InvalidRequest with the reason, or OSError."""
    with path.open("rb") as file:
        if int.from_bytes(file.read(8), "little") > MAX_HEADER_BYTES:
            raise _refusal(f"its header is over {MAX_HEADER_BYTES} bytes, or not a header", "invalid_safetensors")
    with torch.device("meta"):
        unet: UNet2DConditionModel = UNet2DConditionModel.from_config(like.config)
    found = layout_of([path])
    types = {name: dtype for name, (dtype, _) in found.items() if dtype in _BYTES}  # any of them is as good as another
    own = unet.state_dict().items()
    check_layout(found, {name: (types.get(name, "F32"), tuple(tensor.shape)) for name, tensor in own})
    tensors = load_file(path)
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise _refusal(f"{name!r} has values that are not finite", "non_finite_weights")
    unet.load_state_dict(tensors, strict=True, assign=True)
    return unet.eval()


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _words(tensor: tuple[str, tuple[int, ...]]) -> str:
    dtype, shape = tensor
    return f"{dtype} {list(shape)}"


def _refusal(reason: str, code: str = "unet_incompatible") -> InvalidRequest:
    return InvalidRequest(f"this UNet cannot be used: {reason:.400}", code, "file")  # a foreign name may be long
