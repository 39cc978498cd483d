"""What a service is told of style images and layout, what is refused before it is told anything, what is measured."""

from typing import get_args

import pytest
from diffusers import EulerDiscreteScheduler
from fastapi.testclient import TestClient

from deployments.engine.gates import GATE_MODES, SMALL_GATE_MODES
from deployments.engine.tables import build_table
from deployments.schemas import Controls, Reference, ReferenceMode
from deployments.specs import SDXL, STARTER, Sampler
from serve_app.hub import SDXL_SOURCES
from tests.door import Door
from tests.generations import submit, until
from tests.graph import ROOT
from tests.pictures import png
from tests.uploads import EDITS, references, send, upload
from tests.users import as_user, new_user

GENERATIONS, IMAGES = "/v1/generations", "/v1/images/generations"


def test_modes_that_may_be_named_are_the_engines() -> None:
    assert set(get_args(ReferenceMode)) == set(GATE_MODES) == set(SMALL_GATE_MODES)


def test_samplers_that_may_be_named_are_those_that_the_shipped_starter_has_tables_for() -> None:
    scheduler = EulerDiscreteScheduler.from_pretrained(ROOT / "models" / "starter" / "scheduler")
    for name in get_args(Sampler):
        if name in STARTER.samplers:
            assert all(build_table(name, scheduler, steps).num_steps == steps for steps in STARTER.steps.values())
        else:
            with pytest.raises(ValueError, match="zero terminal SNR"):
                build_table(name, scheduler, STARTER.steps["medium"])
    assert SDXL.samplers == get_args(Sampler)


def test_adapters_that_profiles_name_come_with_their_models() -> None:
    pulled = {target for source in SDXL_SOURCES for target in source.files.values()}
    assert {SDXL.references.adapter, f"{SDXL.references.encoder}/config.json"} <= pulled
    shipped = ROOT / "models" / "starter"
    assert (shipped / STARTER.references.adapter).is_file()
    assert (shipped / STARTER.references.encoder / "config.json").is_file()


@pytest.mark.parametrize(
    ("style_strength", "weights"), [(None, [0.5196, 0.2078]), (0.25, [0.1, 0.04]), (1, [0.8, 0.32])]
)
def test_one_dial_scales_all_style_images(
    client: TestClient, door: Door, style_strength: float | None, weights: list[float]
) -> None:
    first, second = references(client, png(), png(64, 64))
    dial = {} if style_strength is None else {"style_strength": style_strength}
    submit(client, model="splash", style_images=[first, second | {"strength": 0.4, "mode": "precise"}], **dial)
    asked = _told(client, door)
    assert [one.weight for one in asked] == pytest.approx(weights, abs=1e-4)
    assert [(one.mode, one.start, one.end, one.box) for one in asked] == [("full", 0, 1, None), ("precise", 0, 1, None)]
    assert asked[0].image != asked[1].image


def _told(client: TestClient, door: Door) -> tuple[Reference, ...]:
    until(client, client.get(GENERATIONS).json()["data"][0]["id"], "completed")
    return door.services["splash"].requests[-1].controls.references


def test_request_that_says_nothing_of_it_has_no_controls(client: TestClient, door: Door) -> None:
    client.post(IMAGES, json={"prompt": "a", "layout": {}, "style_images": []})
    assert door.services["icon"].requests[0].controls == Controls()


@pytest.mark.parametrize("path", [GENERATIONS, IMAGES, EDITS])
def test_style_image_must_be_a_file_of_the_callers(client: TestClient, door: Door, path: str) -> None:
    own, base = references(client, png(), png(64, 64))
    images = {"images": [base]} if path == EDITS else {}
    other = as_user(client, new_user(client, "other"))
    foreign = {"images": references(client, png(72, 72))} if path == EDITS else {}
    if path == EDITS:
        foreign = {"images": [{"file_id": upload(client, png(72, 72), other).json()["id"]}]}
    answers = [
        client.post(path, json={"prompt": "a", "style_images": [own], **foreign}, headers=other),
        client.post(path, json={"prompt": "a", "style_images": [own, {"file_id": "file_none"}], **images}),
    ]
    for answer, param in zip(answers, ("style_images.0.file_id", "style_images.1.file_id"), strict=True):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (404, "referenced_object_not_found", param)
    client.delete(f"/v1/files/{own['file_id']}")
    assert client.post(path, json={"prompt": "a", "style_images": [own], **images}).status_code == 404
    assert not door.services["icon"].requests and not client.get(GENERATIONS).json()["data"]


def test_file_that_is_no_picture_can_not_become_a_style_image(client: TestClient) -> None:
    refused = upload(client, b"%PDF-1.7 no picture", filename="style.png")
    assert (refused.status_code, refused.json()["error"]["code"]) == (415, "unsupported_image_format")


@pytest.mark.parametrize("path", [GENERATIONS, IMAGES])
def test_model_without_an_adapter_refuses_style_images_and_nothing_is_counted(
    client: TestClient, door: Door, path: str
) -> None:
    door.services["icon"].has_references = False
    key = client.post("/v1/keys", json={"name": "limited", "limits": {"images_per_minute": 1}}).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    refused = client.post(path, json={"prompt": "a", "style_images": references(client, png())}, headers=headers)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (400, "references_unsupported", "style_images")
    assert "starter@00000000" in error["message"]
    assert client.post(IMAGES, json={"prompt": "a"}, headers=headers).status_code == 200  # the one that it may


def test_multipart_edit_refuses_controls_by_name(client: TestClient) -> None:
    answer = send(client, png(), layout="{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_parameter")


def test_scores_tell_how_calm_the_boxes_are_that_were_asked_for(client: TestClient) -> None:
    plain = until(client, submit(client, model="splash")["id"], "completed")
    layout = {"copy_space": [0, 0, 1, 0.3], "logo_box": [0.3, 0.5, 0.4, 0.2]}
    asked = until(client, submit(client, model="splash", layout=layout)["id"], "completed")
    none, both = (client.get(f"{GENERATIONS}/{one['id']}/images/0/scores").json() for one in (plain, asked))
    assert none["copy_space_detail"] is None and none["logo_box_detail"] is None
    for name in ("copy_space_detail", "logo_box_detail"):
        assert both[name] == pytest.approx(1, abs=0.2)  # noise is as busy everywhere
