"""Uploaded bytes to clean pixels, in real processes: what comes out, what is refused, what is killed."""

import asyncio
import dataclasses
import os
import signal
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from PIL import Image, ImageOps

from deployments.errors import InvalidRequest, Unavailable
from serve_app.intake.decode_process import MAX_IMAGES
from serve_app.intake.decoder import ImageDecoder
from serve_app.intake.limits import ImageLimits
from tests.pictures import animated, chunk, encoded, opened, picture, png, png_of, text_bomb, webp_header, with_metadata

LIMITS = ImageLimits()
SLOW = dataclasses.replace(LIMITS, decode_s=0.3)


@pytest.fixture(scope="module")
def decoder() -> Iterator[ImageDecoder]:
    decoder = ImageDecoder(LIMITS, num_processes=1)
    yield decoder
    asyncio.run(decoder.close())


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "decode_worker" in " ".join(child.cmdline())]


async def refusal(decoder: ImageDecoder, content: bytes) -> str:
    with pytest.raises(InvalidRequest) as refused:
        await decoder.decode(content)
    assert str(refused.value)
    return refused.value.code


@pytest.mark.parametrize(
    ("mode", "output_format", "expected"),
    [
        ("RGB", "png", "RGB"), ("RGB", "webp", "RGB"), ("RGB", "jpeg", "RGB"), ("L", "jpeg", "RGB"),
        ("CMYK", "jpeg", "RGB"), ("1", "png", "RGB"), ("L", "png", "RGB"), ("P", "png", "RGB"), ("LA", "png", "RGBA"),
        ("RGBA", "png", "RGBA"), ("RGBA", "webp", "RGBA"),
    ],
)  # fmt: skip
async def test_every_colour_mode_becomes_plain_colours(
    decoder: ImageDecoder, mode: str, output_format: str, expected: str
) -> None:
    options = {"lossless": True} if output_format == "webp" else {"quality": 95} if output_format == "jpeg" else {}
    original = picture(mode=mode)
    clean = await decoder.decode(encoded(original, output_format, **options))
    image = opened(clean.png)
    assert (image.format, image.mode, image.size) == ("PNG", expected, (96, 64))
    assert (clean.width_px, clean.height_px, clean.has_alpha) == (96, 64, expected == "RGBA")
    difference = np.abs(np.asarray(image).astype(int) - np.asarray(original.convert(expected)).astype(int))
    assert difference.mean() < (6 if output_format == "jpeg" else 0.01)


async def test_sixteen_bits_of_grey_keep_their_tones(decoder: ImageDecoder) -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype("u2")
    image = opened((await decoder.decode(encoded(Image.fromarray(ramp)))).png)
    assert np.abs(np.asarray(image)[..., 0].astype(int) - ramp // 256).max() <= 1


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_pixels_come_upright_and_alone(decoder: ImageDecoder, output_format: str, orientation: int) -> None:
    content = with_metadata(output_format, orientation)
    clean = opened((await decoder.decode(content)).png)
    upright = ImageOps.exif_transpose(opened(content)).convert("RGB")
    assert np.array_equal(np.asarray(clean), np.asarray(upright))
    assert not clean.getexif() and not clean.info


async def test_what_follows_the_image_is_gone(decoder: ImageDecoder) -> None:
    clean = await decoder.decode(png() + b"PK\x03\x04<script>alert(1)</script>" * 1000)
    assert clean.png == (await decoder.decode(png())).png and b"script" not in clean.png


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
async def test_file_that_is_cut_short_anywhere_is_corrupt(decoder: ImageDecoder, output_format: str) -> None:
    whole = encoded(picture(256, 256), output_format)
    for sixteenth in range(1, 16):
        cut = whole[: len(whole) * sixteenth // 16]
        assert await refusal(decoder, cut) in {"corrupt_image", "unsupported_image_format"}, sixteenth


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_image_format"),
        (encoded(picture(), "gif"), "unsupported_image_format"),
        (encoded(picture(), "tiff"), "unsupported_image_format"),
        (encoded(picture(), "bmp"), "unsupported_image_format"),
        (encoded(picture(), "ico"), "unsupported_image_format"),
        (encoded(picture(), "jpeg2000"), "unsupported_image_format"),
        (encoded(picture(), "eps"), "unsupported_image_format"),
        (encoded(picture(), "pdf"), "unsupported_image_format"),
        (png().replace(b"IDAT", b"IDAX"), "corrupt_image"),
        (png_of(96, 64), "corrupt_image"),
        (png_of(0, 0), "corrupt_image"),
        (png_of(60_000, 60_000), "image_too_large"),
        (png_of(8193, 64), "image_too_large"),
        (png_of(5657, 5657), "image_too_large"),
        (webp_header(16_000), "image_too_large"),
        (png(63, 64), "image_too_small"),
        (png_of(1, 1), "image_too_small"),
        (png(520, 64), "invalid_aspect_ratio"),
        (animated("png"), "animated_image"),
        (animated("webp"), "animated_image"),
        (text_bomb(), "corrupt_image"),
    ],
    ids=range(22),
)
async def test_bad_file_is_refused_by_its_code(decoder: ImageDecoder, content: bytes, code: str) -> None:
    assert await refusal(decoder, content) == code
    assert (await decoder.decode(png())).width_px == 96  # the next one is none the worse


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
async def test_damaged_file_is_decoded_or_refused_at_once(decoder: ImageDecoder, output_format: str) -> None:
    whole, random = encoded(picture(), output_format), np.random.default_rng(7)
    codes = set()
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), random.integers(1, 9)):
            damaged[place] = random.integers(256)
        try:
            await decoder.decode(bytes(damaged))
        except InvalidRequest as error:
            codes.add(error.code)
    assert "corrupt_image" in codes and "image_processing_limit" not in codes


async def test_largest_file_is_taken_and_one_byte_more_is_not(decoder: ImageDecoder) -> None:
    filled = png() + bytes(LIMITS.max_bytes - len(png()))
    assert (await decoder.decode(filled)).width_px == 96
    assert await refusal(decoder, filled + b"\0") == "file_too_large"


async def test_many_small_chunks_are_passed_over(decoder: ImageDecoder) -> None:
    whole = png()
    notes = b"".join(chunk(b"tEXt", b"note\0SECRET") for _ in range(10_000))
    header_end = 8 + 25
    assert b"SECRET" not in (await decoder.decode(whole[:header_end] + notes + whole[header_end:])).png


@pytest.mark.parametrize(
    "limits", [SLOW, dataclasses.replace(LIMITS, decode_memory_bytes=150 << 20)], ids=["time", "memory"]
)
async def test_image_that_takes_too_much_is_given_up_and_the_next_is_decoded(
    decoder: ImageDecoder, limits: ImageLimits
) -> None:
    await decoder.close()
    decoder = ImageDecoder(limits, num_processes=1)
    assert (await decoder.decode(png())).width_px == 96
    (first,) = children()
    assert (
        await refusal(decoder, encoded(Image.new("RGB", (5600, 5600), "teal"), compress_level=1))
        == "image_processing_limit"
    )
    assert not first.is_running()
    assert (await decoder.decode(png())).width_px == 96
    assert len(children()) == 1
    await decoder.close()
    assert not children()


async def test_process_that_was_killed_between_two_images_is_replaced(decoder: ImageDecoder) -> None:
    await decoder.decode(png())
    (process,) = children()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert (await decoder.decode(png())).width_px == 96


async def test_process_is_replaced_after_so_many_images(decoder: ImageDecoder) -> None:
    await decoder.close()
    pids = []
    for _ in range(MAX_IMAGES + 1):
        await decoder.decode(png())
        pids += [child.pid for child in children()]
    assert len(pids) == MAX_IMAGES + 1
    assert set(pids[:-1]) == {pids[0]} != {pids[-1]}


async def test_decoding_process_holds_no_secrets_and_nothing_of_ours(
    decoder: ImageDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBLEM_SERVER_SECRET", "secret")
    await decoder.decode(png())
    (process,) = children()
    assert "EMBLEM_SERVER_SECRET" not in process.environ()
    assert not process.open_files() and not process.net_connections()
    assert process.rlimit(psutil.RLIMIT_AS)[0] == LIMITS.decode_memory_bytes


async def test_more_than_may_wait_are_told_to_come_back() -> None:
    decoder = ImageDecoder(LIMITS, num_processes=1, max_waiting=1)
    results = await asyncio.gather(*(decoder.decode(png()) for _ in range(4)), return_exceptions=True)
    assert [isinstance(result, Unavailable) for result in results] == [False, False, True, True]
    await decoder.close()
