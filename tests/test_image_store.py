"""The image store: whole images or none."""

from pathlib import Path

import pytest

from deployments.image_store import ImageStore


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_what_is_put_is_got(scheme: str, tmp_path: Path) -> None:
    store = ImageStore(f"{scheme}://{tmp_path}/images")
    store.put("gen_1/0.png", b"pixels")
    assert store.get("gen_1/0.png") == b"pixels"
    store.put("gen_1/0.png", b"again")  # a request that runs again writes the same place
    assert store.get("gen_1/0.png") == b"again"
    with pytest.raises(FileNotFoundError):
        store.get("gen_2/0.png")


def test_nothing_partial_is_left_beside_an_image(tmp_path: Path) -> None:
    ImageStore(f"file://{tmp_path}").put("gen_1/0.png", b"pixels")
    assert [path.name for path in (tmp_path / "gen_1").iterdir()] == ["0.png"]
