"""A bundle's files as other programs read them, and a check that sees what is wrong with them."""

import io
import json
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from deployments.export.bundle import PLATFORMS, REPORT, SHEET, ExportRequest, export, read_pixels
from deployments.export.check import check
from deployments.pixels.keylines import ADAPTIVE, FULL_BLEED
from deployments.pixels.scores import centring_offset, outside_circle
from tests.icons import BLUE, RED, WHITE, container_icon, disc, flat, gradient, laid, rectangle, shape, with_noise
from tests.pictures import encoded

Bundle = dict[str, bytes]
ALL = ExportRequest(name="Röckêt", platforms=tuple(PLATFORMS), background=None)
GLYPH = rectangle(0.35, 0.3, 0.6, 0.6)


def unpacked(bundle: bytes) -> Bundle:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert archive.testzip() is None
        return {path: archive.read(path) for path in archive.namelist()}


def exported(pixels: np.ndarray, request: ExportRequest = ALL) -> Bundle:
    return unpacked(export(encoded(Image.fromarray(pixels)), request))


def picture(content: bytes) -> tuple[np.ndarray, str]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image), image.mode


def packed(files: Bundle) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return exported(container_icon(GLYPH))


def test_report_finds_nothing_wrong_and_names_every_file(bundle: Bundle) -> None:
    report = json.loads(bundle[REPORT])
    assert (report["is_valid"], report["problems"], report["name"]) == (True, [], "Röckêt")
    assert {file["path"] for file in report["files"]["files"]} == set(bundle) - {REPORT}
    assert report["scores"]["separation"] > 0.9
    assert len(report["warnings"]) == 1 and "made larger" in report["warnings"][0]


def test_ios_catalogues_name_opaque_pictures_of_the_sizes_they_say(bundle: Bundle) -> None:
    single = json.loads(bundle["ios/AppIcon.appiconset/Contents.json"])["images"]
    assert [(one["size"], one["platform"], one["idiom"]) for one in single] == [("1024x1024", "ios", "universal")]
    pixels, mode = picture(bundle["ios/AppIcon.appiconset/icon.png"])
    assert (pixels.shape, mode) == ((1024, 1024, 3), "RGB")
    classic = json.loads(bundle["ios/classic/AppIcon.appiconset/Contents.json"])["images"]
    assert len(classic) == 18 and {one["idiom"] for one in classic} == {"iphone", "ipad", "ios-marketing"}
    sides = set()
    for one in classic:
        pixels, mode = picture(bundle[f"ios/classic/AppIcon.appiconset/{one['filename']}"])
        assert mode == "RGB" and len(pixels) == float(one["size"].split("x")[0]) * int(one["scale"][0])
        sides.add(len(pixels))
    assert sides == {20, 29, 40, 58, 60, 76, 80, 87, 120, 152, 167, 180, 1024}


def test_backdrop_is_gone_and_the_containers_ground_fills_the_corners(bundle: Bundle) -> None:
    pixels, _ = picture(bundle["ios/AppIcon.appiconset/icon.png"])
    for corner in (pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]):
        assert np.abs(corner.astype(int) - BLUE).max() <= 2
    subject_HW = (pixels.min(axis=2) > 200).astype(float)
    assert centring_offset(subject_HW) < 0.003
    assert np.sqrt(subject_HW.mean()) == pytest.approx(FULL_BLEED.optical_side, abs=0.01)


def test_androids_layers_have_every_density_and_keep_the_safe_circle(bundle: Bundle) -> None:
    for name in ("ic_launcher", "ic_launcher_round"):
        root = ElementTree.fromstring(bundle[f"android/res/mipmap-anydpi-v26/{name}.xml"])
        assert (root.tag, [layer.tag for layer in root]) == (
            "adaptive-icon",
            ["background", "foreground", "monochrome"],
        )
    for density, layer_px, legacy_px in (
        ("mdpi", 108, 48), ("hdpi", 162, 72), ("xhdpi", 216, 96), ("xxhdpi", 324, 144), ("xxxhdpi", 432, 192),
    ):  # fmt: skip
        folder = f"android/res/mipmap-{density}"
        foreground, mode = picture(bundle[f"{folder}/ic_launcher_foreground.png"])
        assert (len(foreground), mode) == (layer_px, "RGBA")
        alpha_HW = foreground[..., 3] / 255
        assert outside_circle(alpha_HW, 66 / 108) == 0
        assert np.sqrt(alpha_HW.mean()) == pytest.approx(ADAPTIVE.optical_side, abs=0.015)
        background, mode = picture(bundle[f"{folder}/ic_launcher_background.png"])
        assert mode == "RGB" and np.abs(background - np.array(BLUE)).max() <= 2
        tinted, _ = picture(bundle[f"{folder}/ic_launcher_monochrome.png"])
        assert tinted[..., :3].min() == 255 and np.abs(tinted[..., 3] / 255 - alpha_HW).mean() < 0.01
        for name in ("ic_launcher", "ic_launcher_round"):
            whole, _ = picture(bundle[f"{folder}/{name}.png"])
            assert (whole.shape, whole[0, 0, 3]) == ((legacy_px, legacy_px, 4), 0)


def test_manifest_keeps_purposes_apart(bundle: Bundle) -> None:
    manifest = json.loads(bundle["pwa/manifest.webmanifest"])
    assert manifest["name"] == "Röckêt" and manifest["background_color"] == "#2660e8"
    found = {(icon["purpose"], icon["sizes"]) for icon in manifest["icons"]}
    assert found == {(purpose, size) for purpose in ("any", "maskable") for size in ("192x192", "512x512")}
    for icon in manifest["icons"]:
        pixels, mode = picture(bundle[f"pwa/{icon['src']}"])
        assert f"{len(pixels)}x{len(pixels)}" == icon["sizes"]
        assert mode == ("RGB" if icon["purpose"] == "maskable" else "RGBA")
        if icon["purpose"] == "maskable":
            assert outside_circle((pixels.min(axis=2) > 100).astype(float), 0.8) == 0
    assert picture(bundle["pwa/icons/apple-touch-icon.png"])[0].shape == (180, 180, 3)


def test_favicon_has_its_three_sizes_each_drawn_for_itself(bundle: Bundle) -> None:
    with Image.open(io.BytesIO(bundle["favicon/favicon.ico"])) as icon:
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
        small = np.asarray(icon.ico.getimage((16, 16)).convert("RGBA"))  # type: ignore[attr-defined]
    white = small[..., :3].min(axis=2) > 200
    assert 60 < white.sum() < 130 and small[0, 0, 3] < 128


def test_sheet_shows_the_icon_on_light_and_dark(bundle: Bundle) -> None:
    pixels, _ = picture(bundle[SHEET])
    upper, lower = pixels[60 : len(pixels) // 2 - 20], pixels[len(pixels) // 2 + 40 :]
    assert np.median(upper) > 200 > 60 > np.median(lower)
    for half in (upper, lower):
        assert (np.abs(half.astype(int) - BLUE).max(axis=2) < 4).mean() > 0.1


def test_same_image_gives_the_same_bytes_and_only_what_was_asked() -> None:
    image = encoded(Image.fromarray(container_icon(GLYPH)))
    request = ExportRequest(name="a", platforms=("favicon",), background=None)
    assert export(image, request) == export(image, request)
    assert set(unpacked(export(image, request))) == {"favicon/favicon.ico", SHEET, REPORT}


def test_given_background_replaces_the_icons_own() -> None:
    request = ExportRequest(name="a", platforms=("ios",), background=RED)
    pixels, _ = picture(exported(container_icon(disc()), request)["ios/classic/AppIcon.appiconset/icon-120.png"])
    assert pixels[0, 0].tolist() == list(RED) and pixels[60, 60].min() > 240
    edge = pixels.reshape(-1, 3).astype(int)
    assert not ((edge[:, 2] > 150) & (edge[:, 0] < 120)).any()  # no rim of blue round white


def test_picture_that_is_of_one_piece_is_exported_whole_with_a_warning() -> None:
    files = exported(with_noise(gradient(RED, BLUE), spread=40))
    report = json.loads(files[REPORT])
    assert report["is_valid"] and any("can't be told apart" in warning for warning in report["warnings"])
    root = ElementTree.fromstring(files["android/res/mipmap-anydpi-v26/ic_launcher.xml"])
    assert [layer.tag for layer in root] == ["background", "foreground"]
    assert picture(files["android/res/mipmap-xxxhdpi/ic_launcher_foreground.png"])[0][..., 3].max() == 0


@pytest.mark.parametrize("size", [(300, 120), (64, 512)])
def test_oblong_image_is_placed_as_any_other(size: tuple[int, int]) -> None:
    coverage = np.zeros((size[1], size[0]), np.float32)
    coverage[size[1] // 3 : -size[1] // 3, size[0] // 3 : -size[0] // 3] = 1
    ground = np.broadcast_to(np.array(WHITE, np.float32), (*coverage.shape, 3))
    files = exported(laid(coverage, RED, ground), ExportRequest(name="a", platforms=("ios",), background=None))
    pixels, _ = picture(files["ios/AppIcon.appiconset/icon.png"])
    assert centring_offset((pixels[..., 1] < 140).astype(float)) < 0.003


@pytest.mark.parametrize(
    ("path", "change", "says"),
    [
        ("ios/AppIcon.appiconset/icon.png", lambda _: encoded(Image.new("RGBA", (1024, 1024))), "has_alpha=True"),
        ("ios/AppIcon.appiconset/icon.png", lambda _: encoded(Image.new("RGB", (512, 512))), "width_px=512"),
        ("ios/AppIcon.appiconset/icon.png", lambda content: content[:-20], "icon.png"),
        ("ios/AppIcon.appiconset/icon.png", lambda content: content[:99] + b"x" + content[100:], "checksum"),
        ("ios/AppIcon.appiconset/icon.png", lambda _: None, "is not there"),
        ("ios/AppIcon.appiconset/Contents.json", lambda _: b"{", "ios: JSONDecodeError"),
        ("android/res/mipmap-hdpi/ic_launcher_foreground.png",
         lambda _: encoded(Image.new("RGBA", (162, 162), "red")), "safe circle"),
        ("android/res/mipmap-anydpi-v26/ic_launcher.xml", lambda content: content[:-5], "android: ParseError"),
        ("pwa/icons/maskable-192.png", lambda _: encoded(Image.new("RGBA", (192, 192))), "alpha False"),
        ("favicon/favicon.ico", lambda _: encoded(Image.new("RGBA", (64, 64)), "ico", sizes=[(64, 64)]), "[64]"),
    ],
)  # fmt: skip
def test_check_sees_what_a_platform_would_refuse(bundle: Bundle, path: str, change: object, says: str) -> None:
    changed = {**bundle, path: change(bundle[path])}  # type: ignore[operator]
    problems = check(packed({name: content for name, content in changed.items() if content is not None})).problems
    assert any(says in problem for problem in problems), problems
    assert check(packed(bundle)).problems == ()


def test_image_larger_than_any_icon_is_made_smaller_in_light() -> None:
    rows, columns = np.mgrid[:2048, :2048]
    chequered = Image.fromarray(np.where((rows + columns)[..., None] % 2, 255, 0).astype(np.uint8).repeat(3, axis=2))
    pixels = read_pixels(chequered)
    assert pixels.shape == (1024, 1024, 3) and np.abs(pixels[8:-8, 8:-8].astype(int) - 188).max() <= 1
    assert read_pixels(Image.new("RGBA", (8000, 1000), (0, 0, 0, 0))).shape == (128, 1024, 4)


def test_flat_colour_and_empty_logo_still_make_a_valid_bundle() -> None:
    for pixels in (
        flat(RED, 64).astype(np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        laid(shape(disc()), RED, flat(RED)),
    ):
        assert json.loads(exported(pixels)[REPORT])["is_valid"]
