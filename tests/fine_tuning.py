"""Fine-tuning through the door: data sets sent, jobs asked for and waited for."""

import io
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx
from httpx import Client

from tests.style_pictures import disc, png

JsonObject = dict[str, Any]
Headers = dict[str, str]

JOBS = "/v1/fine_tuning/jobs"
TRAINING_S = 600.0  # for a real run, on a busy machine


def discs(count: int = 6) -> dict[str, bytes]:
    """Files of a data set, by name."""
    pictures = {f"{number}.png": png(disc((200, 30, 30), 22 + number)) for number in range(count)}
    return pictures | {f"{number}.txt": f"disc {number}".encode() for number in range(count)}


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def send_data(client: Client, content: bytes, headers: Headers | None = None, kind: str = "") -> httpx.Response:
    files = {"file": ("stickers.zip", content, kind or "application/zip")}
    return client.post("/v1/files", data={"purpose": "dataset"}, files=files, headers=headers)


def data_set(client: Client, content: bytes | None = None, headers: Headers | None = None) -> str:
    """Its file's id."""
    answer = send_data(client, content or zipped(discs()), headers)
    assert answer.status_code in (200, 201), answer.text
    file_id: str = answer.json()["id"]
    return file_id


def train(client: Client, headers: Headers | None = None, content: bytes | None = None, **asked: Any) -> JsonObject:
    body = {"training_file": data_set(client, content, headers), "suffix": "stkr", "recipe": "tiny", **asked}
    answer = client.post(JOBS, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    job: JsonObject = answer.json()
    assert answer.headers["location"] == f"{JOBS}/{job['id']}"
    return job


def read_job(client: Client, job_id: str) -> JsonObject:
    answer = client.get(f"{JOBS}/{job_id}")
    assert answer.status_code == 200, answer.text
    job: JsonObject = answer.json()
    return job


def until(client: Client, job_id: str, *statuses: str, timeout_s: float = 60) -> JsonObject:
    deadline_s = time.monotonic() + timeout_s
    while (job := read_job(client, job_id))["status"] not in statuses:
        assert time.monotonic() < deadline_s and not job["finished_at"], job
        time.sleep(0.02)
    return job


def train_until_queued(client: Client) -> str:
    """The id of a job whose data set has been looked at."""
    job_id: str = train(client)["id"]
    until(client, job_id, "queued", "running")
    return job_id


def train_until_paused(client: Client) -> str:
    job_id = train_until_queued(client)
    assert client.post(f"{JOBS}/{job_id}/pause").status_code == 200
    until(client, job_id, "paused")
    return job_id


def events(client: Client, job_id: str) -> list[JsonObject]:
    """The oldest first."""
    data: list[JsonObject] = client.get(f"{JOBS}/{job_id}/events?limit=100").json()["data"]
    return data[::-1]


def told(client: Client, job_id: str, message: str) -> None:
    """Waits for such an event."""
    deadline_s = time.monotonic() + 60
    while message not in [event["message"] for event in events(client, job_id)]:
        assert time.monotonic() < deadline_s, events(client, job_id)
        time.sleep(0.02)


def reach(client: Client, job_id: str, step: int) -> None:
    """Waits until the job has told of that step."""
    deadline_s = time.monotonic() + TRAINING_S
    while max((event["data"]["step"] for event in events(client, job_id) if event["data"]), default=0) < step:
        assert time.monotonic() < deadline_s and not read_job(client, job_id)["finished_at"], events(client, job_id)
        time.sleep(0.1)
