"""The words that captions are made of: several for each value, so that none has to be guessed."""

MEDIUM = ("app icon", "app icon", "icon", "mobile app icon", "launcher icon", "icon design", "logo")
STYLE_ADJECTIVE = {
    "flat": ("flat", "solid flat", "flat design"),
    "line": ("line", "outline", "outlined", "thin line"),
    "bold": ("bold", "bold outline", "thick line"),
    "duotone": ("duotone", "two-tone"),
    "gradient": ("gradient",),
    "long shadow": ("long shadow", "long-shadow"),
    "soft 3D": ("soft 3D", "3D", "soft 3d"),
}
STYLE_TAG = {
    "flat": ("flat", "flat style", "flat design", "in a flat style"),
    "line": ("line", "line style", "outline style", "line art", "drawn in thin lines"),
    "bold": ("bold", "bold lines", "bold outline style", "thick strokes"),
    "duotone": ("duotone", "duotone style", "two-tone"),
    "gradient": ("gradient", "gradient background", "with a gradient"),
    "long shadow": ("long shadow", "with a long shadow", "long shadow style"),
    "soft 3D": ("soft 3D", "3D style", "in a soft 3D style", "with soft 3D shading"),
}
CONTAINER = {
    "rounded square": ("rounded square", "rounded square", "square with rounded corners", "rounded-square"),
    "circle": ("circle", "circle", "round badge", "round background"),
    "squircle": ("squircle", "squircle", "superellipse"),
    "hexagon": ("hexagon", "hexagon", "hexagonal badge"),
}
FULL_BLEED = ("full bleed", "edge to edge", "filling the whole canvas", "no container", "full-bleed background")
POSITION = {
    "centre": ("in the centre", "in the center", "centered", "in the middle", "centred"),
    "left": ("on the left", "to the left", "on the left side", "left of centre", "placed left"),
    "right": ("on the right", "to the right", "on the right side", "right of centre", "placed right"),
    "top": ("at the top", "near the top", "towards the top", "in the upper part"),
    "bottom": ("at the bottom", "near the bottom", "towards the bottom", "in the lower part"),
}
SIZE = {"small": ("small", "small", "tiny", "little"), "default": ("medium-sized",), "large": ("large", "large", "big")}
BACKDROP = ("on a pale grey backdrop", "pale grey backdrop", "on a pale backdrop")
COMMAND = ("make", "draw", "design", "create", "generate", "I need", "please make")

SPLASH_MEDIUM = ("splash screen", "splash screen", "launch screen", "app splash screen", "start screen background")
SCENE = {
    "mountains": ("mountains", "a mountain range", "a mountain landscape", "layered mountains", "mountain peaks"),
    "hills": ("hills", "rolling hills", "gentle hills", "a hilly landscape"),
    "waves": ("waves", "ocean waves", "a calm sea with waves", "sea waves"),
    "forest": ("a forest", "a pine forest", "fir trees", "forest"),
    "city skyline": ("a city skyline", "a skyline", "city skyline", "skyscrapers", "a city"),
    "desert dunes": ("desert dunes", "sand dunes", "a desert", "dunes"),
    "clouds": ("clouds", "a cloudy sky", "fluffy clouds", "a sky with clouds"),
    "starry sky": ("a starry sky", "stars", "a night sky full of stars", "starry sky"),
    "abstract shapes": ("abstract shapes", "an abstract composition", "abstract circles", "geometric abstract shapes"),
}
PALETTE = ("{} palette", "{} colours", "{} colors", "in the {} palette", "{} color palette", "{} colour scheme")
HORIZON = {
    "low": ("low horizon", "a low horizon", "the horizon low"),
    "middle": ("horizon in the middle", "middle horizon", "the horizon halfway up"),
    "high": ("high horizon", "a high horizon", "the horizon high"),
}
COPY_SPACE = {
    "none": ("no copy space", "no empty space"),
    "left": ("copy space on the left", "empty space on the left", "left side empty for text", "room for text left"),
    "right": (
        "copy space on the right",
        "empty space on the right",
        "right side empty for text",
        "room for text right",
    ),
    "top": ("copy space at the top", "empty space at the top", "top empty for text", "room for text above"),
    "bottom": ("copy space at the bottom", "empty space at the bottom", "bottom empty for text", "room for text below"),
}
CELESTIAL = {"sun": ("a sun", "the sun", "sun"), "moon": ("a moon", "the moon", "moon")}
EMBLEM = ("emblem in the middle", "emblem in the centre", "icon in the middle", "logo in the center")
ASPECT = {
    "wide": ("wide", "landscape format", "16:9"),
    "tall": ("tall", "portrait", "9:16"),
    "square": ("square format",),
}
SINGULAR_IN_S = ("compass", "glass", "bus", "cactus", "virus", "cross", "hourglass", "dress")
WITHOUT_ARTICLE = (
    "people", "cutlery", "money", "cash", "wind", "bread", "popcorn", "medicine", "rain", "fire", "coffee", "bowling",
    "cycling", "reading", "lightning", "photography", "beer", "wine", "dice",
)  # fmt: skip


def with_article(phrase: str, noun: str) -> str:
    """Of a `phrase` that ends in `noun`: things in the plural, and those that are not counted, take no article."""
    last = noun.split()[-1]
    if last in WITHOUT_ARTICLE or (last.endswith("s") and not last.endswith(SINGULAR_IN_S)):
        return phrase
    sounds_like_vowel = phrase[0].lower() in "aeiou" and not phrase.startswith(("user", "uni"))
    return f"{'an' if sounds_like_vowel else 'a'} {phrase}"
