"""Launch screens through the door: of a family, a generation or a file of the caller's own."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from tests.door import Door, listening
from tests.generations import submit, until
from tests.pictures import png
from tests.sets import until_ended
from tests.test_cli import emblem
from tests.uploads import uploaded
from tests.users import as_user, new_user

EXPORTS = "/v1/splash-exports"


def ask(client: TestClient, headers: dict[str, str] | None = None, **body: object) -> httpx.Response:
    return client.post(EXPORTS, json={"platforms": ["android"], **body}, headers=headers)


def family(client: httpx.Client, **fields: object) -> dict[str, Any]:
    body = {"name": "launch", "brief": "mountains", "quality": "low", **fields}
    made: dict[str, Any] = client.post("/v1/splash-sets", json=body).json()
    return made


def opened(content: bytes) -> tuple[dict[str, Any], set[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("report.json")), set(archive.namelist())


def test_a_family_becomes_launch_screens_in_light_and_dark(client: TestClient) -> None:
    made = until_ended(client, family(client, formats=["portrait", "square"], themes=["light", "dark"]))
    icon = until(client, submit(client, size="64x64")["id"], "completed")["id"]
    answer = ask(client, splash_set_id=made["id"], icon_generation_id=icon, platforms=["ios"], name=" Röcket ")
    report, names = opened(answer.content)
    assert answer.headers["content-type"] == "application/zip" and "splash.zip" in answer.headers["content-disposition"]
    assert (report["is_valid"], report["name"]) == (True, "Röcket")
    assert report["source_sizes"] == ["192x352", "256x256"] * 2 and set(report["colours"]) == {"light", "dark"}
    assert "ios/Splash.imageset/splash-iphone-dark@3x.png" in names and "contact-sheet.png" in names
    assert not any(name.startswith(("android/", "pwa/")) for name in names)


def test_a_dark_family_is_shown_at_any_time_and_one_picture_is_enough(client: TestClient) -> None:
    dark = until_ended(client, family(client, formats=["square"], themes=["dark"]))
    generation_id = until(client, submit(client, model="splash", size="64x96")["id"], "completed")["id"]
    for named in (
        {"splash_set_id": dark["id"]},
        {"generation_id": generation_id},
        {"file_id": uploaded(client, png())["id"]},
    ):
        report, names = opened(ask(client, **named, background_color="#102030").content)
        assert report["colours"] == {"light": "#102030"} and not any("values-night" in name for name in names)


def test_what_is_not_drawn_yet_is_409(client: TestClient, door: Door) -> None:
    door.services["splash"].may_draw.clear()
    answer = ask(client, splash_set_id=family(client)["id"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_finished")
    door.services["splash"].may_draw.set()


def test_anothers_family_or_icon_is_as_one_that_does_not_exist(client: TestClient) -> None:
    other = as_user(client, new_user(client, "other"))
    theirs = uploaded(client, png(), headers=other)["id"]
    made = until_ended(client, family(client, formats=["square"]))
    icon = until(client, submit(client, size="64x64")["id"], "completed")["id"]
    for field, found in (("splash_set_id", made["id"]), ("icon_generation_id", icon)):
        named = {"file_id": theirs} if field.startswith("icon") else {}
        foreign, missing = ask(client, other, **named, **{field: found}), ask(client, other, **named, **{field: "none"})
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert foreign.text.replace(found, "none") == missing.text


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "generation_id"),
        ({"splash_set_id": "a", "file_id": "b"}, "splash_set_id"),
        ({"file_id": "a", "platforms": ["favicon"]}, "platforms.0"),
        ({"file_id": "a", "dark_background_color": "black"}, "dark_background_color"),
    ],
)
def test_bad_request_is_refused(client: TestClient, body: dict[str, object], param: str) -> None:
    error = ask(client, **body).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_value", param)


def test_the_command_line_writes_a_familys_and_a_files_zip(door: Door) -> None:
    (door.data_dir / "screen.png").write_bytes(png())
    with listening(door.api) as url:
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {door.admin_key}"}) as client:
            made = until_ended(client, family(client, formats=["square"]))
        for source in ([made["id"]], ["screen.png", "--splash"]):
            done = emblem(door, url, "export", *source, "--platform", "android", "-o", "splash.zip")
            assert done.returncode == 0, done.stderr
            report, names = opened((door.data_dir / "splash.zip").read_bytes())
            assert report["is_valid"] and "android/res/values-v31/themes.xml" in names
        refused = emblem(door, url, "export", "set_none")
    assert refused.returncode == 1 and "no splash set 'set_none'" in refused.stderr
