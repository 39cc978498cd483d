"""Odd, and no mistake: inputs of the catalogue that are answered as if they were not odd."""

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.door import Door, build_door
from tests.generations import PROMPT, read, submit, until


def test_minus_zero_is_zero(client: TestClient) -> None:
    answer = client.post(
        "/v1/generations", content=b'{"prompt": "a", "seed": -0}', headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["seeds"]) == (202, [0])


@pytest.mark.parametrize(
    "prompt", ["e\u0301" * 2000, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 400, "<b>${jndi:x}%n\x1b[31m"]
)
def test_any_text_is_a_prompt_and_comes_back_as_it_was(client: TestClient, prompt: str) -> None:
    assert submit(client, prompt=prompt)["prompt"] == prompt


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "\u202eevil", "\U0001f469\u200d\U0001f680", "'; DROP TABLE"]
)
def test_any_text_names_a_key_and_is_kept_as_it_was(client: TestClient, name: str) -> None:
    assert client.post("/v1/keys", json={"name": name}).status_code == 201
    assert name in [key["name"] for key in client.get("/v1/keys").json()["data"]]


def test_scheme_is_read_in_any_case(client: TestClient, door: Door) -> None:
    headers = {"authorization": f"bEARER {door.admin_key}"}
    assert client.get("/v1/models", headers=headers).status_code == 200


def test_page_is_asked_for_and_json_is_the_answer(client: TestClient) -> None:
    answer = client.get("/v1/models", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_forwarded_names_of_a_stranger_change_nothing(client: TestClient) -> None:
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-for": "127.0.0.1", "forwarded": "host=evil.example"}
    answer = client.post("/v1/images/generations", json={"prompt": PROMPT, "response_format": "url"}, headers=forged)
    assert answer.status_code == 200 and "evil.example" not in answer.text


@pytest.mark.parametrize("ranges", ["0-0," * 1000 + "0-0", "999999999-", "-1", "b-a"])
def test_image_comes_whole_whatever_part_is_asked_for(client: TestClient, ranges: str) -> None:
    url = until(client, submit(client)["id"], "completed")["images"][0]["url"]
    whole, part = client.get(url), client.get(url, headers={"range": f"bytes={ranges}"})
    assert (part.status_code, part.content) == (200, whole.content)


def test_thousand_parts_of_a_studio_file_are_not_sent(tmp_path: Path) -> None:
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "index.html").write_text("a" * 100_000)
    with TestClient(build_door(tmp_path / "data", tmp_path / "studio").api) as client:
        answer = client.get("/", headers={"range": "bytes=" + ",".join(f"{start}-" for start in range(1000))})
    assert len(answer.content) <= 100_000
    assert answer.status_code in {200, 206, 400, 416}


def test_words_in_an_address_have_no_effect(client: TestClient) -> None:
    job = until(client, submit(client)["id"], "completed")
    assert client.get(f"/v1/generations/{job['id']}/delete").status_code == 404
    assert client.get(f"/v1/generations/{job['id']}?_method=DELETE").status_code == 200
    assert read(client, job["id"]) == job


def test_name_of_a_request_means_something_only_to_its_route(client: TestClient) -> None:
    named = {"idempotency-key": "one"}
    drawn = client.post("/v1/images/generations", json={"prompt": PROMPT}, headers=named).json()
    assert submit(client, named)["id"] != drawn["id"]


@pytest.mark.parametrize(
    "headers", [{}, {"x-request-id": "a" * 10_000}, {"x-request-id": "'; DROP TABLE --"}, {"x-request-id": "\x1b[31m"}]
)
def test_request_has_one_tame_line_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.INFO, "ray.serve"):
        client.get("/v1/%0d%0aINFO%20forged%1b[31m${jndi:x}", headers=headers)
    (line,) = [record.getMessage() for record in caplog.records if "forged" in record.getMessage()]
    assert line.isprintable() and "DROP" not in line and len(line) < 300


def test_id_of_a_request_is_kept_where_it_is_tame(client: TestClient, door: Door) -> None:
    submit(client, {"x-request-id": "req-1.a:b"})
    until(client, client.get("/v1/generations").json()["data"][0]["id"], "completed")
    assert door.services["icon"].requests[0].request_id == "req-1.a:b"
