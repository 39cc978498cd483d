"""What requests may use besides the model: 16 adapters, a ControlNet, an IP-Adapter; and the pictures they follow."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image, ImageDraw

NUM_LORAS = 16
CONTROL, REFERENCE = "canny", "house-style"  # the only ones of their kind
PICTURE_PX = 64
REFERENCE_PX = 28  # the tiny image encoder's own size, so that no two ways of shrinking meet


@dataclass(frozen=True)
class Extras:
    folder: Path

    @classmethod
    def beside(cls, model_dir: Path) -> "Extras":
        return cls(model_dir.with_name(f"{model_dir.name}-extras"))

    @property
    def loras(self) -> dict[str, Path]:
        """Files in diffusers' format."""
        return {file.stem: file for file in sorted(self.folder.glob("lora-*.safetensors"))}

    @property
    def controlnet(self) -> Path:
        return self.folder / "controlnet"

    @property
    def ip_adapter(self) -> Path:
        return self.folder / "ip-adapter.safetensors"

    @property
    def image_encoder(self) -> Path:
        return self.folder / "image_encoder"

    @cached_property
    def drawing(self) -> Image.Image:
        """White edges on black, as a Canny filter leaves them."""
        picture = Image.new("RGB", (PICTURE_PX, PICTURE_PX))
        draw = ImageDraw.Draw(picture)
        draw.ellipse((12, 8, 52, 56), outline="white", width=2)
        draw.line((4, 60, 60, 20), fill="white", width=2)
        return picture

    @cached_property
    def reference(self) -> Image.Image:
        """A style to follow: warm, with a dark disc."""
        picture = Image.new("RGB", (REFERENCE_PX, REFERENCE_PX), (214, 120, 60))
        ImageDraw.Draw(picture).ellipse((6, 6, 20, 20), fill=(30, 40, 70))
        return picture


def lora_names(number: int) -> list[str]:
    """The most popular first."""
    return [f"lora-{rank}" for rank in range(1, number + 1)]
