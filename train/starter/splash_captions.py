"""Says a splash screen in one of many ways, leaving out some of what it shows."""

from dataclasses import replace
from random import Random

from train.starter.attributes import SplashAttributes
from train.starter.phrases import (
    ASPECT,
    CELESTIAL,
    COMMAND,
    COPY_SPACE,
    EMBLEM,
    HORIZON,
    PALETTE,
    SCENE,
    SPLASH_MEDIUM,
    with_article,
)
from train.starter.subjects import Subject

CHANCES = {"palette": 0.8, "horizon": 0.65, "aspect": 0.08}
CHANCES_IF_PRESENT = {"copy_space": (0.05, 0.92), "celestial": (0.0, 0.7), "emblem": (0.0, 0.95)}


def caption_splash(rng: Random, splash: SplashAttributes, emblem: Subject | None) -> tuple[str, SplashAttributes]:
    """The caption, and the splash with what was said of it."""
    said = _choose_said(rng, splash)
    scene = rng.choice(SCENE[splash.scene])
    palette = rng.choice(PALETTE).format(splash.palette) if "palette" in said else ""
    tags = [palette]
    if splash.horizon and "horizon" in said:
        tags.append(rng.choice(HORIZON[splash.horizon]))
    if "copy_space" in said:
        tags.append(rng.choice(COPY_SPACE[splash.copy_space]))
    if "celestial" in said:
        tags.append(rng.choice(CELESTIAL[splash.celestial]))
    if "aspect" in said:
        tags.append(rng.choice(ASPECT[splash.aspect]))
    if emblem and "emblem" in said:
        word = emblem.name if rng.random() < 0.75 else rng.choice(emblem.words)
        phrase = with_article(f"{word} {rng.choice(EMBLEM)}", "emblem")
        tags.append(f"with {phrase}" if rng.random() < 0.5 else phrase)
    tags = [tag for tag in rng.sample(tags, len(tags)) if tag]
    opening = _opening(rng, scene)
    text = ", ".join([opening, *tags])
    if rng.random() < 0.08:
        text = f"{rng.choice(COMMAND)} {'' if opening in scene else 'a '}{text}"
    text = text[0].upper() + text[1:] if rng.random() < 0.15 else text
    return text, replace(splash, said=said | {"scene"})


def _choose_said(rng: Random, splash: SplashAttributes) -> frozenset[str]:
    chances = dict(CHANCES)
    for name, (if_absent, if_present) in CHANCES_IF_PRESENT.items():
        chances[name] = if_absent if getattr(splash, name) in (None, "none") else if_present
    if splash.horizon is None:
        del chances["horizon"]
    return frozenset(name for name, chance in chances.items() if rng.random() < chance)


def _opening(rng: Random, scene: str) -> str:
    medium = rng.choice(SPLASH_MEDIUM)
    bare = scene.removeprefix("a ").removeprefix("an ")
    if rng.random() < 0.5:  # who asks for a splash screen by its own command or route does not say it again
        return rng.choice((scene, bare))
    return rng.choice((
        f"{medium} of {scene}", f"{medium} with {scene}", f"flat {medium} of {scene}", f"{bare} {medium}",
        f"{medium}, {bare}",
    ))  # fmt: skip
