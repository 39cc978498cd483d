"""Styles as a caller makes and names them."""

from typing import Any

from httpx import Client

from tests.door import Door

STYLES = "/v1/styles"
LINE = {
    "name": "house", "kind": "icon", "prompt_prefix": "small ", "prompt_suffix": "line style",
    "negative_prompt": "photo", "num_inference_steps": 7, "guidance_scale": 3.5, "sampler": "euler_a",
}  # fmt: skip


def make_style(client: Client, headers: dict[str, str] | None = None, **fields: object) -> dict[str, Any]:
    answer = client.post(STYLES, json=LINE | fields, headers=headers)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def nothing_was_asked(door: Door, client: Client) -> bool:
    """No job, no usage, nothing drawn."""
    asked = client.get("/v1/generations").json()["data"] + client.get("/v1/usage").json()["data"]
    return not asked and not any(service.requests for service in door.services.values())
