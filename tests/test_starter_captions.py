from random import Random

from tests.starter_glyphs import few_glyphs
from train.starter.attributes import IconAttributes
from train.starter.captions import caption_icon
from train.starter.colours import COLOURS, SYNONYMS
from train.starter.sampling import Sampler


def captioned(number: int, is_lean: bool = False) -> list[tuple[str, IconAttributes]]:
    sampler, rng = Sampler(few_glyphs(), "train"), Random(0)
    subjects = {subject.name: subject for subject in few_glyphs().subjects}
    icons = [sampler.icon(rng) for _ in range(number)]
    return [caption_icon(rng, icon, subjects[icon.subject], is_lean) for icon in icons]


def test_caption_says_what_it_claims_to_say() -> None:
    subjects = {subject.name: subject for subject in few_glyphs().subjects}
    for text, icon in captioned(1500):
        lower = text.lower()
        assert any(word in lower for word in subjects[icon.subject].words)
        for field in ("foreground", "background"):
            colour = getattr(icon, field)
            words = (colour, *SYNONYMS.get(colour, ()))
            if field in icon.said:
                assert any(word in lower for word in words), (text, icon)
        if not icon.said & {"foreground", "background", "palette"}:
            bare = lower.replace("pale grey", "")
            assert not [name for name in COLOURS if f" {name} " in f" {bare} "], (text, icon)
        assert ("palette" in icon.said) <= (icon.palette is not None and icon.palette in lower)


def test_captions_are_many_and_well_formed() -> None:
    texts = [text for text, _ in captioned(1500)]
    assert len(set(texts)) > 1350
    for text in texts:
        assert "  " not in text and ", ," not in text and text == text.strip(" ,")


def test_what_is_unusual_is_said_and_lean_captions_say_little() -> None:
    off_centre = [icon for _, icon in captioned(1500) if icon.position != "centre"]
    assert sum("position" in icon.said for icon in off_centre) > 0.85 * len(off_centre)
    lean = [len(icon.said) for _, icon in captioned(500, is_lean=True)]
    assert sum(lean) / len(lean) < 2
