"""What each item of a set shows: its own words and size, made of what is said of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from deployments.errors import InvalidRequest
from deployments.specs import ProfileSpec
from serve_app.controls.compositions import Format, format_of
from serve_app.schemas import MAX_PROMPT_CHARS
from serve_app.sets.schemas import PLACE, SplashSetBody


@dataclass(frozen=True)
class Wanted:
    """What is an item's own."""

    subject: str
    prompt: str
    size: str  # WIDTHxHEIGHT in pixels, or `auto`


def wanted_icons(subjects: Sequence[str], template: str, size: str) -> list[Wanted]:
    """Raises InvalidRequest."""
    wanted = []
    for index, subject in enumerate(map(str.strip, subjects)):
        prompt = template.replace(PLACE, subject)
        if len(prompt) > MAX_PROMPT_CHARS:
            message = f"the prompt of {subject!r} has {len(prompt)} characters, more than {MAX_PROMPT_CHARS}"
            raise InvalidRequest(message, "invalid_value", f"subjects.{index}")
        wanted.append(Wanted(subject, prompt, size))
    return wanted


def wanted_splashes(body: SplashSetBody, profile: ProfileSpec) -> list[Wanted]:
    brief = body.brief.strip()
    themes: Sequence[str] = body.themes or [""]
    return [
        Wanted(", ".join(filter(None, (name, theme))), f"{brief}, {theme} theme" if theme else brief, size)
        for name, size in ((name, _size_of(name, profile)) for name in body.formats)
        for theme in themes
    ]


def _size_of(name: Format, profile: ProfileSpec) -> str:
    """The first of the profile's that has this shape."""
    sizes = profile.kinds["splash"].sizes
    return str(next(size for size in sizes if format_of(size.width_px, size.height_px) == name))
