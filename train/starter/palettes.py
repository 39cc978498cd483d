"""Named palettes: the colours of a splash screen, and the named colours of an icon that go with them."""

from dataclasses import dataclass

from train.starter.colours import RGB


@dataclass(frozen=True)
class Palette:
    sky: tuple[RGB, RGB]  # top and bottom of the gradient
    land: tuple[RGB, RGB, RGB, RGB]  # far to near
    light: RGB  # sun or moon, lit windows
    emblem: RGB
    backgrounds: tuple[str, ...]  # of icons
    foregrounds: tuple[str, ...]


def _rgb(digits: str) -> RGB:
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _palette(sky: str, land: str, accents: str, backgrounds: str, foregrounds: str) -> Palette:
    top, bottom = map(_rgb, sky.split())
    far, middle, near, nearest = map(_rgb, land.split())
    light, emblem = map(_rgb, accents.split())
    names = (tuple(backgrounds.split(", ")), tuple(foregrounds.split(", ")))
    return Palette((top, bottom), (far, middle, near, nearest), light, emblem, *names)


def load_palettes() -> dict[str, Palette]:
    row = _palette
    # sky, land, light and emblem; backgrounds and foregrounds of icons
    return {
        "sunset": row(
            "5b2a86 ff8c5a", "d9567a a03a78 64286a 351a4a", "ffe08a fff4e0",
            "orange, red, purple", "cream, yellow, navy",
        ),
        "dawn": row(
            "8ec5f0 ffd9c4", "e2a3b0 b57f9f 7d638c 4b4568", "fff6cf ffffff",
            "sky blue, pink, cream", "purple, brown, white",
        ),
        "ocean": row(
            "2f80d0 bfe8f5", "52acd2 2382b4 135a8e 0a365f", "fff7c8 ffffff",
            "blue, navy, teal", "white, sky blue, cream",
        ),
        "forest": row(
            "bfe3c8 f4f7dc", "84b98f 4b8f63 2b6546 15402f", "fff2a8 ffffff",
            "green, teal, lime", "white, cream, brown",
        ),
        "night": row(
            "0c1238 5566b4", "323f86 222c62 161d44 0a0e26", "f5f0d0 f2f4ff",
            "navy, black", "yellow, white, sky blue",
        ),
        "candy": row(
            "ffb3dc fff0f6", "ff7fc0 c66be0 8c5cf0 5a3bc0", "fff3a0 ffffff",
            "pink, purple", "white, yellow, cream",
        ),
        "desert": row(
            "f7c873 fdebc4", "e6a15c cc7a40 a4552c 6e3420", "fff8de fffaf0",
            "orange, brown, cream", "brown, cream, white",
        ),
        "arctic": row(
            "9cc8e6 f2f9fd", "bcd6e8 93b7d0 6690b4 3d658c", "ffffff 1f4468",
            "white, sky blue", "navy, blue, teal",
        ),
        "autumn": row(
            "f2d7a6 fbeed6", "d99a3c c4622a 8e3a22 562019", "ffe9a0 fff6e6",
            "brown, orange, red", "yellow, cream, white",
        ),
        "lavender": row(
            "b9a4e8 f3e8fb", "a58bd8 8468bc 5f4896 3d2c6a", "fff3d6 ffffff",
            "purple, white", "pink, cream, purple",
        ),
        "mint": row(
            "9fe3d0 effbf4", "68c9b2 38a796 1d7d78 0f5258", "fffbd2 ffffff",
            "teal, white, lime", "white, teal, navy",
        ),
        "tropical": row(
            "18b5c9 ffe9a8", "ff9f68 f2647c 2a9d8f 12595e", "fff6c0 ffffff",
            "teal, sky blue, yellow", "pink, white, navy",
        ),
        "monochrome": row(
            "cfd2d6 f4f5f6", "b0b4ba 84898f 575b61 2c2f33", "ffffff 202226",
            "white, black, grey", "black, white, grey",
        ),
        "neon": row(
            "12082e 3d1470", "7a1fd0 c41fc8 2a1a7a 140a3c", "ff5fd0 5ff4ff",
            "black, navy", "pink, lime, sky blue",
        ),
    }  # fmt: skip
