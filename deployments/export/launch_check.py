"""What a bundle of launch screens must be, read from its files as the platforms' tools will read them."""

import io
import json
import plistlib
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser

from PIL import Image

from deployments.export.android import CIRCLE_DP, DENSITIES, RES, SPLASH_DP
from deployments.export.check import Contents, Pngs, png_is, reach_dp
from deployments.export.ios import COLOUR_SET, IMAGE_SET, SCREENS_PT
from deployments.export.web import LINKS, MANIFEST

_MEDIA = re.compile(r"device-width: (\d+)px.*device-height: (\d+)px.*pixel-ratio: (\d)\).*orientation: (\w+)")


def ios_rule(contents: Contents, pngs: Pngs) -> Iterator[str]:
    """The catalogue names opaque pictures of the sizes it says; Info.plist names the catalogue's sets."""
    if f"{IMAGE_SET}/Contents.json" not in contents:
        return
    for entry in json.loads(contents[f"{IMAGE_SET}/Contents.json"])["images"]:
        width_pt, height_pt, _ = SCREENS_PT[entry["idiom"]]
        scale = int(entry["scale"][0])
        path = f"{IMAGE_SET}/{entry['filename']}"
        yield from png_is(path, pngs, width_pt * scale, height_pt * scale, has_alpha=False)
    named = plistlib.loads(contents["ios/Info.plist"])["UILaunchScreen"]
    for key, folder in (("UIImageName", IMAGE_SET), ("UIColorName", COLOUR_SET)):
        if f"ios/{named[key]}" != folder.rpartition(".")[0]:
            yield f"ios/Info.plist names {named[key]!r}, and there is {folder}"


def android_rule(contents: Contents, pngs: Pngs) -> Iterator[str]:
    """The theme's colour and icon are there, and no density's icon reaches out of the circle that is seen."""
    if f"{RES}/values-v31/themes.xml" not in contents:
        return
    items = ElementTree.fromstring(contents[f"{RES}/values-v31/themes.xml"]).iter("item")
    said = {item.attrib["name"].rpartition(":")[2]: item.text or "" for item in items}
    icon = said["windowSplashScreenAnimatedIcon"].rpartition("/")[2]
    for density, px_per_dp in DENSITIES.items():
        path = f"{RES}/drawable-{density}/{icon}.png"
        side_px = round(SPLASH_DP * px_per_dp)
        yield from png_is(path, pngs, side_px, side_px, has_alpha=True)
        if path in pngs and reach_dp(contents[path], SPLASH_DP) > CIRCLE_DP / 2:
            yield f"{path} reaches beyond the circle of {CIRCLE_DP} dp"
    colour = said["windowSplashScreenBackground"].rpartition("/")[2]
    for path in (path for path in contents if path.endswith("splash_colors.xml")):
        if colour not in {one.attrib["name"] for one in ElementTree.fromstring(contents[path])}:
            yield f"{path} has no colour {colour!r}"


def pwa_rule(contents: Contents, pngs: Pngs) -> Iterator[str]:  # noqa: ARG001
    """Each link's picture is there, and as large as its device's screen."""
    if LINKS not in contents:
        return
    for link in read_links(contents[LINKS].decode()):
        path = f"pwa/{link['href']}"
        found = _MEDIA.search(link["media"])
        if path not in contents or found is None:
            yield f"{path} is not there, or for no device"
            continue
        width, height, scale = (int(number) for number in found.groups()[:3])
        upright = width * scale, height * scale
        with Image.open(io.BytesIO(contents[path])) as picture:
            if picture.size != (upright if found[4] == "portrait" else upright[::-1]):
                yield f"{path} is {picture.width}x{picture.height}, for {link['media']}"
    if not json.loads(contents[MANIFEST])["background_color"]:
        yield f"{MANIFEST} has no colour"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link":
            self.found.append({name: value or "" for name, value in attrs})


def read_links(html: str) -> list[dict[str, str]]:
    """The attributes of each `<link>`."""
    reader = _Links()
    reader.feed(html)
    return reader.found
