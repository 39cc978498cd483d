"""Moves under load as they are measured, with a real engine behind a real socket, at a small size."""

from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np

from bench.swaps import NAME, Plan, measure, render
from deployments.engine.engine import Engine
from deployments.engine.load import SdxlModel
from tests.adapters import publish_random
from tests.door import Door, listening
from tests.test_follower import engine, model, serve_registry

__all__ = ["engine", "model"]  # fixtures

SMALL = Plan(num_pairs=2, num_requests=6, rate_per_s=20, num_moves=4, size_px=64, num_steps=1)


async def test_moves_fail_nothing_and_mixed_or_failed_images_would_be_counted(
    door: Door, engine: Engine, model: SdxlModel, models_dir: Path
) -> None:
    serve_registry(door, engine, models_dir)
    first, second = (publish_random(door.data_dir / "registry", model, models_dir, NAME, seed) for seed in (1, 2))
    with listening(door.api) as url:
        headers = {"authorization": f"Bearer {door.admin_key}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
            measured = await measure(client, (first, second), SMALL)
            refused = await measure(client, (first, second), replace(SMALL, num_pairs=1, size_px=7))
    assert (len(measured.answers), measured.num_failed, measured.num_mixed) == (24, 0, 0)
    assert (len(refused.answers), refused.num_failed) == (12, 12)
    assert "Of 24 requests 0 failed; 0 images" in render(measured)

    swapped = replace(measured, whole={first: measured.whole[second], second: measured.whole[first]})
    assert swapped.num_mixed == 24
    assert not np.array_equal(measured.whole[first], measured.whole[second])  # type: ignore[arg-type]
