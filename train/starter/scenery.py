"""The parts of a splash scene.

Land is told as a *profile*: for each column of the picture, how far above a layer's base line its edge lies, as a share
of the picture's height, positive up. A profile makes edges smooth without supersampling.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import numpy as np

Profile = np.ndarray  # float32 of (width,)


def smooth_noise(rng: np.random.Generator, width: int, knots: float) -> Profile:
    """-1 to 1, with about `knots` bumps over the width."""
    positions = np.linspace(0, max(knots, 1), width)
    values = rng.uniform(-1, 1, int(max(knots, 1)) + 3)
    left = positions.astype(int)
    share = positions - left
    share = share * share * (3 - 2 * share)
    return np.asarray(values[left] * (1 - share) + values[left + 1] * share, np.float32)


def mountains(rng: np.random.Generator, width: int, height: int) -> Profile:
    """Straight slopes up to peaks that are spaced unevenly, with smaller crags on them."""
    num_peaks = max(2, round(width / height * rng.uniform(2.2, 3.4)))
    xs, ys = [-0.15], [0.0]
    for peak in range(num_peaks):
        x = (peak + 0.5 + rng.uniform(-0.28, 0.28)) / num_peaks
        xs += [x, (peak + 1 + rng.uniform(-0.1, 0.1)) / num_peaks]
        ys += [rng.uniform(0.45, 1), rng.uniform(0, 0.3)]
    crags = smooth_noise(rng, width, num_peaks * 7) * 0.05
    return np.asarray(np.interp(np.linspace(0, 1, width), xs, ys) + crags, np.float32)


def hills(rng: np.random.Generator, width: int, height: int) -> Profile:
    return 0.5 + 0.5 * smooth_noise(rng, width, width / height * rng.uniform(1.2, 2.2))


def dunes(rng: np.random.Generator, width: int, height: int) -> Profile:
    """Long slopes to windward and a sharp crest."""
    x = np.linspace(0, width / height * rng.uniform(0.8, 1.3), width) + rng.uniform(0, 1)
    phase = x % 1
    crest = np.where(phase < 0.7, (phase / 0.7) ** 1.6, ((1 - phase) / 0.3) ** 1.2)
    return np.asarray(crest * 0.9 + 0.15 * smooth_noise(rng, width, 3), np.float32)


def waves(rng: np.random.Generator, width: int, height: int) -> Profile:
    """Round troughs and pointed crests."""
    x = np.linspace(0, width / height * rng.uniform(2.5, 4.5), width) + rng.uniform(0, 1)
    return np.asarray(1 - np.abs(np.sin(pi * x)) ** 0.8, np.float32)


def forest(rng: np.random.Generator, width: int, height: int) -> Profile:
    """A row of firs, each of three tiers."""
    x = np.arange(width, dtype=np.float32) / height
    profile = np.zeros(width, np.float32)
    spacing = 0.075
    for centre in np.arange(-spacing, width / height + spacing, spacing) + rng.uniform(0, spacing):
        tall = rng.uniform(0.55, 1.0)
        half = tall * rng.uniform(0.055, 0.075)
        distance = np.abs(x - centre - rng.uniform(-0.3, 0.3) * spacing) / half
        for foot, tip, reach in ((0.55, 1.0, 0.5), (0.28, 0.8, 0.78), (0.0, 0.55, 1.0)):
            tier = np.where(distance < reach, foot + (tip - foot) * (1 - distance / reach), 0)
            profile = np.maximum(profile, tall * tier)
    return profile


def skyline(rng: np.random.Generator, width: int, height: int) -> Profile:
    profile = np.zeros(width, np.float32)
    x = -int(rng.integers(0, 12))
    while x < width:
        wide = int(height * rng.uniform(0.06, 0.14))
        tall = rng.uniform(0.25, 1.0)
        profile[max(x, 0) : max(x + wide, 0)] = tall
        if tall > 0.7 and rng.random() < 0.5:  # a narrower top storey
            inset = wide // 4
            profile[max(x + inset, 0) : max(x + wide - inset, 0)] = tall + 0.12
        x += wide + int(rng.integers(0, 3))
    return profile


def disc(width: int, height: int, centre: tuple[float, float], radius: float) -> np.ndarray:
    """Coverage, float32 of (height, width); all lengths in pixels."""
    x = np.arange(width, dtype=np.float32)[None, :] + 0.5 - centre[0]
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5 - centre[1]
    return np.asarray(np.clip(radius - np.sqrt(x * x + y * y) + 0.5, 0, 1))


def cloud_bank(rng: np.random.Generator, width: int, height: int) -> Profile:
    """Round heads side by side."""
    x = np.arange(width, dtype=np.float32) / height
    profile = np.zeros(width, np.float32)
    centre = -0.1
    while centre < width / height + 0.1:
        radius = rng.uniform(0.07, 0.17)
        profile = np.maximum(profile, np.sqrt(np.maximum(radius**2 - (x - centre) ** 2, 0)) + rng.uniform(0, 0.04))
        centre += radius * 1.1
    return profile * 5


def cloud(rng: np.random.Generator, wide: int) -> np.ndarray:
    """Coverage of a small cloud with a flat foot, float32 of (about wide / 2, wide)."""
    tall = round(wide * 0.5)
    heads = [(0.2, 0.16), (0.42, rng.uniform(0.2, 0.26)), (0.66, rng.uniform(0.17, 0.22)), (0.83, 0.14)]
    cover = np.zeros((tall, wide), np.float32)
    foot = tall * 0.92
    for x_share, radius_share in heads:
        radius = radius_share * wide
        cover = np.maximum(cover, disc(wide, tall, (x_share * wide, foot - min(radius, 0.15 * wide)), radius))
    rows = np.arange(tall, dtype=np.float32)[:, None] + 0.5
    return np.asarray(cover * np.clip(foot - rows + 0.5, 0, 1), np.float32)


@dataclass(frozen=True)
class Land:
    """Layers of land, from far to near; heights and widths as shares of the picture's."""

    profile: Callable[[np.random.Generator, int, int], Profile]
    far_tall: float
    near_tall: float
    ramp: float  # width over which it grows out of a copy space at its side
    has_shore: bool = False  # beside the copy space the nearest layer rises to the horizon, else all sink to low ground


LANDS = {
    "mountains": Land(mountains, 0.34, 0.16, ramp=0.2),
    "hills": Land(hills, 0.16, 0.12, ramp=0.34, has_shore=True),
    "waves": Land(waves, 0.0, 0.05, ramp=0.34, has_shore=True),
    "forest": Land(forest, 0.2, 0.34, ramp=0.14),
    "city skyline": Land(skyline, 0.3, 0.2, ramp=0.03),
    "desert dunes": Land(dunes, 0.12, 0.16, ramp=0.34, has_shore=True),
    "clouds": Land(cloud_bank, 0.14, 0.16, ramp=0.3),
}
