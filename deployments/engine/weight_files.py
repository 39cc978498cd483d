"""Files of weights, checked as a stranger's: safetensors alone, finite, with the names and shapes of a model's part."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from deployments.errors import InvalidRequest

MAX_HEADER_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}  # of the types that weights may have, as safetensors names them
Shape = tuple[int, ...]
Layout = dict[str, tuple[str, Shape]]  # by tensor: its type and its shape


@dataclass(frozen=True)
class Part:
    """Of a model, that a file can hold another one of."""

    words: str
    code: str  # of what does not fit

    def refusal(self, reason: str, code: str = "") -> InvalidRequest:
        message = f"this {self.words} cannot be used: {reason:.400}"  # a foreign name may be long
        return InvalidRequest(message, code or self.code, "file")


UNET = Part("UNet", "unet_incompatible")
REFERENCE = Part("reference adapter", "reference_incompatible")


def layout_of(files: Sequence[Path], part: Part) -> Layout:
    """Of all tensors in them; only headers are read. Raises InvalidRequest for what is not a safetensors file."""
    layout = {}
    for path in files:
        try:
            with safe_open(path, "pt") as file:
                for name in file.keys():
                    tensor = file.get_slice(name)
                    layout[name] = (str(tensor.get_dtype()), tuple(tensor.get_shape()))
        except SafetensorError as error:
            raise part.refusal(f"it is not a safetensors file ({error})", "invalid_safetensors") from error
    return layout


def max_bytes(layout: Layout) -> int:
    """What a file of that layout can have at most."""
    return MAX_HEADER_BYTES + sum(_BYTES.get(dtype, 8) * math.prod(shape) for dtype, shape in layout.values())


def check_layout(found: Layout, expected: Layout, part: Part) -> None:
    """Raises InvalidRequest, which names the tensor that does not fit."""
    for name in sorted(expected.keys() - found.keys()):
        raise part.refusal(f"{name!r} is missing")
    for name in sorted(found.keys() - expected.keys()):
        raise part.refusal(f"{name!r} belongs to no part of this model's {part.words}")
    for name, tensor in found.items():
        if tensor != expected[name]:
            raise part.refusal(f"{name!r} is {_words(tensor)}, not {_words(expected[name])}")


def read_tensors(path: Path, shapes: Mapping[str, Shape], part: Part) -> dict[str, torch.Tensor]:
    """These and no others, finite, in any one of the types. Raises InvalidRequest with the reason, or OSError."""
    with path.open("rb") as file:
        if int.from_bytes(file.read(8), "little") > MAX_HEADER_BYTES:
            raise part.refusal(f"its header is over {MAX_HEADER_BYTES} bytes, or not a header", "invalid_safetensors")
    found = layout_of([path], part)
    types = {name: dtype for name, (dtype, _) in found.items() if dtype in _BYTES}
    check_layout(found, {name: (types.get(name, "F32"), shape) for name, shape in shapes.items()}, part)
    tensors = load_file(path)
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise part.refusal(f"{name!r} has values that are not finite", "non_finite_weights")
    return tensors


def shapes_of(module: torch.nn.Module) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _words(tensor: tuple[str, Shape]) -> str:
    dtype, shape = tensor
    return f"{dtype} {list(shape)}"
