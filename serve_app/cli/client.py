"""How the CLI finds the server and its key, and talks to it like any other client."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from serve_app.settings import default_data_dir

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_S = 600.0


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
        content = {"file": (path.name, path.read_bytes(), "application/octet-stream")}
        kept: dict[str, Any] = self._send("POST", "/v1/files", files=content, data={"purpose": purpose}).json()
        return kept

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


def _message(response: httpx.Response) -> str:
    try:
        return f"{response.json()['error']['message']} (HTTP {response.status_code})"
    except (ValueError, KeyError, TypeError):
        return f"{response.url} answered HTTP {response.status_code}, not as Emblem does"
