"""The image store: whole images or none."""

from concurrent.futures import ThreadPoolExecutor
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


def test_what_a_crash_has_left_goes_with_the_image(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}")
    store.put("gen_1/0.png", b"pixels")
    store.put("gen_1/10.png", b"other pixels")
    (tmp_path / "gen_1" / "0.png.0123456789abcdef.partial").write_bytes(b"pix")
    store.delete("gen_1/0.png")
    assert [path.name for path in (tmp_path / "gen_1").iterdir()] == ["10.png"]


def test_many_may_put_the_same_image_at_once(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.put("gen_1/0.png", b"pixels" * 10_000), range(64)))
    assert store.get("gen_1/0.png") == b"pixels" * 10_000
