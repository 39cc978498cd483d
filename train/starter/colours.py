"""Named colours: what a caption says, and the RGB that is drawn for it."""

from random import Random

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "red": (218, 38, 44),
    "orange": (246, 130, 32),
    "yellow": (252, 208, 44),
    "lime": (160, 214, 50),
    "green": (38, 158, 76),
    "teal": (18, 142, 146),
    "sky blue": (92, 190, 248),
    "blue": (38, 96, 232),
    "navy": (20, 36, 92),
    "purple": (122, 58, 210),
    "pink": (246, 112, 174),
    "brown": (122, 72, 40),
    "black": (18, 18, 22),
    "grey": (128, 134, 144),
    "cream": (252, 234, 194),
    "white": (253, 253, 253),
}
SYNONYMS: dict[str, tuple[str, ...]] = {
    "red": ("crimson",),
    "yellow": ("sunny yellow",),
    "lime": ("lime green",),
    "sky blue": ("light blue",),
    "navy": ("navy blue", "dark blue"),
    "purple": ("violet",),
    "grey": ("gray",),
    "cream": ("ivory",),
}
BACKDROP: RGB = (224, 229, 237)  # what lies outside a container: pale grey, so that a white container is seen
JITTER = 8  # per channel; the nearest two colours are further apart than twice that
MIN_CONTRAST = 2.0


def jitter(rng: Random, rgb: RGB) -> RGB:
    red, green, blue = (min(255, max(0, channel + rng.randint(-JITTER, JITTER))) for channel in rgb)
    return red, green, blue


def mix(a: RGB, b: RGB, share_of_b: float) -> RGB:
    red, green, blue = (round(x + (y - x) * share_of_b) for x, y in zip(a, b, strict=True))
    return red, green, blue


def contrast(a: RGB, b: RGB) -> float:
    """WCAG 2's ratio of relative luminances, 1 to 21."""
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_pairs() -> list[tuple[str, str]]:
    """(foreground, background) names that are told apart at a glance."""
    return [(a, b) for a in COLOURS for b in COLOURS if a != b and contrast(COLOURS[a], COLOURS[b]) >= MIN_CONTRAST]


def _luminance(rgb: RGB) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (channel / 255 for channel in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
