"""Versions of style adapters over HTTP, with services that only say whether they take one."""

import pytest
from fastapi.testclient import TestClient

from deployments.errors import InvalidRequest, Unavailable
from deployments.registry.registry import AdapterRegistry
from tests.door import Door
from tests.generations import submit, until
from tests.users import as_user, new_user
from tests.versions import put_two_live, put_version


@pytest.fixture
def registry(door: Door) -> AdapterRegistry:
    return AdapterRegistry(door.data_dir / "registry")


def statuses(client: TestClient) -> dict[str, str]:
    answer = client.get("/v1/model_versions")
    assert answer.status_code == 200, answer.text
    return {version["id"]: version["status"] for version in answer.json()["data"]}


def test_versions_are_promoted_once_every_service_has_loaded_them(
    client: TestClient, door: Door, registry: AdapterRegistry
) -> None:
    version_id = put_version(registry, "house", b"one")
    assert statuses(client) == {version_id: "candidate"}
    answer = client.post(f"/v1/model_versions/{version_id}/promote")
    assert (answer.status_code, answer.json()["status"], answer.json()["trigger"]) == (200, "live", "hse")
    assert [service.loaded for service in door.services.values()] == [[version_id]] * 2
    assert (
        registry.find("house").id == version_id and answer.json() == client.get("/v1/model_versions").json()["data"][0]
    )


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (InvalidRequest("it is noise", "non_finite_output", "lora"), 409, "version_refused"),
        (Unavailable("icon is not running", "service_unavailable"), 503, "service_unavailable"),
    ],
)
def test_version_that_one_service_does_not_take_stays_what_it_is(
    client: TestClient, door: Door, registry: AdapterRegistry, failure: Exception, status: int, code: str
) -> None:
    first, second = put_two_live(registry)
    door.services["splash"].failure = failure
    answer = client.post(f"/v1/model_versions/{first}/promote")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert str(failure) in answer.json()["error"]["message"]
    assert statuses(client) == {first: "previous", second: "live"}


def test_rollback_asks_nobody_first(client: TestClient, door: Door, registry: AdapterRegistry) -> None:
    first, second = put_two_live(registry)
    door.services["icon"].failure = Unavailable("icon is not running")
    assert client.post(f"/v1/model_versions/{second}/rollback").json()["id"] == first
    assert statuses(client) == {first: "live", second: "published"}
    assert client.post("/v1/model_versions/house/promote").status_code == 404  # which one?
    for adapter_id, code in ((second, "version_not_live"), ("house", "no_previous_version")):
        answer = client.post(f"/v1/model_versions/{adapter_id}/rollback")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
        assert answer.headers["x-should-retry"] == "false"
    assert client.post("/v1/model_versions/nobody/rollback").json()["error"]["code"] == "model_not_found"


def test_members_may_use_versions_and_not_move_them(client: TestClient, registry: AdapterRegistry) -> None:
    first, _ = put_two_live(registry)
    member = as_user(client, new_user(client, "other"))
    for method, path in (("GET", ""), ("POST", f"/{first}/promote"), ("POST", f"/{first}/rollback")):
        assert client.request(method, f"/v1/model_versions{path}", headers=member).status_code == 403
    submit(client, headers=member, lora=[{"id": "house"}])
    assert registry.find("house").id != first


def test_request_says_which_adapters_and_the_answer_which_versions(
    client: TestClient, door: Door, registry: AdapterRegistry
) -> None:
    first, second = put_two_live(registry)
    put_version(registry, "draft", b"draft")
    asked = [{"id": "house", "scale": -0.5}, {"id": first}]
    ended = until(client, submit(client, lora=asked)["id"], "completed")
    assert ended["adapters"] == ["house", first]  # as the fake tells it
    assert [(use.id, use.scale) for use in door.services["icon"].requests[0].loras] == [("house", -0.5), (first, 1.0)]
    made = client.post("/v1/images/generations", json={"prompt": "a", "lora": [{"id": second}]}).json()
    assert made["adapters"] == [second]
    models = {model["id"]: (model["kind"], model["status"]) for model in client.get("/v1/models").json()["data"]}
    assert list(models) == ["icon", "splash", "draft", "house"]
    assert (models["icon"], models["house"], models["draft"]) == (
        ("service", "ready"), ("style", "live"), ("style", "candidate"),
    )  # fmt: skip
    house = client.get("/v1/models/house").json()
    assert (house["model_version"], house["trigger"]) == (second, registry.read(second).trigger)


def test_what_can_not_be_had_costs_nothing(client: TestClient, door: Door, registry: AdapterRegistry) -> None:
    first, _ = put_two_live(registry)
    put_version(registry, "draft", b"draft")
    put_version(registry, "wide", b"wide", rank=64)
    registry.promote(registry.versions("wide")[0].id)
    registry.retire(first)
    refused = {
        (404, "model_not_found"): [["draft"], [first], ["house", "nobody"], ["House"]],
        (400, "lora_rank_too_large"): [["wide", "house"]],
    }
    for (status, code), choices in refused.items():
        for ids in choices:
            for path in ("/v1/generations", "/v1/images/generations"):
                answer = client.post(path, json={"prompt": "a", "lora": [{"id": one} for one in ids]})
                error = answer.json()["error"]
                assert (answer.status_code, error["code"], error["param"]) == (status, code, "lora"), ids
    assert client.get("/v1/generations").json()["data"] == [] and not door.services["icon"].requests


def test_damaged_adapter_is_listed_as_that_and_spoils_nothing_else(
    client: TestClient, door: Door, registry: AdapterRegistry
) -> None:
    put_two_live(registry)
    put_two_live(registry, "other")
    (door.data_dir / "registry" / "adapters" / "house" / "stages.json").write_text("{")
    models = {model["id"]: model["status"] for model in client.get("/v1/models").json()["data"]}
    assert models == {"icon": "ready", "splash": "ready", "house": "damaged", "other": "live"}
    submit(client, lora=[{"id": "other"}])
    answer = client.post("/v1/generations", json={"prompt": "a", "lora": [{"id": "house"}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "registry_damaged")
