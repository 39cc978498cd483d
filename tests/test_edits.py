"""POST /v1/images/edits and /v1/images/variations, through the door: what a service is asked to draw, and from what."""

import base64
import hashlib

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from deployments.specs import SDXL, STARTER, ProfileSpec, Size
from serve_app.edits.plan import fitting_size
from serve_app.intake.decode_process import CleanImage
from serve_app.plan import parse_size
from tests.door import Door, build_door
from tests.generations import hold, read, submit, until
from tests.pictures import masked, opened, png, with_metadata
from tests.uploads import EDITS, VARIATIONS, edited, references, send
from tests.users import as_user, new_user


def test_service_draws_over_the_stored_image_and_mask(client: TestClient, door: Door) -> None:
    body = edited(client, with_metadata("jpeg", orientation=3), masked(), n=2, seed=7, output_format="webp")
    assert (body["size"], [image["seed"] for image in body["data"]]) == ("96x64", [7, 8])
    assert opened(base64.b64decode(body["data"][0]["b64_json"])).format == "WEBP"
    (request,) = door.services["icon"].requests
    assert (request.prompt, request.strength, request.seeds) == ("make it blue", 1.0, (7, 8))
    assert request.image and request.mask
    for stored in (request.image, request.mask):
        content = (door.data_dir / "images" / stored.key).read_bytes()
        assert hashlib.sha256(content).hexdigest() == stored.sha256
        assert (opened(content).format, opened(content).size) == ("PNG", (96, 64))


@pytest.mark.parametrize(
    ("path", "with_mask", "fields", "strength"),
    [
        (EDITS, False, {}, 0.75),
        (EDITS, False, {"input_fidelity": "high"}, 0.5),
        (EDITS, True, {"input_fidelity": "high"}, 1.0),
        (EDITS, True, {"strength": 0.4}, 0.4),
        (VARIATIONS, False, {}, 0.6),
        (VARIATIONS, False, {"strength": 0.9}, 0.9),
    ],
)
def test_how_much_is_kept_is_said_or_follows_from_what_is_sent(
    client: TestClient, door: Door, path: str, with_mask: bool, fields: dict[str, object], strength: float
) -> None:
    edited(client, png(), masked() if with_mask else None, path=path, **fields)
    assert door.services["icon"].requests[0].strength == strength


def test_variation_needs_no_prompt_and_then_no_guidance(client: TestClient, door: Door) -> None:
    edited(client, png(), path=VARIATIONS, model="splash", n=2, size="128x64")
    edited(client, png(), path=VARIATIONS, model="splash", prompt="at night")
    plain, prompted = door.services["splash"].requests
    assert (plain.prompt, plain.guidance_scale, len(plain.seeds)) == ("", 1.0, 2)
    assert (plain.width_px, plain.height_px) == (128, 64)
    assert (prompted.prompt, prompted.guidance_scale) == ("at night", 5.0)


@pytest.mark.parametrize(
    ("width_px", "height_px", "starter", "sdxl"),
    [
        (256, 256, (256, 256), (512, 512)),
        (100, 64, (96, 64), (768, 512)),
        (1024, 1024, (512, 512), (1024, 1024)),
        (4000, 3000, (512, 384), (1728, 1280)),
        (8192, 1024, (512, 64), (2048, 512)),
        (64, 512, (64, 512), (512, 2048)),
    ],
)
def test_image_is_drawn_in_its_own_shape_as_far_as_the_profile_can(
    width_px: int, height_px: int, starter: tuple[int, int], sdxl: tuple[int, int]
) -> None:
    image = CleanImage(b"", width_px, height_px, has_alpha=False)
    assert fitting_size(image, STARTER.size_limits) == Size(*starter)
    assert fitting_size(image, SDXL.size_limits) == Size(*sdxl)


@given(st.integers(64, 8192), st.floats(1 / 8, 8), st.sampled_from([STARTER, SDXL]))
def test_image_of_any_shape_gets_a_size_that_may_be_drawn(width_px: int, ratio: float, profile: ProfileSpec) -> None:
    height_px = min(max(round(width_px * ratio), 64), 8192)
    size = fitting_size(CleanImage(b"", width_px, height_px, has_alpha=False), profile.size_limits)
    assert parse_size(str(size), profile) == size


def test_edit_is_a_generation_whose_inputs_are_files_of_its_key(client: TestClient) -> None:
    first, again = (edited(client, png(), masked(), seed=5, cache="false") for _ in range(2))
    assert first["data"][0]["sha256"] == again["data"][0]["sha256"]
    kept = read(client, first["id"])
    assert (kept["status"], kept["prompt"], len(kept["images"])) == ("completed", "make it blue", 1)
    files = client.get("/v1/files", params={"purpose": "edit"}).json()["data"]
    assert sorted(file["filename"] for file in files) == ["image.png", "mask.png"]


def test_same_name_draws_once_and_another_image_under_it_is_refused(client: TestClient, door: Door) -> None:
    named = {"idempotency-key": "order-66"}
    first = edited(client, png(), headers=named)
    assert edited(client, png(), headers=named)["data"] == first["data"]
    assert len(door.services["icon"].requests) == 1
    for image, mask in ((png(128, 64), None), (png(), masked())):
        changed = send(client, image, mask, headers=named)
        assert (changed.status_code, changed.json()["error"]["code"]) == (422, "idempotency_mismatch")


def test_edits_count_against_the_keys_limits(client: TestClient) -> None:
    limits = {"images_per_minute": 2}
    key = client.post("/v1/keys", json={"name": "limited", "limits": limits}).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    answer = send(client, png(), headers=headers, n=2)
    assert (answer.status_code, answer.headers["x-ratelimit-remaining-images"]) == (200, "0")
    refused = send(client, png(), path=VARIATIONS, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")


def test_edit_by_file_draws_what_the_edit_with_its_files_does(client: TestClient, door: Door) -> None:
    image, mask = references(client, png(), masked())
    said = {"prompt": "make it blue", "seed": 5, "cache": False, "images": [image], "mask": mask}
    by_file = client.post(EDITS, json=said)
    assert by_file.status_code == 200, by_file.text
    assert by_file.json()["data"] == edited(client, png(), masked(), seed=5, cache="false")["data"]
    accepted = submit(client, **said)
    assert until(client, accepted["id"], "completed")["images"][0]["sha256"] == by_file.json()["data"][0]["sha256"]
    first, second, third = door.services["icon"].requests
    assert first.image == second.image == third.image and first.mask == second.mask == third.mask


def test_edit_of_a_gateway_that_closed_is_drawn_by_the_next_from_the_same_image(door: Door) -> None:
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        hold(door)
        (image,) = references(client, png())
        job = submit(client, images=[image])
        until(client, job["id"], "in_progress")
    following = build_door(door.data_dir)
    with TestClient(following.api) as client:
        client.headers["authorization"] = f"Bearer {following.admin_key}"
        until(client, job["id"], "completed")
    assert following.services["icon"].requests == door.services["icon"].requests
    assert following.services["icon"].requests[0].image


def test_file_that_is_foreign_or_deleted_can_not_be_drawn_over(client: TestClient, door: Door) -> None:
    other = as_user(client, new_user(client, "other"))
    (own,) = references(client, png())
    for path in (EDITS, "/v1/generations"):
        body = {"prompt": "a", "images": [own]}
        foreign = client.post(path, json=body, headers=other)
        missing = client.post(path, json=body | {"images": [{"file_id": "file_none"}]})
        for answer in (foreign, missing):
            error = answer.json()["error"]
            assert (answer.status_code, error["code"], error["param"]) == (404, "referenced_object_not_found", "images")
    client.delete(f"/v1/files/{own['file_id']}")
    assert client.post(EDITS, json={"prompt": "a", "images": [own]}).status_code == 404
    assert not door.services["icon"].requests


@pytest.mark.parametrize(
    ("path", "fields", "param", "code"),
    [
        (EDITS, {}, "images", "missing_parameter"),
        (EDITS, {"images": []}, "images", "invalid_value"),
        (EDITS, {"images": [{"file_id": "a"}, {"file_id": "b"}]}, "images", "invalid_value"),
        (EDITS, {"images": [{"image_url": "http://169.254.169.254/"}]}, "images.0.file_id", "missing_parameter"),
        (EDITS, {"images": ["file_a"]}, "images.0", "invalid_value"),
        (EDITS, {"images": [{"file_id": "x" * 65}]}, "images.0.file_id", "invalid_value"),
        ("/v1/generations", {"mask": {"file_id": "a"}}, "images", "reference_required"),
        ("/v1/generations", {"strength": 0.5}, "images", "reference_required"),
        ("/v1/generations", {"images": [{"file_id": "a", "path": "/etc"}]}, "images.0.path", "unknown_parameter"),
    ],
)
def test_bad_reference_is_named(
    client: TestClient, path: str, fields: dict[str, object], param: str, code: str
) -> None:
    answer = client.post(path, json={"prompt": "a", **fields})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)


@pytest.mark.parametrize(
    ("mask", "fields", "param", "code"),
    [
        (masked(96, 96), {}, "mask", "mask_size_mismatch"),
        (png(), {}, "mask", "mask_opaque"),
        (None, {"strength": 0}, "strength", "invalid_value"),
        (None, {"strength": 1.1}, "strength", "invalid_value"),
        (None, {"strength": "nan"}, "strength", "invalid_value"),
        (None, {"strength": 0.01, "num_inference_steps": 4}, "strength", "invalid_strength"),
        (None, {"input_fidelity": "medium"}, "input_fidelity", "invalid_value"),
        (None, {"prompt": ""}, "prompt", "invalid_value"),
        (None, {"prompt": " \t"}, "prompt", "invalid_value"),
        (None, {"prompt": "x" * 4001}, "prompt", "invalid_value"),
        (None, {"n": 11}, "n", "invalid_value"),
        (None, {"n": "two"}, "n", "invalid_value"),
        (None, {"n": "1.5"}, "n", "invalid_value"),
        (None, {"seed": -1}, "seed", "invalid_value"),
        (None, {"size": "100x100"}, "size", "invalid_size"),
        (None, {"stream": "maybe"}, "stream", "invalid_value"),
        (None, {"partial_images": 2}, "partial_images", "invalid_value"),
        (None, {"background": "transparent"}, "background", "unsupported_value"),
        (None, {"steps": 20}, "steps", "unknown_parameter"),
        (None, {"api_key_id": "admin"}, "api_key_id", "unknown_parameter"),
    ],
)
def test_bad_field_is_named_and_nothing_is_drawn_or_kept(
    client: TestClient, door: Door, mask: bytes | None, fields: dict[str, object], param: str, code: str
) -> None:
    answer = send(client, png(), mask, **fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"], error["code"]) == (
        400, "invalid_request_error", param, code,
    )  # fmt: skip
    assert not door.services["icon"].requests
    assert not client.get("/v1/files").json()["data"]
    assert not client.get("/v1/generations").json()["data"]


def test_unknown_model_is_404_as_at_openai(client: TestClient) -> None:
    answer = send(client, png(), model="dall-e-2")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
