"""What a training image shows, by name, and which of it its caption says."""

from dataclasses import dataclass

from train.starter.colours import RGB

STYLES = ("flat", "line", "bold", "duotone", "gradient", "long shadow", "soft 3D")
POSITIONS = ("centre", "left", "right", "top", "bottom")
SIZES = ("small", "default", "large")
SCENES = (
    "mountains", "hills", "waves", "forest", "city skyline", "desert dunes", "clouds", "starry sky", "abstract shapes",
)  # fmt: skip
SCENES_WITH_HORIZON = SCENES[:6]
HORIZONS = ("low", "middle", "high")  # of the line on the picture: low leaves much sky
COPY_SPACES = ("none", "left", "right", "top", "bottom")
CELESTIALS = ("none", "sun", "moon")
SPLASH_SIZES_PX = {"wide": (352, 192), "tall": (192, 352), "square": (256, 256)}  # (width, height)


@dataclass(frozen=True)
class IconAttributes:
    subject: str
    foreground: str
    background: str
    container: str
    style: str
    position: str
    size: str
    palette: str | None  # the colours come from it
    variant: str  # of the glyph
    foreground_rgb: RGB
    background_rgb: RGB
    glyph_px: int  # side of the square that holds the glyph
    centre_px: tuple[int, int]  # of the glyph, (x, y)
    margin_px: int  # between container and canvas
    said: frozenset[str] = frozenset()  # names of the fields that the caption states


@dataclass(frozen=True)
class SplashAttributes:
    scene: str
    palette: str
    aspect: str
    horizon: str | None  # None where the scene has no horizon
    copy_space: str
    celestial: str
    emblem: str | None  # a subject
    seed: int  # of the scenery's shapes
    said: frozenset[str] = frozenset()
