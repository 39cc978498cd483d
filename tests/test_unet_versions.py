"""Whole UNets that go live in a running service: each image is wholly one version's, and no request fails."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from safetensors.torch import load_file

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.model_folder import read_manifest
from deployments.registry.registry import AdapterRegistry
from tests.door import Door
from tests.graph import wait_for
from tests.test_follower import CAPACITY, GUIDANCE, PROMPT, SEED, STEPS, Shop, is_same, model, serve_registry
from tests.under_load import drawn_while_moving
from tests.unets import publish_unet, trial_of

__all__ = ["model"]  # a fixture

PROMOTIONS = 10
STRAIGHT = ImageRequest(PROMPT, None, 64, 64, STEPS, GUIDANCE, SEED)


@pytest.fixture
def engine(models_dir: Path) -> Iterator[Engine]:
    engine = Engine(equip(load_model(models_dir / "starter"), CAPACITY), max_rows=8, num_threads=1)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def shop(door: Door, client: TestClient, engine: Engine, model: SdxlModel, models_dir: Path) -> Shop:
    follower = serve_registry(door, engine, models_dir)
    root = door.data_dir / "registry"
    return Shop(client, AdapterRegistry(root), root, follower, engine, model, models_dir)


@pytest.fixture
def ids(shop: Shop) -> tuple[str, str, str]:
    """The base model's own version and two more."""
    folder = shop.models_dir / "starter"
    first, second = (publish_unet(shop.root, folder, seed) for seed in (1, 2))
    return read_manifest(folder).version, first, second


def draw(shop: Shop, version: str | None = None, **fields: object) -> tuple[np.ndarray, str]:
    """Pixels, and the version that drew them; nothing that was drawn before."""
    answer = shop.client.post("/v1/images/generations", json={**body(version), **fields})
    assert answer.status_code == 200, answer.text
    return shop.pixels(answer), answer.json()["model_version"]


def body(version: str | None) -> dict[str, object]:
    small = {"prompt": PROMPT, "seed": SEED, "size": "64x64", "num_inference_steps": STEPS, "guidance_scale": GUIDANCE}
    return {**small, "cache": False, "model_version": version}


def statuses(shop: Shop) -> dict[str, str]:
    return {one["id"]: one["status"] for one in shop.client.get("/v1/model_versions").json()["data"]}


def test_promoted_unet_draws_what_an_engine_built_on_it_draws_and_rollback_brings_the_base_back(
    shop: Shop, ids: tuple[str, str, str]
) -> None:
    base, first, _ = ids
    shop.move(shop.publish("house", seed=3))
    before, told = draw(shop)
    with_lora = draw(shop, lora=[{"id": "house"}])[0]
    assert told == base and shop.move(first) == first
    built = load_model(shop.models_dir / "starter")
    built.unet.load_state_dict(load_file(shop.registry.weights_path(shop.registry.read(first))))
    alone = Engine(equip(built, CAPACITY), max_rows=8, num_threads=1)
    alone.start()
    alone.add_lora("house", shop.registry.weights_path(shop.registry.find("house"))).result()
    by_engine = [
        alone.submit(request).result.result().pixels_HWC.astype(int)
        for request in (STRAIGHT, replace(STRAIGHT, loras=(LoraRequest("house"),)))
    ]
    alone.stop()
    after, told = draw(shop)
    assert told == first and is_same(after, by_engine[0]) and not is_same(after, before)
    styled = draw(shop, lora=[{"id": "house"}])[0]
    assert is_same(styled, by_engine[1]) and not is_same(styled, after) and not is_same(styled, with_lora)
    assert shop.move("starter", "rollback") == base
    again, told = draw(shop)
    assert told == base and is_same(again, before) and is_same(draw(shop, lora=[{"id": "house"}])[0], with_lora)


def test_request_may_pin_a_version_and_names_alone_are_none(shop: Shop, ids: tuple[str, str, str]) -> None:
    base, first, second = ids
    pinned, told = draw(shop, first)
    assert told == first and is_same(draw(shop, base)[0], draw(shop)[0]) and not is_same(pinned, draw(shop)[0])
    shop.move(first)
    assert draw(shop, base)[1] == base and is_same(draw(shop)[0], pinned)
    for wrong, code in (("starter", 400), ("starter@11111111", 404), ("house@00000000", 404)):
        answer = shop.client.post("/v1/generations", json={"prompt": "a", "model_version": wrong})
        assert (answer.status_code, answer.json()["error"]["param"]) == (code, "model_version")
    answer = shop.client.post("/v1/generations", json={"prompt": "a", "lora": [{"id": second}]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "lora")
    assert [model["id"] for model in shop.client.get("/v1/models").json()["data"]] == ["icon", "splash"]


def test_what_was_drawn_before_is_not_another_versions(shop: Shop, ids: tuple[str, str, str]) -> None:
    def cached() -> bool:
        answer = shop.client.post("/v1/images/generations", json={**body(None), "cache": True})
        return bool(answer.json()["cached"])

    assert not cached() and cached()
    shop.move(ids[1])
    assert not cached() and cached()
    shop.move("starter", "rollback")
    assert cached()


def test_what_is_being_drawn_ends_with_the_version_it_began_with(shop: Shop, ids: tuple[str, str, str]) -> None:
    base, first, _ = ids
    old, may_go_on = draw(shop)[0], threading.Event()
    shop.engine.call(lambda _: may_go_on.wait(20))  # the engine stands still while the next image is begun
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(draw, shop)
        wait_for(lambda: shop.engine.num_unfinished == 1, 20, 0.01)
        promoted = pool.submit(shop.move, first)
        may_go_on.set()
        assert promoted.result() == first
    pixels, told = begun.result()
    assert told == base and is_same(pixels, old)
    assert draw(shop)[1] == first


def test_under_load_every_image_is_of_one_version_and_none_fails(shop: Shop, ids: tuple[str, str, str]) -> None:
    base, first, _ = ids
    whole = {version_id: draw(shop, version_id)[0] for version_id in (base, first)}
    there_and_back = ((lambda: shop.move(first), first), (lambda: shop.move("starter", "rollback"), base))
    drawn = drawn_while_moving(lambda: draw(shop), there_and_back * (PROMOTIONS // 2))
    assert {told for _, told in drawn} == {base, first}
    for pixels, told in drawn:
        assert [is_same(pixels, whole[one]) for one in (base, first)] == [told == one for one in (base, first)]


def test_third_waits_until_one_of_two_is_no_longer_drawn_with(shop: Shop, ids: tuple[str, str, str]) -> None:
    base, first, second = ids
    shop.move(first)
    may_go_on = threading.Event()
    shop.engine.call(lambda _: may_go_on.wait(20))
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(draw, shop, base)  # base and first are in memory; one is drawn with, the other is live
        wait_for(lambda: shop.engine.num_unfinished == 1, 20, 0.01)
        answer = shop.client.post("/v1/images/generations", json=body(second))
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_unet_room")
        promoted = pool.submit(shop.move, second)
        may_go_on.set()
        assert promoted.result() == second and begun.result()[1] == base
    assert shop.engine.num_unets == 2 and draw(shop)[1] == second
    assert statuses(shop) == {second: "live", first: "previous", base: "previous"}


def test_canary_draws_a_share_and_a_retry_stays_on_its_side(shop: Shop, ids: tuple[str, str, str]) -> None:
    base, first, _ = ids
    answer = shop.client.post(f"/v1/model_versions/{first}/canary", json={"share": 0.5})
    assert (answer.status_code, answer.json()["kind"], answer.json()["status"]) == (200, "unet", "canary")
    assert {draw(shop)[1] for _ in range(24)} == {base, first}
    assert shop.move("starter", "rollback") == base and {draw(shop)[1] for _ in range(4)} == {base}


def test_version_with_the_trial_of_its_publisher_is_taken_and_anothers_is_refused(shop: Shop) -> None:
    folder = shop.models_dir / "starter"
    trials = {seed: trial_of(shop.root.parent / "unets", folder, seed) for seed in (1, 2)}
    good = publish_unet(shop.root, folder, 1, trials[1])
    assert shop.move(good) == good
    before = draw(shop)[0]
    refused = publish_unet(shop.root, folder, 2, trials[1])
    assert "is refused: this engine draws something else" in shop.move(refused, status=409)
    pixels, told = draw(shop)
    assert told == good and is_same(pixels, before) and statuses(shop)[refused] == "candidate"
    answer = shop.client.post("/v1/images/generations", json=body(refused))
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == ("trial_differs", "model_version")
