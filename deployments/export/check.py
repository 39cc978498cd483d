"""A finished bundle read again, file by file, as the platforms' own tools will read it."""

import io
import json
import struct
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from deployments.export.android import DENSITIES, LAYER_DP, RES, SAFE_DP
from deployments.export.png_header import PngHeader, read_ico, read_png
from deployments.export.svg import ATTRIBUTES, NAMESPACE
from deployments.export.web import FAVICON_SIDES_PX
from deployments.schemas import Record

_ANDROID = "{http://schemas.android.com/apk/res/android}drawable"
Pngs = dict[str, PngHeader]
Contents = dict[str, bytes]
Rule = Callable[[Contents, Pngs], Iterator[str]]  # what is wrong, in words


class CheckedFile(Record):
    path: str
    size_bytes: int
    width_px: int | None = None
    height_px: int | None = None
    has_alpha: bool | None = None


class Checked(Record):
    files: tuple[CheckedFile, ...]
    problems: tuple[str, ...]  # none: the bundle is what it should be


def check(bundle: bytes, rules: Sequence[Rule] = ()) -> Checked:
    """`rules`: those of the bundle's kind; absent, those of icons."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        contents = {path: archive.read(path) for path in archive.namelist()}
    problems: list[str] = []
    pngs: Pngs = {}
    for path in (path for path in contents if path.endswith(".png")):
        try:
            pngs[path] = read_png(contents[path])
        except (ValueError, struct.error, zlib.error, IndexError) as error:
            problems.append(f"{path}: {error}")
    for rule in rules or (_ios, _android, _pwa, _favicon, _svg):
        problems += _found(rule, contents, pngs)
    files = tuple(
        CheckedFile(path=path, size_bytes=len(content), **(vars(pngs[path]) if path in pngs else {}))
        for path, content in contents.items()
    )
    return Checked(files=files, problems=tuple(problems))


def _found(rule: Rule, contents: Contents, pngs: Pngs) -> list[str]:
    try:
        return list(rule(contents, pngs))
    except (KeyError, ValueError, OSError, struct.error, zlib.error, ElementTree.ParseError) as error:
        return [f"{rule.__name__.strip('_')}: {type(error).__name__} {error}"]


def _ios(contents: Contents, pngs: Pngs) -> Iterator[str]:
    """Each catalogue names all its pictures, with their sizes; none has alpha."""
    for catalogue in (path for path in contents if path.endswith("Contents.json")):
        folder = catalogue.rpartition("/")[0]
        named = set()
        for entry in json.loads(contents[catalogue])["images"]:
            path = f"{folder}/{entry['filename']}"
            named.add(path)
            side_px = round(float(entry["size"].split("x")[0]) * int(entry.get("scale", "1x")[0]))
            yield from png_is(path, pngs, side_px, side_px, has_alpha=False)
        beside = {path for path in pngs if path.rpartition("/")[0] == folder} - named
        yield from (f"{path} is in no catalogue" for path in sorted(beside))


def _android(contents: Contents, pngs: Pngs) -> Iterator[str]:
    """Each layer that an icon names is there in every density, and of its foreground nothing is ever masked."""
    for icon in (path for path in contents if path.endswith(".xml")):
        for layer in ElementTree.fromstring(contents[icon]):
            name = layer.attrib[_ANDROID].removeprefix("@mipmap/")
            for density, px_per_dp in DENSITIES.items():
                path = f"{RES}/mipmap-{density}/{name}.png"
                side_px = round(LAYER_DP * px_per_dp)
                yield from png_is(path, pngs, side_px, side_px, has_alpha=layer.tag != "background")
                if layer.tag != "background" and reach_dp(contents[path], LAYER_DP) > SAFE_DP / 2:
                    yield f"{path} reaches beyond the safe circle of {SAFE_DP} dp"


def _pwa(contents: Contents, pngs: Pngs) -> Iterator[str]:
    """Each icon of the manifest is there at its size; what is maskable is opaque."""
    for manifest in (path for path in contents if path.endswith(".webmanifest")):
        for icon in json.loads(contents[manifest])["icons"]:
            side_px = int(icon["sizes"].split("x")[0])
            yield from png_is(f"pwa/{icon['src']}", pngs, side_px, side_px, has_alpha=icon["purpose"] == "any")


def _favicon(contents: Contents, pngs: Pngs) -> Iterator[str]:  # noqa: ARG001
    for path in (path for path in contents if path.endswith(".ico")):
        sides_px = sorted(picture.width_px for picture in read_ico(contents[path]))
        if sides_px != sorted(FAVICON_SIDES_PX):
            yield f"{path} has pictures of {sides_px}"


def _svg(contents: Contents, pngs: Pngs) -> Iterator[str]:  # noqa: ARG001
    """Filled paths alone: nothing that runs, and nothing that is fetched."""
    for path in (path for path in contents if path.endswith(".svg")):
        root = ElementTree.fromstring(contents[path])
        for element in root.iter():
            known = {"viewBox"} if element is root else ATTRIBUTES
            if element.tag != f"{{{NAMESPACE}}}{'svg' if element is root else 'path'}" or set(element.attrib) - known:
                yield f"{path} has {element.tag} with {sorted(element.attrib)}"


def png_is(path: str, pngs: Pngs, width_px: int, height_px: int, has_alpha: bool) -> Iterator[str]:
    if path not in pngs:
        yield f"{path} is not there"
    elif (found := pngs[path]) != PngHeader(width_px, height_px, has_alpha):
        yield f"{path} is {found}, and should be {width_px}x{height_px}, alpha {has_alpha}"


def reach_dp(content: bytes, side_dp: int) -> float:
    """How far from the middle the furthest pixel lies that is not transparent."""
    with Image.open(io.BytesIO(content)) as image:
        ys, xs = np.nonzero(np.asarray(image)[..., 3])
        middle_px, px_per_dp = image.width / 2, image.width / side_dp
    return float(np.hypot(xs + 0.5 - middle_px, ys + 0.5 - middle_px).max(initial=0)) / px_per_dp
