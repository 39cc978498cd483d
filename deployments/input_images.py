"""The images that a request is drawn over, from the image store to what the engine takes; and what is kept of them."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from deployments.errors import GenerationFailed
from deployments.image_store import ImageStore
from deployments.pixels.outpaint import grow
from deployments.schemas import GenerationRequest, StoredImage

FORMATS = ("PNG", "JPEG", "WEBP")  # a file that was uploaded is the first; an image that was drawn may be any


@dataclass(frozen=True, eq=False)  # images compare pixel by pixel
class Inputs:
    image: Image.Image  # RGB
    mask: Image.Image | None  # grey, as large: bright is drawn anew


def load_inputs(store: ImageStore, request: GenerationRequest) -> Inputs | None:
    """Raises GenerationFailed when one has been deleted meanwhile, or is not the one that was accepted."""
    if request.image is None:
        return None
    if request.expand:
        return Inputs(*grow(load_picture(store, request.image), request.expand))
    mask = _load(store, request.mask) if request.mask else None
    # OpenAI's masks are transparent where the picture is to be painted anew.
    return Inputs(load_picture(store, request.image), ImageOps.invert(mask.getchannel("A")) if mask else None)


def load_picture(store: ImageStore, stored: StoredImage) -> Image.Image:
    """RGB. Raises as `load_inputs` does."""
    return _on_white(_load(store, stored))


def keep_outside(pixels_HWC: np.ndarray, inputs: Inputs) -> np.ndarray:
    """What was not to be drawn anew is the given image to the pixel, which no autoencoder gives back."""
    if inputs.mask is None:
        return pixels_HWC
    drawn = Image.fromarray(pixels_HWC)
    image, mask = (given.resize(drawn.size, Image.Resampling.LANCZOS) for given in (inputs.image, inputs.mask))
    return np.asarray(Image.composite(drawn, image, mask))


def _load(store: ImageStore, stored: StoredImage) -> Image.Image:
    try:
        content = store.get(stored.key)
    except FileNotFoundError as error:
        raise GenerationFailed(f"the image {stored.key} has been deleted", "input_deleted") from error
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise GenerationFailed(f"the image {stored.key} is not the one that was accepted", "input_altered")
    return Image.open(io.BytesIO(content), formats=FORMATS).convert("RGBA")


def _on_white(image: Image.Image) -> Image.Image:
    """The model knows no transparency, and what lies under it is not meant to be seen."""
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
