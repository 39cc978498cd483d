"""The catalogue of bad inputs: transport, credentials, JSON, generation, jobs and keys; each refused as it says."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.bad_inputs.bodies import BODIES, FIELDS, KEY_FIELDS, OPENAI_FIELDS, WEBHOOK_FIELDS
from tests.bad_inputs.controls import CONTROLS
from tests.bad_inputs.lookups import LOOKUPS
from tests.bad_inputs.row import BadInput
from tests.bad_inputs.transport import CREDENTIALS, HTTP
from tests.door import Door, build_door

ROWS = [
    *HTTP, *CREDENTIALS, *BODIES, *FIELDS, *OPENAI_FIELDS, *CONTROLS, *WEBHOOK_FIELDS, *KEY_FIELDS, *LOOKUPS,
]  # fmt: skip
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}  # of the rest: the request's
MAX_S = 1.0  # of this process: what else runs on the machine does not count


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    return build_door(tmp_path_factory.mktemp("bad-inputs"))


@pytest.fixture(scope="module")
def client(door: Door) -> Iterator[TestClient]:
    with TestClient(door.api, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        yield client


@pytest.fixture(scope="module")
def whole(client: TestClient) -> list[Any]:
    """What no row may change."""
    return state(client)


def state(client: TestClient) -> list[Any]:
    keys = [key["id"] for key in client.get("/v1/keys").json()["data"]]
    return [client.get("/readyz").status_code, client.get("/v1/generations").json()["data"], keys]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name[:60])
def test_bad_input_is_refused_as_the_catalogue_says(
    client: TestClient, door: Door, whole: list[Any], row: BadInput
) -> None:  # fmt: skip
    started_s = time.process_time()
    answer = client.request(row.method, row.path, content=row.content, headers=list(row.headers))
    assert time.process_time() - started_s < MAX_S
    assert answer.headers["content-type"] == "application/json", answer.text
    error = answer.json()["error"]
    assert (answer.status_code, set(error)) == (row.status, {"message", "type", "param", "code"}), answer.text
    assert error["type"] == TYPES.get(row.status, "invalid_request_error")
    assert error["code"] == row.code if row.code else error["code"].endswith("not_found")
    assert error["param"] == row.param or row.param is None
    assert row.says in error["message"]
    assert len(answer.content) < 10_000 and "Traceback" not in answer.text
    assert ("www-authenticate" in answer.headers, "allow" in answer.headers) == (row.status == 401, row.status == 405)
    assert state(client) == whole and not door.services["icon"].requests


def test_catalogue_is_whole() -> None:
    """Some rows can only be sent over a socket, or are no refusals: `test_wire.py` and `test_odd_inputs.py`."""
    numbers = {row.name.split()[0] for row in ROWS}
    assert len(ROWS) >= 440 and len(numbers) >= 58
