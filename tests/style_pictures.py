"""Small data sets: discs on white, each with a caption."""

import io
import json
from pathlib import Path

from PIL import Image, ImageDraw

RGB = tuple[int, int, int]
SIDE_PX = 64


def disc(colour: RGB, at: int = 32, ground: tuple[int, int, int, int] = (255, 255, 255, 255)) -> Image.Image:
    picture = Image.new("RGBA", (SIDE_PX, SIDE_PX), ground)
    ImageDraw.Draw(picture).ellipse((at - 20, 12, at + 20, 52), fill=colour)
    return picture


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def write_discs(folder: Path, count: int = 6, colour: RGB = (200, 30, 30)) -> Path:
    """Each in another place, told in `metadata.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(count):
        (folder / f"{number}.png").write_bytes(png(disc(colour, 22 + 4 * number)))
        lines.append(json.dumps({"file_name": f"{number}.png", "text": f"disc {number}", "license": "CC0-1.0"}))
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    return folder
