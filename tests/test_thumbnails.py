"""Thumbnails: small, made once, gone with their images."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.errors import NotFound
from deployments.image_store import ImageStore
from serve_app.db.database import Database
from serve_app.db.tables import Image as Row
from serve_app.thumbnails import Thumbnails, make_thumbnail
from tests.door import Door
from tests.generations import submit, until
from tests.pictures import png


def drawn(client: TestClient, **fields: object) -> dict[str, Any]:
    return until(client, submit(client, **fields)["id"], "completed")


def files(door: Door) -> set[str]:
    return {path.name for path in (door.data_dir / "images").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("model", "size", "output_format", "expected"),
    [
        ("splash", "352x192", "png", (256, 140)),
        ("splash", "192x352", "jpeg", (140, 256)),
        ("icon", "64x96", "webp", (64, 96)),
    ],
)
def test_thumbnail_is_webp_of_the_images_shape_and_never_larger(
    client: TestClient, model: str, size: str, output_format: str, expected: tuple[int, int]
) -> None:
    job = drawn(client, model=model, size=size, output_format=output_format)
    answer = client.get(job["images"][0]["thumbnail_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["cache-control"]
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.size) == ("WEBP", expected)


def test_it_is_made_once_and_deleted_with_its_image(client: TestClient, door: Door) -> None:
    job = drawn(client)
    url, before = job["images"][0]["thumbnail_url"], files(door)
    first = client.get(url)
    (kept,) = files(door) - before
    assert kept == "0.png.thumbnail.webp"
    path = next((door.data_dir / "images").rglob(kept))
    path.write_bytes(b"what is kept")
    assert first.content != client.get(url).content == b"what is kept"
    client.delete(f"/v1/generations/{job['id']}").raise_for_status()
    assert not files(door)
    assert client.get(url).json()["error"]["code"] == "image_not_found"


async def test_image_that_is_deleted_while_it_is_made_leaves_none(tmp_path: Path) -> None:
    database, store = Database(f"sqlite:///{tmp_path}/emblem.db"), ImageStore(f"file://{tmp_path}/images")
    await database.open()
    gone = Row(generation_id="gen_1", index=0, user_id="user_1", key="gen_1/0.png")
    store.put(gone.key, png())
    with pytest.raises(NotFound):
        await Thumbnails(database, store).get(gone)
    assert [path.name for path in (tmp_path / "images" / "gen_1").iterdir()] == ["0.png"]
    await database.close()


def test_mean_light_is_kept() -> None:
    pixels_HWC = np.zeros((1024, 1024, 3), np.uint8)
    pixels_HWC[::2] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels_HWC).save(buffer, format="png")
    small = np.asarray(Image.open(io.BytesIO(make_thumbnail(buffer.getvalue()))).convert("RGB"))
    assert abs(small.mean() - 188) < 3  # half of the light; half of the sRGB values would be 128
