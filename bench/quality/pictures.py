"""Images of a running server, as any client gets them."""

import base64
import io
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from serve_app.cli.client import Server

POLL_S = 1.0


def draw(server: Server, model: str, prompt: str, **fields: Any) -> tuple[str, np.ndarray]:
    """The generation's id, and its one image [H, W, 3], uint8."""
    body = {"model": model, "prompt": prompt, "cache": False, **fields}
    answer = server.call("POST", "/v1/images/generations", body).json()
    return answer["id"], decoded(base64.b64decode(answer["data"][0]["b64_json"]))


def draw_set(server: Server, **body: Any) -> dict[str, Any]:
    return finished(server, server.call("POST", "/v1/icon-sets", body).json()["id"])


def finished(server: Server, set_id: str) -> dict[str, Any]:
    """The set, once all of its items have ended."""
    while True:
        found: dict[str, Any] = server.call("GET", f"/v1/icon-sets/{set_id}").json()
        if found["status"] != "in_progress":
            return found
        time.sleep(POLL_S)


def exported(server: Server, generation_id: str, platform: str, name: str) -> np.ndarray:
    """One file of its bundle, [H, W, 4]."""
    body = {"generation_id": generation_id, "platforms": [platform]}
    content = server.call("POST", "/v1/exports", body).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGBA"))


def upload(server: Server, pixels_HWC: np.ndarray, folder: Path) -> str:
    """The file's id."""
    path = folder / "reference.png"
    Image.fromarray(pixels_HWC).save(path)
    file_id: str = server.upload(path, "reference")["id"]
    return file_id


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
