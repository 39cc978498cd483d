"""Reference adapters that go live in a running service: each image is wholly one version's, and no request fails."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from deployments.controls import ADAPTER
from deployments.engine.engine import Engine
from deployments.engine.load import SdxlModel
from deployments.engine.request import ImageRequest, ReferenceRequest
from deployments.model_folder import read_manifest
from deployments.registry.base import own_versions
from deployments.registry.registry import AdapterRegistry
from serve_app.controls.schemas import FULL_STYLE_WEIGHT
from tests.door import Door
from tests.graph import wait_for
from tests.ip_adapter import with_adapter
from tests.pictures import encoded, picture
from tests.reference_versions import NAME, equipped_with, publish_reference, trial_of
from tests.test_follower import GUIDANCE, PROMPT, SEED, SMALL, STEPS, Shop, is_same, model, serve_registry
from tests.under_load import drawn_while_moving
from tests.uploads import uploaded

__all__ = ["model"]  # a fixture

PROMOTIONS = 8
SHOWN = picture(64, 64)
HEARD = ReferenceRequest(ADAPTER, np.asarray(SHOWN), FULL_STYLE_WEIGHT, "full")
STRAIGHT = ImageRequest(PROMPT, None, 64, 64, STEPS, GUIDANCE, SEED, references=(HEARD,))


@pytest.fixture(scope="module")
def stocked(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store whose `starter` has an IP-Adapter."""
    return with_adapter(models_dir, tmp_path_factory.mktemp("stocked") / "starter").parent


def running(folder: Path, file: Path | None = None) -> Engine:
    engine = Engine(equipped_with(folder, file), max_rows=8, num_threads=1)
    engine.start()
    return engine


@pytest.fixture
def engine(stocked: Path) -> Iterator[Engine]:
    engine = running(stocked / "starter")
    yield engine
    engine.stop()


@pytest.fixture
def shop(door: Door, client: TestClient, engine: Engine, model: SdxlModel, stocked: Path) -> Shop:
    follower = serve_registry(door, engine, stocked)
    root = door.data_dir / "registry"
    return Shop(client, AdapterRegistry(root), root, follower, engine, model, stocked)


@pytest.fixture
def ids(shop: Shop) -> tuple[str, str, str]:
    """The base model's own version and two more."""
    folder = shop.models_dir / "starter"
    first, second = (publish_reference(shop.root, folder, seed) for seed in (1, 2))
    return own_versions(read_manifest(folder))[NAME], first, second


@pytest.fixture
def shown(shop: Shop) -> dict[str, Any]:
    """The style image, as a request says it."""
    file_id = uploaded(shop.client, encoded(SHOWN))["id"]
    return {"style_images": [{"file_id": file_id, "mode": "full"}], "style_strength": 1}


def draw(shop: Shop, shown: dict[str, Any], **fields: object) -> tuple[np.ndarray, list[str]]:
    """Nothing that was drawn before."""
    return shop.draw(**{"cache": False, **shown, **fields})


def test_promoted_adapter_draws_what_an_engine_with_its_file_draws_and_rollback_brings_the_own_one_back(
    shop: Shop, ids: tuple[str, str, str], shown: dict[str, Any]
) -> None:
    own, first, second = ids
    plain, (before, told) = shop.draw(cache=False)[0], draw(shop, shown)
    assert told == [] and not is_same(before, plain)
    assert shop.move(first) == first
    alone = running(shop.models_dir / "starter", shop.registry.weights_path(shop.registry.read(first)))
    by_engine = alone.submit(STRAIGHT).result.result().pixels_HWC.astype(int)
    alone.stop()
    after, told = draw(shop, shown)
    assert told == [first] and is_same(after, by_engine) and not is_same(after, before)
    assert is_same(shop.draw(cache=False)[0], plain)
    assert shop.move(second) == second and draw(shop, shown)[1] == [second]
    for back, names, pixels in ((first, [first], after), (own, [], before)):
        assert shop.move(NAME, "rollback") == back
        again, told = draw(shop, shown)
        assert told == names and is_same(again, pixels)


def test_what_is_being_drawn_ends_with_the_version_it_began_with(
    shop: Shop, ids: tuple[str, str, str], shown: dict[str, Any]
) -> None:
    first, old, may_go_on = ids[1], draw(shop, shown)[0], threading.Event()
    shop.engine.call(lambda _: may_go_on.wait(20))  # the engine stands still while the next image is begun
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(draw, shop, shown)
        wait_for(lambda: shop.engine.num_unfinished == 1, 20, 0.01)
        promoted = pool.submit(shop.move, first)
        may_go_on.set()
        assert promoted.result() == first
    pixels, told = begun.result()
    assert told == [] and is_same(pixels, old)
    assert draw(shop, shown)[1] == [first]


def test_under_load_every_image_is_of_one_version_and_none_fails(
    shop: Shop, ids: tuple[str, str, str], shown: dict[str, Any]
) -> None:
    first = ids[1]
    old = draw(shop, shown)[0]
    shop.move(first)
    whole = {(): old, (first,): draw(shop, shown)[0]}
    there_and_back = ((lambda: shop.move(NAME, "rollback"), []), (lambda: shop.move(first), [first]))
    drawn = drawn_while_moving(lambda: draw(shop, shown), there_and_back * (PROMOTIONS // 2))
    assert {tuple(told) for _, told in drawn} == whole.keys()
    for pixels, told in drawn:
        assert [is_same(pixels, one) for one in whole.values()] == [names == tuple(told) for names in whole]


def test_what_was_drawn_before_is_not_another_versions(
    shop: Shop, ids: tuple[str, str, str], shown: dict[str, Any]
) -> None:
    def cached(**fields: object) -> bool:
        return bool(shop.client.post("/v1/images/generations", json=SMALL | fields).json()["cached"])

    assert not cached(**shown) and cached(**shown)
    assert not cached() and cached()
    shop.move(ids[1])
    assert cached() and not cached(**shown) and cached(**shown)
    shop.move(NAME, "rollback")
    assert cached(**shown)


def test_third_waits_until_one_of_two_is_no_longer_drawn_with(
    shop: Shop, ids: tuple[str, str, str], shown: dict[str, Any]
) -> None:
    own, first, second = ids
    may_go_on = threading.Event()
    shop.engine.call(lambda _: may_go_on.wait(20))
    with ThreadPoolExecutor(3) as pool:
        begun = pool.submit(draw, shop, shown)  # with the own one, while the next two become live
        wait_for(lambda: shop.engine.num_unfinished == 1, 20, 0.01)
        promoted = pool.submit(lambda: (shop.move(first), shop.move(second)))
        may_go_on.set()
        assert promoted.result() == (first, second) and begun.result()[1] == []
    assert shop.engine.num_references == 2 and draw(shop, shown)[1] == [second]
    listed = shop.client.get("/v1/model_versions").json()["data"]
    assert {one["id"]: one["status"] for one in listed} == {second: "live", first: "previous", own: "previous"}
    assert {one["kind"] for one in listed} == {"reference"}
    assert [model["id"] for model in shop.client.get("/v1/models").json()["data"]] == ["icon", "splash"]


def test_canary_hears_a_share_of_what_has_style_images(
    shop: Shop, ids: tuple[str, str, str], shown: dict[str, Any]
) -> None:
    first = ids[1]
    answer = shop.client.post(f"/v1/model_versions/{first}/canary", json={"share": 0.5})
    assert (answer.status_code, answer.json()["kind"], answer.json()["status"]) == (200, "reference", "canary")
    assert {tuple(draw(shop, shown)[1]) for _ in range(20)} == {(), (first,)}
    shop.move(NAME, "rollback")
    assert {tuple(draw(shop, shown)[1]) for _ in range(4)} == {()}


def test_version_with_the_trial_of_its_publisher_is_taken_and_anothers_is_refused(
    shop: Shop, shown: dict[str, Any]
) -> None:
    folder = shop.models_dir / "starter"
    trials = {seed: trial_of(shop.root.parent / "references", folder, seed) for seed in (1, 2)}
    good = publish_reference(shop.root, folder, 1, trials[1])
    assert shop.move(good) == good
    before = draw(shop, shown)[0]
    refused = publish_reference(shop.root, folder, 2, trials[1])
    assert "is refused: this engine draws something else" in shop.move(refused, status=409)
    pixels, told = draw(shop, shown)
    assert told == [good] and is_same(pixels, before)


def test_names_of_parts_are_no_styles(shop: Shop, ids: tuple[str, str, str]) -> None:
    answer = shop.client.post("/v1/generations", json={"prompt": "a", "lora": [{"id": ids[1]}]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "lora")
    answer = shop.client.post("/v1/generations", json={"prompt": "a", "model_version": ids[1]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "model_version")
