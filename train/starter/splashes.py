"""Draws a splash screen from its attributes: a sky, one of nine scenes in it, perhaps an emblem.

Arrays are float32 RGB of (height, width, 3), 0 to 255, until the last line.
"""

from math import dist

import numpy as np
from PIL import Image

from train.starter import scenery
from train.starter.attributes import SPLASH_SIZES_PX, SplashAttributes
from train.starter.colours import RGB, contrast, mix
from train.starter.glyphs import GlyphSet
from train.starter.palettes import Palette

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
HORIZON_SHARE = {"low": 0.78, "middle": 0.6, "high": 0.42}  # of the height, from the top
COPY_SHARE = 1 / 3  # of the side that is left empty
KEEP_OUT = 0.36  # nothing comes nearer than this to that side
EMBLEM_SHARE = 0.3  # of the shorter side, with its badge


class SplashPainter:
    """One splash while it is painted; what is random comes from the attributes' seed alone."""

    def __init__(self, splash: SplashAttributes, palette: Palette) -> None:
        self.splash = splash
        self.palette = palette
        self.width, self.height = SPLASH_SIZES_PX[splash.aspect]
        self.short = min(self.width, self.height)
        self.rng = np.random.default_rng(splash.seed)
        is_night = splash.scene == "starry sky"
        self.sky = (mix(palette.land[3], BLACK, 0.45), palette.land[2]) if is_night else palette.sky
        self.is_dark = is_night or sum(self.sky[0]) < 300
        self.picture_HW3 = np.empty((self.height, self.width, 3), np.float32)

    def paint(self) -> None:
        self._paint_sky()
        self._paint_celestial()
        scene = self.splash.scene
        if scene == "abstract shapes":
            self._paint_shapes()
        elif scene == "starry sky":
            self._paint_planet()
        else:
            if not self.is_dark and scene != "forest":
                self._paint_clouds(int(self.rng.integers(2, 5)) if scene == "clouds" else int(self.rng.integers(0, 3)))
            self._paint_land()

    def paint_emblem(self, glyph: np.ndarray) -> None:
        """On a round badge in the middle."""
        middle, badge_px = (self.width / 2, self.height / 2), self.short * EMBLEM_SHARE
        ink = self.palette.emblem
        ground = max((self.palette.land[3], self.palette.sky[1]), key=lambda colour: contrast(colour, ink))
        self._disc(middle, badge_px / 2, ground)
        side = round(badge_px * 0.58)
        mask = np.asarray(Image.fromarray(glyph).resize((side, side), Image.Resampling.BILINEAR), np.float32) / 255
        self._blend_at(mask, round(middle[0] - side / 2), round(middle[1] - side / 2), ink)

    def _paint_sky(self) -> None:
        end = HORIZON_SHARE[self.splash.horizon] + 0.12 if self.splash.horizon else 1.0
        share = np.clip(np.linspace(0, 1 / end, self.height, dtype=np.float32), 0, 1)[:, None, None]
        top, bottom = (np.array(colour, np.float32) for colour in self.sky)
        self.picture_HW3[:] = top + share * (bottom - top)
        if self.is_dark and self.splash.scene != "abstract shapes":
            self._paint_stars(220 if self.splash.scene == "starry sky" else 50)

    def _paint_stars(self, num_stars: int) -> None:
        """Small squares of one or two pixels, some bright, most faint."""
        lowest = 1.0 if self.splash.scene == "starry sky" else 0.55
        num_stars = round(num_stars * self.width * self.height / 67584)
        spots = np.array([self._free_spot(0.01, 0, lowest) for _ in range(num_stars)]).astype(int)
        alphas_N1 = self.rng.uniform(0.3, 1, (num_stars, 1)).astype(np.float32)
        colour = np.array(mix(WHITE, self.palette.light, 0.4), np.float32)
        is_big = self.rng.random(num_stars) < 0.25
        for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
            which = is_big if dx or dy else slice(None)
            x, y = np.minimum(spots[which] + (dx, dy), (self.width - 1, self.height - 1)).T
            self.picture_HW3[y, x] += alphas_N1[which] * (colour - self.picture_HW3[y, x])

    def _paint_celestial(self) -> None:
        if self.splash.celestial == "none":
            return
        radius = self.short * self.rng.uniform(0.075, 0.11)
        lowest = HORIZON_SHARE.get(self.splash.horizon or "middle", 0.6) - 0.12
        spots = [
            self._free_spot(radius * 2 / self.short, 0.12, max(lowest, 0.2))
            for _ in range(8 if self.splash.emblem else 1)
        ]
        x, y = max(spots, key=lambda spot: dist(spot, (self.width / 2, self.height / 2)))  # not behind the emblem
        if self.splash.celestial == "sun":
            for ring, alpha in ((2.0, 0.14), (1.5, 0.22), (1.0, 1.0)):
                self._disc((x, y), radius * ring, self.palette.light, alpha)
            return
        light = self.palette.light if self.is_dark else WHITE
        self._disc((x, y), radius, light, without=((x + radius * 0.5, y - radius * 0.22), radius * 0.86))

    def _paint_clouds(self, num_clouds: int) -> None:
        lowest = HORIZON_SHARE.get(self.splash.horizon or "middle", 0.6) - 0.2
        for _ in range(num_clouds):
            wide = self.short * self.rng.uniform(0.2, 0.36)
            if self.splash.copy_space == "top" and lowest < KEEP_OUT:
                return
            x, y = self._free_spot(wide / 2 / self.short, 0.08, max(lowest, 0.16))
            mask = scenery.cloud(self.rng, round(wide)) * 0.85
            self._blend_at(mask, round(x - wide / 2), round(y - mask.shape[0] / 2), mix(self.sky[1], WHITE, 0.75))

    def _paint_land(self) -> None:
        """Layers from far to near, each rising from a lower line; the copy space stays flat ground or plain sky."""
        land = scenery.LANDS[self.splash.scene]
        horizon = HORIZON_SHARE[self.splash.horizon or "middle"] + self.rng.uniform(-0.015, 0.015)
        last = 1 - KEEP_OUT if self.splash.copy_space == "bottom" else 1.0
        ground = horizon + (last - horizon) * 0.62
        busy_W = self._busy(land.ramp)
        for layer, colour in enumerate(self._land_colours()):
            share = layer / 3
            profile = land.profile(self.rng, self.width, self.height)
            tall = land.far_tall + (land.near_tall - land.far_tall) * share
            edge_W = horizon + (ground - horizon) * share - (profile - np.median(profile[busy_W > 0.97])) * tall
            edge_W = edge_W * busy_W + (horizon if land.has_shore else ground) * (1 - busy_W)
            edge_W = self._clear_of_copy(edge_W) * self.height
            self._paint_layer(edge_W, colour)
            if self.splash.scene == "city skyline" and layer > 0:
                self._light_windows(edge_W, busy_W)

    def _clear_of_copy(self, edge_W: np.ndarray) -> np.ndarray:
        """An edge, in shares from the top, that stays out of a copy space at the top or the bottom."""
        if self.splash.copy_space == "bottom":
            return np.asarray(np.minimum(edge_W, 1 - KEEP_OUT))
        return np.asarray(np.maximum(edge_W, KEEP_OUT)) if self.splash.copy_space == "top" else edge_W

    def _paint_layer(self, edge_W: np.ndarray, colour: RGB) -> None:
        top = max(int(edge_W.min()), 0)
        rows_H1 = np.arange(top, self.height, dtype=np.float32)[:, None]
        self._blend_at(np.clip(rows_H1 + 1 - edge_W[None, :].astype(np.float32), 0, 1), 0, top, colour)

    def _land_colours(self) -> tuple[RGB, ...]:
        if self.splash.scene != "clouds":
            return self.palette.land
        far = mix(self.palette.land[0], self.sky[1], 0.35)
        return tuple(mix(far, mix(self.sky[1], WHITE, 0.7), share) for share in (0, 0.35, 0.7, 1))

    def _light_windows(self, edge_W: np.ndarray, busy_W: np.ndarray) -> None:
        rows, columns = np.arange(self.height)[:, None], np.arange(self.width)[None, :]
        is_lit = self.rng.random((self.height // 6 + 1, self.width // 5 + 1)) < 0.22
        window = is_lit[rows // 6, columns // 5] & (rows % 6 < 3) & (columns % 5 < 2) & (busy_W > 0.97)
        window &= (rows > edge_W[None, :] + 4) & (rows < edge_W[None, :] + 0.22 * self.height)
        if self.splash.copy_space == "bottom":
            window &= rows < self.height * (1 - KEEP_OUT)
        self.picture_HW3[window] += 0.75 * (np.array(self.palette.light, np.float32) - self.picture_HW3[window])

    def _paint_shapes(self) -> None:
        """Large discs and rings, biggest first, some over the picture's edge."""
        colours = [*self.palette.land, self.palette.light]
        for radius_share in sorted(self.rng.uniform(0.08, 0.42, 7), reverse=True):
            radius = self.short * radius_share
            spot = self._free_spot(radius_share, -0.1, 1.1, may_bleed=True)
            hole = (spot, radius * 0.7) if self.rng.random() < 0.25 else None
            colour = colours[self.rng.integers(len(colours))]
            self._disc(spot, radius, colour, self.rng.uniform(0.7, 1), without=hole)

    def _paint_planet(self) -> None:
        radius = self.short * self.rng.uniform(0.13, 0.2)
        x, y = self._free_spot(radius / self.short, 0.15, 0.85)
        shade = mix(self.palette.land[0], self.palette.land[3], 0.4)
        self._disc((x, y), radius, self.palette.land[0])
        self._disc((x, y), radius, shade, without=((x - radius * 0.3, y - radius * 0.3), radius))

    def _busy(self, ramp: float) -> np.ndarray:
        """Per column: 0 in a copy space at the left or right, 1 once `ramp` away from it."""
        share_W = np.linspace(0, 1, self.width, dtype=np.float32)
        if self.splash.copy_space not in ("left", "right"):
            return np.ones_like(share_W)
        share_W = share_W if self.splash.copy_space == "left" else share_W[::-1]
        grown_W = np.clip((share_W - KEEP_OUT) / ramp, 0, 1)
        return np.asarray(grown_W * grown_W * (3 - 2 * grown_W), np.float32)

    def _free_spot(self, reach: float, top: float, bottom: float, may_bleed: bool = False) -> tuple[float, float]:
        """A centre, px, for something that reaches `reach` short sides around it, outside the copy space; `top` and
        `bottom` bound it in shares of the height."""
        reach_x, reach_y = reach * self.short / self.width, reach * self.short / self.height
        x = self._free(reach_x, 0, 1, may_bleed, before="left", after="right")
        y = self._free(reach_y, top, bottom, may_bleed, before="top", after="bottom")
        return x * self.width, y * self.height

    def _free(self, reach: float, low: float, high: float, may_bleed: bool, before: str, after: str) -> float:
        """Along one axis. Where there is too little room, the copy space stays empty and the bounds give way."""
        if not may_bleed:
            low, high = max(low, reach), min(high, 1 - reach)
        if self.splash.copy_space == before:
            low = KEEP_OUT + reach
            return float(self.rng.uniform(low, max(low, high)))
        if self.splash.copy_space == after:
            high = min(high, 1 - KEEP_OUT - reach)
        return float(self.rng.uniform(min(low, high), high))

    def _disc(
        self,
        centre: tuple[float, float],
        radius: float,
        colour: RGB,
        alpha: float = 1,
        without: tuple[tuple[float, float], float] | None = None,
    ) -> None:
        """In pixels; `without` is another disc that is cut out."""
        left, top = int(centre[0] - radius) - 1, int(centre[1] - radius) - 1
        side = int(2 * radius) + 4
        cover = scenery.disc(side, side, (centre[0] - left, centre[1] - top), radius)
        if without:
            (x, y), hole = without
            cover = cover * (1 - scenery.disc(side, side, (x - left, y - top), hole))
        self._blend_at(cover * alpha, left, top, colour)

    def _blend_at(self, mask: np.ndarray, left: int, top: int, colour: RGB) -> None:
        """As far as it lies in the picture."""
        rows, columns = (
            slice(max(top, 0), max(top + mask.shape[0], 0)),
            slice(max(left, 0), max(left + mask.shape[1], 0)),
        )
        target = self.picture_HW3[rows, columns]
        part = mask[max(-top, 0) :, max(-left, 0) :][: target.shape[0], : target.shape[1], None]
        target += part * (np.array(colour, np.float32) - target)


def draw_splash(splash: SplashAttributes, palette: Palette, glyphs: GlyphSet) -> np.ndarray:
    """uint8 of (height, width, 3)."""
    painter = SplashPainter(splash, palette)
    painter.paint()
    if splash.emblem:
        painter.paint_emblem(glyphs.masks[splash.emblem, "fill"])
    return np.asarray((painter.picture_HW3 + 0.5).astype(np.uint8))
