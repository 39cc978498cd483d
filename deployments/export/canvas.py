"""One artwork on the canvases that platforms ask for. Everything is RGB or RGBA, uint8, square."""

from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from deployments.pixels.artwork import Artwork
from deployments.pixels.keylines import Keyline, place
from deployments.pixels.light import Box, over, resample, to_light, to_pixels

Rgb = tuple[int, int, int]

SUPERSAMPLING = 4
TONE_REACH = 0.6  # of the furthest colour from the ground: from here on, a monochrome subject is solid


class Canvas:
    """Draws each size from the artwork itself, never from a smaller picture.

    A picture that could not be taken apart has no subject to place: it covers the live area's square, and its mirror
    image goes on from there to the edge.
    """

    def __init__(self, artwork: Artwork, background: Rgb | None) -> None:
        self.artwork = artwork
        self._background = background
        self._boxes: dict[Keyline, Box] = {}

    def ground(self, side_px: int) -> np.ndarray:
        """RGB, to the edges."""
        if self._background is not None:
            return np.full((side_px, side_px, 3), self._background, np.uint8)
        _, height, width = self._ground_light_CHW.shape
        return to_pixels(resample(self._ground_light_CHW, (0, 0, width, height), side_px, side_px))[..., :3]

    def subject(self, keyline: Keyline, side_px: int) -> np.ndarray:
        """RGBA. Of a picture: none."""
        if self.artwork.is_picture:
            return np.zeros((side_px, side_px, 4), np.uint8)
        if keyline not in self._boxes:
            self._boxes[keyline] = place(self._light_CHW[3], keyline)
        return to_pixels(resample(self._light_CHW, self._boxes[keyline], side_px, side_px))

    def icon(self, keyline: Keyline, side_px: int, picture_side: float = 1.0) -> np.ndarray:
        """RGB, opaque, to the edges; of a picture, what matters lies within `picture_side` of the canvas."""
        if self.artwork.is_picture:
            return self._picture(side_px, picture_side)
        return over(self.subject(keyline, side_px), self.ground(side_px))

    def monochrome(self, keyline: Keyline, side_px: int) -> np.ndarray:
        """White under alpha alone: systems tint it. What has hardly another colour than the ground fades with it."""
        subject_HWC, ground_HWC = self.subject(keyline, side_px), self.ground(side_px)
        away_HW = np.linalg.norm(subject_HWC[..., :3].astype(np.float32) - ground_HWC, axis=2)
        solid_HW = subject_HWC[..., 3] > 127
        furthest = float(away_HW[solid_HW].max()) if solid_HW.any() else 1.0
        tone_HW = np.clip(away_HW / max(TONE_REACH * furthest, 1.0), 0, 1)
        alpha_HW1 = np.rint(subject_HWC[..., 3] * tone_HW)[..., None].astype(np.uint8)
        return np.concatenate([np.full_like(ground_HWC, 255), alpha_HW1], axis=2)

    def _picture(self, side_px: int, picture_side: float) -> np.ndarray:
        height, width, _ = self.artwork.subject_HWC.shape
        crop_px = min(height, width)
        left, top = (width - crop_px) / 2, (height - crop_px) / 2
        box: Box = (left, top, left + crop_px, top + crop_px)
        inner_px = round(picture_side * side_px)
        before_px = (side_px - inner_px) // 2
        after_px = side_px - inner_px - before_px
        inner_HWC = to_pixels(resample(self._light_CHW, box, inner_px, inner_px))[..., :3]
        return np.pad(inner_HWC, ((before_px, after_px), (before_px, after_px), (0, 0)), mode="symmetric")

    @cached_property
    def _ground_light_CHW(self) -> np.ndarray:
        return to_light(self.artwork.ground_HWC)

    @cached_property
    def _light_CHW(self) -> np.ndarray:
        return to_light(self.artwork.subject_HWC)


def masked(pixels_HWC: np.ndarray, corner: float, inset: float = 0.0) -> np.ndarray:
    """RGBA with round corners, of radius `corner` of the shape's side; 0.5 is a circle. `inset` is left free around."""
    side_px = len(pixels_HWC)
    large_px = side_px * SUPERSAMPLING
    low, high = inset * large_px, (1 - inset) * large_px - 1
    mask = Image.new("L", (large_px, large_px))
    ImageDraw.Draw(mask).rounded_rectangle((low, low, high, high), radius=corner * (high - low), fill=255)
    alpha_HW = np.asarray(mask.resize((side_px, side_px), Image.Resampling.BOX))
    return np.concatenate([pixels_HWC, alpha_HW[..., None]], axis=2)
