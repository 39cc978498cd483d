"""A flat icon as SVG: a few filled paths, and nothing else that SVG can hold."""

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

import numpy as np
import vtracer
from PIL import Image

from deployments.errors import InvalidRequest
from deployments.export.canvas import Canvas
from deployments.export.files import Files
from deployments.pixels.colour import delta_e, to_lab
from deployments.pixels.flat import flat_palette, flatten, invented
from deployments.pixels.keylines import FULL_BLEED

TRACED_PX = 512  # the longer side; what is traced is brought to it
MAX_DIFFERENCE = 6.0  # mean CIEDE2000 of the flat picture from the image
MAX_INVENTED = 0.35  # of its outlines, that are nowhere in the image
MAX_BYTES = 256 * 1024
NAMESPACE = "http://www.w3.org/2000/svg"
ATTRIBUTES = {"d", "fill", "transform"}


def svg(canvas: Canvas, name: str) -> Files:  # noqa: ARG001
    """The icon to the edges, as iOS has it. Raises InvalidRequest for one that is not flat."""
    return {"svg/icon.svg": trace(canvas.icon(FULL_BLEED, TRACED_PX))}


def trace(pixels_HWC: np.ndarray, palette: Sequence[tuple[int, int, int]] = ()) -> bytes:
    """RGB, uint8; in its `palette`, or in the colours of its surfaces. Raises InvalidRequest for what is not flat."""
    large_HWC = _resized(pixels_HWC[..., :3])
    flat_HWC = flatten(large_HWC, np.array(palette, np.uint8) if palette else flat_palette(large_HWC))
    _refuse_shaded(large_HWC, flat_HWC)
    buffer = io.BytesIO()
    Image.fromarray(flat_HWC).save(buffer, format="png")
    traced = vtracer.convert_raw_image_to_svg(
        buffer.getvalue(), img_format="png", colormode="color", hierarchical="stacked", mode="spline",
        filter_speckle=8, color_precision=8, layer_difference=0, corner_threshold=60, path_precision=2,
    )  # fmt: skip
    height, width, _ = flat_HWC.shape
    content = _clean(traced, width, height)
    if len(content) > MAX_BYTES:
        raise InvalidRequest(f"its outlines take {len(content)} bytes, more than {MAX_BYTES}: not flat", "not_flat")
    return content


def _refuse_shaded(pixels_HWC: np.ndarray, flat_HWC: np.ndarray) -> None:
    """Raises InvalidRequest."""
    difference = float(delta_e(to_lab(flat_HWC), to_lab(pixels_HWC)).mean())
    if difference > MAX_DIFFERENCE:
        message = f"in flat colours it would differ by {difference:.1f} (CIEDE2000), more than {MAX_DIFFERENCE:g}"
        raise InvalidRequest(message, "not_flat")
    share = invented(pixels_HWC, flat_HWC)
    if share > MAX_INVENTED:
        raise InvalidRequest(
            f"in flat colours {share:.0%} of its outlines would be the steps of a gradient", "not_flat"
        )


def _resized(pixels_HWC: np.ndarray) -> np.ndarray:
    height, width = pixels_HWC.shape[:2]
    scale = TRACED_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels_HWC).resize(size, Image.Resampling.LANCZOS))


def _clean(traced: str, width: int, height: int) -> bytes:
    """The traced paths in a document of our own. Raises ValueError where the tracer has made anything else."""
    root = ElementTree.Element("svg", {"xmlns": NAMESPACE, "viewBox": f"0 0 {width} {height}"})
    for path in ElementTree.fromstring(traced):
        if path.tag != f"{{{NAMESPACE}}}path" or not ATTRIBUTES >= set(path.attrib) or len(path):
            raise ValueError(f"the tracer made {path.tag} with {sorted(path.attrib)}")
        ElementTree.SubElement(root, "path", dict(path.attrib))
    return ElementTree.tostring(root, encoding="unicode").encode()
