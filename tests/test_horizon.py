"""Where a splash screen's sky ends: what is told to the engine, and what is measured."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from deployments.controls import LoadedControls
from deployments.engine.layout import Box
from deployments.engine.request import ImageRequest
from deployments.pixels.horizon import horizon
from deployments.schemas import Controls
from tests.door import Door
from tests.generations import submit, until

REQUEST = ImageRequest("waves", None, 352, 192, num_steps=2, guidance_scale=1.0, seed=0)


def picture(share: float, hills_px: int = 0) -> np.ndarray:
    """A graded sky with a sun in it, over ground with teeth."""
    height, width = 200, 120
    drawn_HWC = np.zeros((height, width, 3), np.uint8)
    drawn_HWC[:] = np.linspace((40, 80, 200), (220, 230, 250), height)[:, None].astype(np.uint8)
    drawn_HWC[30:50, 20:40] = (250, 220, 60)
    for column in range(width):
        drawn_HWC[round(share * height) - hills_px * (column % 2) :, column] = (30, 90, 40)
    return drawn_HWC


@pytest.mark.parametrize("share", [0.35, 0.6, 0.85])
def test_end_of_the_sky_is_read_from_pixels(share: float) -> None:
    assert horizon(picture(share)) == pytest.approx(share, abs=0.01)
    assert horizon(picture(share, hills_px=8)) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    ("share", "words"), [(0.3, "high horizon"), (0.6, "the horizon halfway up"), (0.8, "low horizon")]
)
def test_horizon_is_said_and_the_sky_above_it_stays_calm(share: float, words: str) -> None:
    told = LoadedControls(Controls(horizon=share), ()).put_into(REQUEST)
    assert told.prompt == f"waves, {words}"
    (calm,) = told.calm
    assert calm.box == Box(0.0, 0.0, 1.0, share - 0.02)


def test_horizon_goes_to_splash_screens_alone_and_is_told_and_measured(client: TestClient, door: Door) -> None:
    job = until(client, submit(client, model="splash", layout={"horizon": 0.7})["id"], "completed")
    assert door.services["splash"].requests[0].controls.horizon == job["controls"]["layout"]["horizon"] == 0.7
    scores = client.get(f"/v1/generations/{job['id']}/images/0/scores").json()
    assert scores["horizon"] is None or 0 <= scores["horizon"] <= 1
    for fields, code in (({}, "horizon_unsupported"), ({"model": "splash", "layout": {"horizon": 1}}, "invalid_value")):
        answer = client.post("/v1/generations", json={"prompt": "a", "layout": {"horizon": 0.5}, **fields})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (400, code, "layout.horizon")
    assert not door.services["icon"].requests
