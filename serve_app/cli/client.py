"""How the CLI finds the server and its key, and talks to it like any other client."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from serve_app.settings import default_data_dir

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_S = 600.0
STREAM_TIMEOUT_S = 30.0  # the server says something every ten seconds
MAX_BREAKS, BREAK_S = 60, 2.0  # of a stream, one after another: a gateway that starts again takes less


class CliError(Exception):
    """Ends the command with this one message and exit status 1."""


@dataclass(frozen=True)
class Server:
    url: str
    api_key: str

    @classmethod
    def from_environment(cls) -> "Server":
        return cls(server_url(), find_api_key())

    def call(self, method: str, path: str, json: dict[str, Any] | None = None) -> httpx.Response:
        """Raises CliError with the server's own message."""
        return self._send(method, path, json=json)

    def upload(self, path: Path, purpose: str) -> dict[str, Any]:
        """The file as the server keeps it. Raises as `call` does."""
        with path.open("rb") as file:
            content = {"file": (path.name, file, "application/octet-stream")}
            kept: dict[str, Any] = self._send("POST", "/v1/files", files=content, data={"purpose": purpose}).json()
        return kept

    def follow(self, path: str) -> Iterator[dict[str, Any]]:
        """The events of a stream to its end; a line that breaks is taken up after the last event. Raises as `call`."""
        last_id, num_breaks = "", 0
        while True:
            try:
                for event_id, event in self._events(path, last_id):
                    last_id, num_breaks = event_id, 0
                    yield event
            except httpx.TransportError as error:
                num_breaks += 1
                if num_breaks > MAX_BREAKS:
                    raise CliError(f"{self.url} does not answer any more ({error})") from error
                time.sleep(BREAK_S)
            else:
                return

    def _events(self, path: str, last_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        headers = {"authorization": f"Bearer {self.api_key}", "accept": "text/event-stream"}
        headers |= {"last-event-id": last_id} if last_id else {}
        with httpx.stream("GET", f"{self.url}{path}", headers=headers, timeout=STREAM_TIMEOUT_S) as response:
            if response.is_error:
                response.read()
                raise CliError(_message(response))
            fields: dict[str, str] = {}
            for line in response.iter_lines():
                if line:
                    name, _, text = line.partition(": ")  # a comment's name is empty
                    fields[name] = text
                    continue
                event: dict[str, Any] = json.loads(fields["data"])
                if "error" in event:
                    raise CliError(event["error"]["message"])
                yield fields["id"], event
                fields = {}

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            response = httpx.request(
                method, f"{self.url}{path}", timeout=TIMEOUT_S,
                headers={"authorization": f"Bearer {self.api_key}"}, **content,
            )  # fmt: skip
        except httpx.TransportError as error:
            raise CliError(f"{self.url} does not answer ({error}): is it running? See 'emblem doctor'.") from error
        if response.is_error:
            raise CliError(_message(response))
        return response


def server_url() -> str:
    return os.environ.get("EMBLEM_URL", DEFAULT_URL).rstrip("/")


def find_api_key() -> str:
    """`EMBLEM_API_KEY`, else the key that the first start left in the data folder."""
    key = os.environ.get("EMBLEM_API_KEY")
    path = admin_key_path()
    if key:
        return key
    if path.exists():
        return path.read_text().strip()
    raise CliError(f"no API key: set EMBLEM_API_KEY (there is no {path})")


def admin_key_path() -> Path:
    return default_data_dir() / "admin.key"


def password_token_path() -> Path:
    """Of the first admin's, written at a first start."""
    return default_data_dir() / "admin.password-token"


def _message(response: httpx.Response) -> str:
    try:
        return f"{response.json()['error']['message']} (HTTP {response.status_code})"
    except (ValueError, KeyError, TypeError):
        return f"{response.url} answered HTTP {response.status_code}, not as Emblem does"
