"""A caller's name for a request: however often it is sent, it is drawn once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from deployments.errors import Unavailable
from tests.door import Door
from tests.generations import PROMPT, submit, until


def test_idempotency_key_gives_the_same_generation_again(client: TestClient, door: Door) -> None:
    named = {"idempotency-key": "order-66"}
    first = submit(client, named)
    assert submit(client, named)["id"] == first["id"]
    changed = client.post("/v1/generations", json={"prompt": "other"}, headers=named)
    assert (changed.status_code, changed.json()["error"]["code"]) == (422, "idempotency_mismatch")
    until(client, first["id"], "completed")
    assert len(door.services["icon"].requests) == 1


def test_fifty_at_once_under_one_name_draw_once(client: TestClient, door: Door) -> None:
    def ask(_: int) -> tuple[int, str]:
        body = {"prompt": PROMPT, "seed": 1}
        answer = client.post("/v1/images/generations", json=body, headers={"idempotency-key": "one"})
        return answer.status_code, answer.json()["data"][0]["b64_json"]

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(ask, range(50)))
    assert len(answers) == 1 and answers.pop()[0] == 200
    assert len(door.services["icon"].requests) == 1


def test_name_is_free_again_after_a_failure_that_says_try_again(client: TestClient, door: Door) -> None:
    named, body = {"idempotency-key": "retry"}, {"prompt": PROMPT}
    door.services["icon"].failure = Unavailable("full", "overloaded", 1.0)
    assert client.post("/v1/images/generations", json=body, headers=named).status_code == 503
    door.services["icon"].failure = None
    assert client.post("/v1/images/generations", json=body, headers=named).status_code == 200


@pytest.mark.parametrize("name", ["", "x" * 256, "two words"])
def test_bad_idempotency_key_is_refused(client: TestClient, door: Door, name: str) -> None:
    answer = client.post("/v1/generations", json={"prompt": PROMPT}, headers={"idempotency-key": name})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "idempotency-key")
    assert not door.services["icon"].requests
