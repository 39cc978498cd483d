"""A version that draws a share of what asks for its name: always the same share, and in the open."""

import pytest
from fastapi.testclient import TestClient

from deployments.canary import Canary
from deployments.registry.gates import Gate
from deployments.registry.registry import AdapterRegistry
from tests.door import Door, listening
from tests.generations import submit, until
from tests.test_cli import emblem
from tests.test_follower import Shop, engine, is_same, model, shop
from tests.versions import put_two_live, put_version

__all__ = ["engine", "model", "shop"]  # fixtures

IDS = [f"gen_{number:032x}" for number in range(4_000)]


@pytest.fixture
def registry(door: Door) -> AdapterRegistry:
    return AdapterRegistry(door.data_dir / "registry")


def share(client: TestClient, version_id: str, **body: object) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/v1/model_versions/{version_id}/canary", json=body)
    return answer.status_code, answer.json() if answer.status_code == 200 else answer.json()["error"]


def test_share_is_kept_by_id_and_a_larger_one_only_adds() -> None:
    taken = {part: {id_ for id_ in IDS if Canary("house@1a2b3c4d", part).takes(id_)} for part in (0.1, 0.5, 1.0)}
    assert abs(len(taken[0.1]) / len(IDS) - 0.1) < 0.02 and abs(len(taken[0.5]) / len(IDS) - 0.5) < 0.03
    assert taken[0.1] < taken[0.5] < taken[1.0] == {*IDS}
    others = {id_ for id_ in IDS if Canary("house@5e6f7a8b", 0.5).takes(id_)}
    assert abs(len(others & taken[0.5]) / len(IDS) - 0.25) < 0.03  # the next canary has others


def test_share_of_requests_is_drawn_with_the_canary_until_it_is_live_or_taken_back(shop: Shop) -> None:
    live, canary = (shop.publish("house", seed) for seed in (1, 2))
    shop.move(live)
    whole = {version_id: shop.draw(version_id)[0] for version_id in (live, canary)}
    assert share(shop.client, canary, share=0.5)[1]["share"] == 0.5
    drawn = set()
    for _ in range(12):
        ended = until(shop.client, submit(shop.client, size="64x64", lora=[{"id": "house"}])["id"], "completed")
        expected = canary if Canary(canary, 0.5).takes(ended["id"]) else live
        assert ended["adapters"] == [expected]
        drawn.add(expected)
    assert drawn == {live, canary}  # of 4096 runs one will not see both
    assert shop.draw(live)[1] == [live]
    assert share(shop.client, canary, share=1)[0] == 200
    pixels, adapters = shop.draw("house")
    assert adapters == [canary] and is_same(pixels, whole[canary])
    assert shop.move("house", "rollback") == live and shop.draw("house")[1] == [live]
    share(shop.client, canary, share=1)
    assert shop.move(canary) == canary and shop.draw("house")[1] == [canary]
    assert shop.move(canary, "rollback") == live
    assert is_same(shop.draw("house")[0], whole[live])


def test_canary_stands_beside_a_live_one_and_passes_its_gates(client: TestClient, registry: AdapterRegistry) -> None:
    draft = put_version(registry, "draft", b"draft")
    _, live = put_two_live(registry)
    bad = put_version(registry, "house", b"bad", metrics={"copies": 1.0}, gates=(Gate(metric="copies", at_most=0.1),))
    for version_id, code in ((draft, "no_canary"), (live, "no_canary"), (bad, "gates_not_held")):
        status, error = share(client, version_id, share=0.5)
        assert (status, error["code"]) == (409, code), version_id
    assert share(client, bad, share=0.5, force=True)[1]["status"] == "canary"
    for wrong in (0, -1, 1.5, "half", None):
        status, error = share(client, bad, share=wrong)
        assert (status, error["param"]) == (400, "share")
    registry.retire(bad)
    assert registry.stages("house").canary is None
    assert share(client, bad, share=0.5, force=True)[1]["code"] == "version_retired"


def test_canary_is_a_command(door: Door, registry: AdapterRegistry) -> None:
    first, second = put_two_live(registry)
    with listening(door.api) as url:
        told = emblem(door, url, "models", "canary", first, "--share", "0.25")
        refused = emblem(door, url, "models", "canary", second)
    assert told.stdout == f"{first} draws 25%\n", told.stderr
    assert refused.stderr.startswith(f"error: {second} is live")
    stages = registry.stages("house")
    assert (stages.canary, stages.canary_share) == (first.split("@")[1], 0.25)
