"""Style adapters in a registry, for tests: random ones that the tiny random model can be seen to use."""

from pathlib import Path

from deployments.engine.load import SdxlModel
from deployments.registry.publish import publish
from deployments.registry.schemas import PublishedTrial
from tests.lora import random_matrices, write_peft


def write_adapter(folder: Path, model: SdxlModel, seed: int, rank: int = 4) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"adapter-{seed}-{rank}.safetensors"
    return write_peft(path, {"unet": random_matrices(model, rank, seed)}, {"unet": float(rank)})


def publish_random(
    registry: Path, model: SdxlModel, models_dir: Path, name: str, seed: int, rank: int = 4,
    trial: PublishedTrial | None = None,
) -> str:  # fmt: skip
    """The id of the new version."""
    path = write_adapter(registry.parent / "adapters", model, seed, rank)
    return publish(registry, path, name, models_dir / "starter", trial=trial)
