"""Versions of style adapters as a registry holds them, with nothing in them that could be drawn with."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from deployments.model_folder import FileDigest
from deployments.registry.gates import Gate
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import WEIGHTS_FILES, AdapterManifest


def put_version(
    registry: AdapterRegistry, name: str, content: bytes, rank: int = 4, metrics: Mapping[str, float] | None = None,
    gates: Sequence[Gate] = (),
) -> str:  # fmt: skip
    """Its id."""
    digest = FileDigest(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    manifest = AdapterManifest(
        name=name, version=digest.sha256[:8], published_at=datetime.now(UTC), title=name, license="CC0-1.0",
        trigger="hse", rank=rank, base="starter@00000000", base_unet={}, files={WEIGHTS_FILES["lora"]: digest},
        metrics={**(metrics or {})}, gates=tuple(gates),
    )  # fmt: skip
    with registry.staging() as staged:
        (staged / WEIGHTS_FILES["lora"]).write_bytes(content)
        registry.add(staged, manifest)
    return manifest.id


def put_two_live(registry: AdapterRegistry, name: str = "house") -> tuple[str, str]:
    """The ids of the one before, and of the one that is live."""
    first, second = (put_version(registry, name, content) for content in (b"first", b"second"))
    registry.promote(first)
    registry.promote(second)
    return first, second
