"""What is measured of webhooks: how often each try came to what, and how long it took."""

import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.door import WEBHOOK_BACKOFF_S, Door, build_door
from tests.generations import submit
from tests.test_webhooks import LOCAL, Receiver, receiver, told  # noqa: F401  (a fixture)

NUM_TRIES = len(WEBHOOK_BACKOFF_S) + 1


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return build_door(tmp_path, webhook_rules=LOCAL)


@pytest.mark.parametrize(
    ("statuses", "counted"),
    [([500], {"retried": 1, "delivered": 1}), ([503] * NUM_TRIES, {"retried": NUM_TRIES - 1, "given_up": 1})],
)
def test_tries_are_counted_by_what_they_came_to_and_timed(
    client: TestClient, door: Door, receiver: Receiver, statuses: list[int], counted: dict[str, int]  # noqa: F811
) -> None:  # fmt: skip
    receiver.statuses = statuses
    told(client, submit(client, webhook_url=receiver.url)["id"], "delivered", "failed")
    deadline_s = time.monotonic() + 10  # they are counted a moment after the database has them
    while found(door, "emblem_webhook_seconds") != counted:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    assert found(door, "emblem_webhook_tries") == counted


def found(door: Door, name: str) -> dict[str, int]:
    return {labels["outcome"]: len(door.metrics.told(name, **labels)) for labels in door.metrics.labels(name)}
