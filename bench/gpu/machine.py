"""What the figures were measured on and with."""

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import torch


@dataclass(frozen=True)
class Machine:
    device: str
    is_cuda: bool
    memory_gb: float | None
    software: str
    date: str


def describe(device: torch.device) -> Machine:
    software = [f"Python {platform.python_version()}", f"torch {torch.__version__}"]
    software += [f"{name} {version(name)}" for name in ("diffusers", "transformers")]
    name, memory_gb = f"CPU ({platform.machine()})", None
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        name, memory_gb = properties.name, properties.total_memory / 1e9
        software += [f"CUDA {torch.version.cuda}", f"cuDNN {torch.backends.cudnn.version()}"]
    return Machine(name, device.type == "cuda", memory_gb, ", ".join(software), f"{datetime.now(UTC):%Y-%m-%d}")
