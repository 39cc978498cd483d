"""What was drawn before answers the same request of the same user, while the same model draws."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.errors import Unavailable
from deployments.registry.registry import AdapterRegistry
from tests.door import Door
from tests.generations import PROMPT, read, submit, until
from tests.pictures import encoded, png
from tests.test_audit import entries
from tests.uploads import edited
from tests.users import as_user, new_user
from tests.versions import put_two_live

PATH = "/v1/images/generations"
SAME: dict[str, Any] = {"prompt": PROMPT, "seed": 5, "size": "64x64"}


def draw(client: TestClient, headers: dict[str, str] | None = None, **fields: object) -> dict[str, Any]:
    answer = client.post(PATH, json=SAME | fields, headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def num_drawn(door: Door) -> int:
    return len(door.services["icon"].requests)


def test_same_request_is_answered_with_what_was_drawn_and_counts_against_no_limit(
    client: TestClient, door: Door
) -> None:
    door.services["icon"].device_s = 2.0
    key = as_user(client, new_user(client, "ada"), limits={"requests_per_minute": 1, "device_s_per_day": 3})
    first, again = draw(client, key), draw(client, key, priority="batch")
    assert (first["cached"], again["cached"], num_drawn(door)) == (False, True, 1)
    assert (again["id"], again["data"]) == (first["id"], first["data"])
    job = client.post("/v1/generations", json=SAME, headers=key).json()
    assert (job["id"], job["status"], job["cached"]) == (first["id"], "completed", True)
    (day,) = client.get("/v1/usage", headers=key).json()["data"]
    assert day["device_s"] == 2.0
    quote = client.post("/v1/generations", json=SAME | {"dry_run": True}, headers=key).json()
    assert (quote["device_s"], quote["wait_s"], quote["refusal"]) == (0.0, 0.0, None)
    assert len(entries(client, object_id=first["id"])) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"cache": False}, {"seed": 6}, {"seed": None}, {"n": 2}, {"prompt": "red rocket"}, {"negative_prompt": "blue"},
        {"size": "96x64"}, {"output_format": "webp"}, {"quality": "low"}, {"guidance_scale": 2.0}, {"stream": True},
        {"model": "splash"},
    ],
    ids=str,
)  # fmt: skip
def test_another_request_is_drawn(client: TestClient, door: Door, fields: dict[str, Any]) -> None:
    draw(client)
    assert client.post(PATH, json=SAME | fields).status_code == 200
    assert num_drawn(door) + len(door.services["splash"].requests) == 2


def test_seed_that_was_drawn_finds_its_images_again(client: TestClient, door: Door) -> None:
    first = client.post(PATH, json={"prompt": PROMPT, "size": "64x64"}).json()
    again = draw(client, seed=first["data"][0]["seed"])
    assert (again["cached"], again["data"], num_drawn(door)) == (True, first["data"], 1)


@pytest.mark.parametrize(
    "layout", [{"logo_box": [0, 0, 0.5, 0.5]}, {"regions": [{"box": [0, 0, 1, 1], "prompt": "a moon"}]}]
)
def test_another_layout_is_drawn(client: TestClient, door: Door, layout: dict[str, Any]) -> None:
    draw(client)
    assert [draw(client, layout=layout)["cached"] for _ in range(2)] == [False, True]
    assert num_drawn(door) == 2


def test_style_is_known_by_its_version_alone(client: TestClient, door: Door) -> None:
    _, live = put_two_live(AdapterRegistry(door.data_dir / "registry"))
    assert [draw(client, lora=[{"id": "house"}])["cached"] for _ in range(2)] == [False, False]
    assert [draw(client, lora=[{"id": live}])["cached"] for _ in range(2)] == [False, True]
    assert not draw(client, lora=[{"id": live, "scale": 0.5}])["cached"]


def test_other_users_and_other_models_draw_their_own(client: TestClient, door: Door) -> None:
    first = draw(client)
    assert not draw(client, as_user(client, new_user(client, "other")))["cached"]
    door.services["icon"].model_version = "starter@00000001"
    client.get("/readyz").raise_for_status()  # the gateway has heard of it by then
    other = draw(client)
    assert (other["cached"], other["model_version"]) == (False, "starter@00000001")
    assert draw(client)["id"] == other["id"] != first["id"]
    assert num_drawn(door) == 3


def test_what_is_deleted_or_did_not_end_well_is_drawn(client: TestClient, door: Door) -> None:
    first = draw(client)
    assert client.delete(f"/v1/generations/{first['id']}").status_code == 204
    door.services["icon"].failure = Unavailable("full", "overloaded")
    assert client.post(PATH, json=SAME).status_code == 503
    door.services["icon"].failure = None
    assert not draw(client)["cached"]


def test_edit_is_known_by_its_images_and_not_by_their_names(client: TestClient, door: Door) -> None:
    image = png()
    first = edited(client, image, seed=5)
    client.delete(f"/v1/files/{client.get('/v1/files').json()['data'][0]['id']}").raise_for_status()
    again, other = edited(client, image, seed=5), edited(client, encoded(Image.new("RGB", (96, 64))), seed=5)
    assert (again["cached"], again["id"], other["cached"]) == (True, first["id"], False)
    assert num_drawn(door) == 2


def test_name_of_a_request_that_was_answered_so_holds(client: TestClient, door: Door) -> None:
    first, named = submit(client, **SAME), {"idempotency-key": "one"}
    until(client, first["id"], "completed")
    assert draw(client, named)["id"] == first["id"]
    refused = client.post(PATH, json=SAME | {"seed": 6}, headers=named)
    assert refused.json()["error"]["code"] == "idempotency_mismatch"
    assert draw(client, named)["id"] == first["id"] and num_drawn(door) == 1
    assert not read(client, first["id"])["cached"]  # this is not the answer to a request to draw
