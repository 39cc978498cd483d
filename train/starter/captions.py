"""Says an icon in one of many ways, leaving out some of what it shows."""

from dataclasses import replace
from random import Random

from train.starter.attributes import IconAttributes
from train.starter.colours import SYNONYMS
from train.starter.phrases import (
    BACKDROP,
    COMMAND,
    CONTAINER,
    FULL_BLEED,
    MEDIUM,
    PALETTE,
    POSITION,
    SIZE,
    STYLE_ADJECTIVE,
    STYLE_TAG,
    with_article,
)
from train.starter.subjects import Subject

SAID = {"foreground": 0.75, "background": 0.75, "container": 0.65, "style": 0.6}
SAID_BESIDE_PALETTE = {"foreground": 0.3, "background": 0.3, "palette": 0.75}
# What is unusual is nearly always said: what a caption does not mention is then usual, as people expect.
SAID_IF_UNUSUAL, SAID_IF_USUAL = 0.92, {"position": 0.2, "size": 0.04}
SAID_WHEN_LEAN = 0.25  # of the above, for a caption whose image is also told by a reference image


class IconCaption:
    """The words for one icon, chosen at random; what is not said has empty words."""

    def __init__(self, rng: Random, icon: IconAttributes, subject: Subject, is_lean: bool = False) -> None:
        self.rng = rng
        self.said = _choose_said(rng, icon, is_lean)
        say = self._say
        self.subject = subject.name if rng.random() < 0.7 else rng.choice(subject.words)
        self.foreground = say("foreground", (icon.foreground, icon.foreground, *SYNONYMS.get(icon.foreground, ())))
        self.background = say("background", (icon.background, icon.background, *SYNONYMS.get(icon.background, ())))
        self.is_full = icon.container == "none"
        self.container = say("container", FULL_BLEED if self.is_full else CONTAINER[icon.container])
        self.style = say("style", STYLE_ADJECTIVE[icon.style])
        self.style_tag = say("style", STYLE_TAG[icon.style])
        self.position = say("position", POSITION[icon.position])
        self.size = say("size", SIZE[icon.size])
        self.palette = say("palette", PALETTE).format(icon.palette)
        self.backdrop = rng.choice(BACKDROP) if not self.is_full and self.container and rng.random() < 0.08 else ""

    def text(self) -> str:
        form = self.rng.choice((self._phrase, self._phrase, self._icon_of, self._on, self._tags, self._ground_first))
        text = form()
        if self.rng.random() < 0.08 and form != self._tags:
            text = f"{self.rng.choice(COMMAND)} {text}"
        if self.rng.random() < 0.15:
            text = text[0].upper() + text[1:]
        return text + "." if self.rng.random() < 0.08 else text

    def _say(self, name: str, words: tuple[str, ...]) -> str:
        return self.rng.choice(words) if name in self.said else ""

    def _phrase(self) -> str:
        """A flat white rocket icon on a blue rounded square, on the left."""
        words = [self.size, self.style, self.foreground]
        if self.foreground and self.rng.random() < 0.4:
            words = [self.size, self.foreground, self.style]
        noun = (
            self.subject
            if self.rng.random() < 0.4
            else f"{self.subject} {self.rng.choice(('icon', 'app icon', 'symbol'))}"
        )
        phrase = _spaced(*words, noun)
        if self.rng.random() < 0.8:
            phrase = with_article(phrase, noun)
        return _listed(_spaced(phrase, self._ground()), self.position, self.palette, self.backdrop)

    def _icon_of(self) -> str:
        """App icon of a white rocket on a blue rounded square, flat."""
        thing = _spaced(self.size, self.foreground, self.subject)
        thing = with_article(thing, self.subject) if self.rng.random() < 0.8 else thing
        tags = self._shuffled(self.style_tag, self.position, self.palette, self.backdrop)
        return _listed(_spaced(self._medium(), "of", thing, self._ground()), *tags)

    def _on(self) -> str:
        """App icon of a rocket, white on blue, rounded square, flat."""
        colours = _spaced(self.foreground, self.background and f"on {self.background}")
        if not self.foreground and self.background:
            colours = f"{self.background} background"
        tags = self._shuffled(self.container, self.style_tag, self.size, self.position, self.palette, self.backdrop)
        medium = f"{self._medium()} of" if self.rng.random() < 0.7 else ""
        return _listed(_spaced(medium, with_article(self.subject, self.subject)), colours, *tags)

    def _tags(self) -> str:
        """Rocket, white, blue background, rounded square, flat."""
        foreground = self.foreground and self.rng.choice(("{} {}", "{} glyph", "{} foreground")).format(
            self.foreground, self.subject
        )
        background = self.background and f"{self.background} background"
        tags = self._shuffled(
            foreground, background, self.container, self.style_tag, self.size, self.position, self.palette
        )
        return _listed(self.subject, *tags)

    def _ground_first(self) -> str:
        """Blue rounded square icon with a white rocket at the top, line style."""
        shape = self.container if not self.is_full else ""
        noun = shape or ("background" if self.background else self._medium())
        ground = _spaced(self.background, noun)
        ground = with_article(ground, "shape") if self.rng.random() < 0.5 else ground
        thing = with_article(_spaced(self.size, self.foreground, self.subject), self.subject)
        tags = [self.style_tag, self.palette, self.backdrop, self.container if self.is_full else ""]
        return _listed(_spaced(ground, "with", thing, self.position), *self._shuffled(*tags))

    def _ground(self) -> str:
        """On a blue rounded square."""
        if self.is_full or not self.container:
            ground = self.background and with_article(f"{self.background} background", "background")
            return _listed(ground and f"on {ground}", self.container)
        noun = self.container
        preposition = self.rng.choice(("on", "on", "in", "inside"))
        return f"{preposition} {with_article(_spaced(self.background, noun), 'shape')}"

    def _medium(self) -> str:
        return self.rng.choice(MEDIUM)

    def _shuffled(self, *parts: str) -> list[str]:
        return self.rng.sample(parts, len(parts))


def caption_icon(
    rng: Random, icon: IconAttributes, subject: Subject, is_lean: bool = False
) -> tuple[str, IconAttributes]:
    """The caption, and the icon with what was said of it."""
    caption = IconCaption(rng, icon, subject, is_lean)
    return caption.text(), replace(icon, said=caption.said | {"subject"})


def _choose_said(rng: Random, icon: IconAttributes, is_lean: bool) -> frozenset[str]:
    chances = dict(SAID)
    if icon.palette:
        chances |= SAID_BESIDE_PALETTE
    chances["position"] = SAID_IF_USUAL["position"] if icon.position == "centre" else SAID_IF_UNUSUAL
    chances["size"] = SAID_IF_USUAL["size"] if icon.size == "default" else SAID_IF_UNUSUAL
    share = SAID_WHEN_LEAN if is_lean else 1
    return frozenset(name for name, chance in chances.items() if rng.random() < share * chance)


def _spaced(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _listed(*parts: str) -> str:
    return ", ".join(filter(None, parts))
