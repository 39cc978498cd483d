"""Uploaded bytes to clean pixels. Decoders are what hostile files attack: only `decode_worker.py` runs this."""

import io
import warnings

from PIL import Image, ImageOps, PngImagePlugin

from deployments.errors import InvalidRequest
from serve_app.intake.limits import ImageLimits
from serve_app.intake.media import ImageFormat, image_format


def prepare_pillow(limits: ImageLimits) -> None:
    """For this whole process: Pillow then refuses by the header, before anything is allocated."""
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024


def decode(content: bytes, limits: ImageLimits) -> Image.Image:
    """RGB, or RGBA where some is not opaque; upright, nothing but pixels. Raises InvalidRequest."""
    name = image_format(content)
    try:
        with Image.open(io.BytesIO(content), formats=(name,)) as image:
            _check(image, name, limits)
            image.load()
            return _only_pixels(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise InvalidRequest(f"over {limits.max_pixels} pixels: {error}", "image_too_large") from error
    except (InvalidRequest, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise a dozen kinds on bad data, and name none of them
        raise InvalidRequest(f"this {name} does not decode: {str(error)[:200]}", "corrupt_image") from error


def to_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="png", compress_level=1)  # three times as fast as usual, a tenth larger
    return buffer.getvalue()


def _check(image: Image.Image, name: ImageFormat, limits: ImageLimits) -> None:
    size = f"{image.width}x{image.height}"
    short_px, long_px = sorted(image.size)
    if short_px < limits.min_side_px:
        raise InvalidRequest(f"{size}: each side must have {limits.min_side_px} pixels or more", "image_too_small")
    if long_px > limits.max_side_px or short_px * long_px > limits.max_pixels:
        most = f"{limits.max_side_px} pixels a side and {limits.max_pixels} in all"
        raise InvalidRequest(f"{size}: at most {most}", "image_too_large")
    if long_px > limits.max_aspect * short_px:
        raise InvalidRequest(f"{size}: one side is over {limits.max_aspect:g} times the other", "invalid_aspect_ratio")
    # A JPEG's further frames are a camera's depth map or preview; its first is the picture.
    if name != "JPEG" and getattr(image, "n_frames", 1) > 1:
        raise InvalidRequest(f"it moves: {getattr(image, 'n_frames', 1)} frames", "animated_image")


def _only_pixels(image: Image.Image) -> Image.Image:
    """What is pasted takes neither profile nor text nor EXIF along; `copy` would."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")  # 16 bits; to convert alone would clip
    shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if shown.mode == "RGBA" and shown.getchannel("A").getextrema() == (255, 255):
        shown = shown.convert("RGB")
    clean = Image.new(shown.mode, shown.size)
    clean.paste(shown)
    return clean
