"""Launch screens as other programs read them, and a check that sees what is wrong with them."""

import io
import json
import plistlib
import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from deployments.export.check import check
from deployments.export.launch_bundle import LaunchRequest, export_launch
from deployments.export.launch_check import android_rule, ios_rule, pwa_rule
from deployments.pixels.scores import outside_circle
from tests.icons import BLUE, RED, WHITE, container_icon, gradient
from tests.pictures import encoded
from tests.test_export_bundle import Bundle, packed, picture, unpacked

RULES = (ios_rule, android_rule, pwa_rule)
GREY = (40, 44, 52)


def scene(width_px: int, height_px: int, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> bytes:
    pixels_HWC = gradient(top, bottom, max(width_px, height_px))[:height_px, :width_px]
    return encoded(Image.fromarray(np.rint(pixels_HWC).astype(np.uint8)))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    scenes = {
        "light": [scene(192, 352, RED, WHITE), scene(352, 192, BLUE, BLUE)],
        "dark": [scene(192, 352, GREY, GREY)],
    }
    request = LaunchRequest(name="Röckêt", platforms=("ios", "android", "pwa"), backgrounds={"light": BLUE})
    return unpacked(export_launch(scenes, encoded(Image.fromarray(container_icon())), request))  # type: ignore[arg-type]


def test_report_finds_nothing_wrong_and_says_what_to_look_at(bundle: Bundle) -> None:
    report = json.loads(bundle["report.json"])
    assert (report["is_valid"], report["problems"], report["name"]) == (True, [], "Röckêt")
    assert {file["path"] for file in report["files"]["files"]} == set(bundle) - {"report.json"}
    assert report["source_sizes"] == ["192x352", "352x192", "192x352"]
    assert report["colours"] == {"light": "#2660e8", "dark": "#282c34"}
    assert any("made larger" in warning for warning in report["warnings"])
    assert any("no dark picture in landscape" in warning for warning in report["warnings"])


def test_ios_image_set_has_both_appearances_in_the_sizes_of_the_largest_screens(bundle: Bundle) -> None:
    images = json.loads(bundle["ios/Splash.imageset/Contents.json"])["images"]
    sizes = {("iphone", "2x"): (880, 1912), ("iphone", "3x"): (1320, 2868), ("ipad", "1x"): (1376, 1376),
             ("ipad", "2x"): (2752, 2752)}  # fmt: skip
    assert len(images) == 2 * len(sizes)
    for one in images:
        with Image.open(io.BytesIO(bundle[f"ios/Splash.imageset/{one['filename']}"])) as image:
            assert (image.size, image.mode) == (sizes[one["idiom"], one["scale"]], "RGB")
            is_dark = one.get("appearances") == [{"appearance": "luminosity", "value": "dark"}]
            assert (max(image.getpixel((0, 0))) < 60) == is_dark  # type: ignore[arg-type]
    colours = json.loads(bundle["ios/SplashBackground.colorset/Contents.json"])["colors"]
    assert [one["color"]["components"]["blue"] for one in colours] == ["0xE8", "0x34"]
    screen = plistlib.loads(bundle["ios/Info.plist"])["UILaunchScreen"]
    assert (screen["UIImageName"], screen["UIColorName"]) == ("Splash", "SplashBackground")


def test_androids_icon_keeps_the_circle_and_its_theme_names_what_is_there(bundle: Bundle) -> None:
    for density, side_px in (("mdpi", 288), ("hdpi", 432), ("xhdpi", 576), ("xxhdpi", 864), ("xxxhdpi", 1152)):
        icon_HWC, mode = picture(bundle[f"android/res/drawable-{density}/splash_icon.png"])
        assert (icon_HWC.shape, mode) == ((side_px, side_px, 4), "RGBA")
        assert outside_circle(icon_HWC[..., 3] / 255, 192 / 288) == 0 < icon_HWC[..., 3].mean()
    (style,) = ElementTree.fromstring(bundle["android/res/values-v31/themes.xml"])
    assert {item.attrib["name"]: item.text for item in style} == {
        "android:windowSplashScreenBackground": "@color/splash_background",
        "android:windowSplashScreenAnimatedIcon": "@drawable/splash_icon",
    }
    for folder, colour in (("values", "#2660e8"), ("values-night", "#282c34")):
        (entry,) = ElementTree.fromstring(bundle[f"android/res/{folder}/splash_colors.xml"])
        assert (entry.attrib["name"], entry.text) == ("splash_background", colour)


def test_each_link_of_the_web_app_has_a_picture_of_its_screens_pixels(bundle: Bundle) -> None:
    links = bundle["pwa/startup-images.html"].decode().splitlines()
    assert len(links) == 23 * 3  # light in both orientations, dark upright
    for link in links:
        href, media = re.findall(r'"([^"]+)"', link)[1:]
        width, height, scale = (int(number) for number in re.findall(r": (\d+)", media))
        upright = width * scale, height * scale
        with Image.open(io.BytesIO(bundle[f"pwa/{href}"])) as image:
            assert (image.format, image.size) == ("JPEG", upright if "portrait" in media else upright[::-1])
            assert (max(image.getpixel((2, 2))) < 60) == ("color-scheme: dark" in media)  # type: ignore[arg-type]
    manifest = json.loads(bundle["pwa/manifest.webmanifest"])
    assert (manifest["name"], manifest["background_color"], manifest["display"]) == ("Röckêt", "#2660e8", "standalone")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}


def test_a_screen_gets_the_picture_of_the_nearest_shape(bundle: Bundle) -> None:
    turned, _ = picture(bundle["pwa/startup/light-2868x1320.jpg"])
    upright, _ = picture(bundle["pwa/startup/light-1320x2868.jpg"])
    assert np.abs(turned.mean(axis=(0, 1)) - BLUE).max() < 4
    assert np.abs(upright[5].mean(axis=0) - RED).max() < 12 < np.abs(upright[-5].mean(axis=0) - RED).max()


def test_a_picture_alone_is_its_own_icon_within_the_circle() -> None:
    noise_HWC = np.random.default_rng(0).integers(0, 255, (352, 192, 3), np.uint8)
    request = LaunchRequest(name="a", platforms=("android",), backgrounds={})
    files = unpacked(export_launch({"light": [encoded(Image.fromarray(noise_HWC))]}, None, request))
    report = json.loads(files["report.json"])
    assert report["is_valid"] and any("no icon was given" in warning for warning in report["warnings"])
    icon_HWC, _ = picture(files["android/res/drawable-mdpi/splash_icon.png"])
    assert icon_HWC[144, 144, 3] == 255 and outside_circle(icon_HWC[..., 3] / 255, 192 / 288) == 0
    assert not any("values-night" in path for path in files)


@pytest.mark.parametrize(
    ("path", "change", "says"),
    [
        ("ios/Splash.imageset/splash-ipad-dark@1x.png", lambda _: encoded(Image.new("RGBA", (1376, 1376))), "alpha"),
        ("ios/Splash.imageset/splash-ipad-dark@1x.png", lambda _: None, "is not there"),
        ("ios/Info.plist", lambda content: content.replace(b"Splash<", b"Splosh<"), "names 'Splosh'"),
        ("android/res/drawable-hdpi/splash_icon.png",
         lambda _: encoded(Image.new("RGBA", (432, 432), "red")), "circle of 192 dp"),
        ("android/res/values-night/splash_colors.xml",
         lambda content: content.replace(b"_background", b""), "no colour"),
        ("pwa/startup/light-1320x2868.jpg", lambda _: encoded(Image.new("RGB", (132, 286)), "jpeg"), "is 132x286"),
        ("pwa/startup/light-1320x2868.jpg", lambda _: None, "is not there"),
    ],
)  # fmt: skip
def test_check_sees_what_a_platform_would_refuse(
    bundle: Bundle, path: str, change: Callable[[bytes], bytes | None], says: str
) -> None:
    changed = {**bundle, path: change(bundle[path])}
    problems = check(
        packed({name: content for name, content in changed.items() if content is not None}), RULES
    ).problems
    assert any(says in problem for problem in problems), problems
