"""The styles that come with the service: words that its models learned. A change adds a version, and none goes."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from serve_app.styles.found import FoundStyle
from serve_app.styles.schemas import StyleParts

FILE = Path(__file__).with_name("presets.json")


@cache
def versions() -> Mapping[tuple[str, int], FoundStyle]:
    """By id and version."""
    found = {}
    for row in json.loads(FILE.read_text()):
        style_id, version = row.pop("id"), row.pop("version")
        parts = StyleParts.model_validate(row)
        found[style_id, version] = FoundStyle(style_id, version, parts, created_at=None)
    return found


def newest() -> Sequence[FoundStyle]:
    """Of each, in the file's order."""
    by_id: dict[str, FoundStyle] = {}
    for style in versions().values():
        if style.id not in by_id or style.version > by_id[style.id].version:
            by_id[style.id] = style
    return list(by_id.values())


def is_preset(style_id: str) -> bool:
    return (style_id, 1) in versions()
