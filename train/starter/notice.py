"""Composes the notice that goes with weights trained on pictures of other people's glyphs."""

import json
from pathlib import Path

PACKAGES = ("@phosphor-icons/core", "lucide-static")


def compose_notice(folder: Path) -> str:
    """Of the packages installed in `folder`/node_modules: name, version, and the whole text of each licence."""
    parts = [
        "The starter model was trained on pictures that code composed, with glyphs of the icon packages below.",
        "The glyphs are not part of the weights' folder; their licences are kept here with thanks to their authors.",
    ]
    for name in PACKAGES:
        package = folder / "node_modules" / name
        version = json.loads((package / "package.json").read_text())["version"]
        parts.append(f"{'-' * 80}\n{name} {version}\n\n{(package / 'LICENSE').read_text().strip()}")
    return "\n\n".join(parts) + "\n"
