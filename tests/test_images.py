"""POST /v1/images/generations and what it leaves behind, through the door."""

import base64
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.errors import GenerationFailed, Unavailable
from tests.door import Door
from tests.users import as_user, new_user

PROMPT = "white rocket on a blue rounded square"


def generate(client: TestClient, **fields: object) -> dict[str, Any]:
    response = client.post("/v1/images/generations", json={"prompt": PROMPT, **fields})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_icon_is_the_default_and_decodes_at_the_profiles_size(client: TestClient) -> None:
    body = generate(client)
    image = Image.open(io.BytesIO(base64.b64decode(body["data"][0]["b64_json"])))
    assert (image.format, image.size, body["size"], body["model"]) == ("PNG", (256, 256), "256x256", "icon")
    assert body["model_version"] == "starter@00000000"


@pytest.mark.parametrize(("output_format", "pillow"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_splash_comes_in_the_asked_size_and_format(client: TestClient, output_format: str, pillow: str) -> None:
    body = generate(client, model="splash", size="96x160", output_format=output_format)
    image = Image.open(io.BytesIO(base64.b64decode(body["data"][0]["b64_json"])))
    assert (image.format, image.size) == (pillow, (96, 160))


def test_n_images_have_seeds_of_their_own_that_reproduce_each(client: TestClient) -> None:
    several = generate(client, n=3, seed=2**32 - 2)["data"]
    assert [image["seed"] for image in several] == [2**32 - 2, 2**32 - 1, 0]
    again = generate(client, seed=several[2]["seed"])["data"][0]
    assert again["b64_json"] == several[2]["b64_json"] != several[1]["b64_json"]


def test_absent_seed_is_drawn_and_told(client: TestClient) -> None:
    first, second = (generate(client)["data"][0]["seed"] for _ in range(2))
    assert first != second


def test_url_is_fetched_by_its_maker_and_by_nobody_else(client: TestClient) -> None:
    url = generate(client, response_format="url")["data"][0]["url"]
    fetched = client.get(url)
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(fetched.content)).size == (256, 256)
    assert client.get(url, headers=as_user(client, new_user(client, "other"))).status_code == 404
    assert client.get(url, headers={"authorization": ""}).status_code == 401
    assert client.get(url.replace("/0", "/1")).json()["error"]["code"] == "image_not_found"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (20, 5.0)),
        ({"quality": "low"}, (10, 5.0)),
        ({"quality": "hd"}, (40, 5.0)),
        ({"quality": "low", "num_inference_steps": 3, "guidance_scale": 1}, (3, 1.0)),
    ],
)
def test_quality_and_explicit_fields_decide_the_work(
    client: TestClient, door: Door, fields: dict[str, object], expected: tuple[int, float]
) -> None:
    generate(client, **fields)
    request = door.services["icon"].requests[0]
    assert (request.num_steps, request.guidance_scale) == expected


def test_each_step_is_told_only_to_who_asks_for_it(client: TestClient, door: Door) -> None:
    wanted = {"stream": True, "stream_options": {"include": ["steps"]}}
    for fields in ({}, {"stream": True}, wanted):
        assert client.post("/v1/images/generations", json={"prompt": "a", **fields}).status_code == 200
    told = [(request.reports_steps, request.report_every_s > 0) for request in door.services["icon"].requests]
    assert told == [(True, True), (True, True), (True, False)]


def test_unknown_model_is_404_as_at_openai(client: TestClient) -> None:
    response = client.post("/v1/images/generations", json={"prompt": PROMPT, "model": "dall-e-3"})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Unavailable("icon is at its limit", "overloaded", 2.0), 503, "overloaded"),
        (GenerationFailed("the engine failed: ValueError"), 500, "generation_failed"),
        (RuntimeError("a secret detail"), 500, "internal_error"),
    ],
)
def test_failure_of_a_service_is_told_without_its_inside(
    client: TestClient, door: Door, failure: Exception, status: int, code: str
) -> None:
    door.services["icon"].failure = failure
    response = client.post("/v1/images/generations", json={"prompt": PROMPT})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "secret" not in response.text and "Traceback" not in response.text
    assert response.headers.get("retry-after") == ("2" if status == 503 else None)
    assert generate(client, model="splash")["model"] == "splash"  # the other service is untouched
