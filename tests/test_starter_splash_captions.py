from random import Random

from tests.starter_glyphs import few_glyphs
from train.starter.phrases import CELESTIAL, COPY_SPACE, HORIZON, SCENE
from train.starter.sampling import Sampler
from train.starter.splash_captions import caption_splash


def test_caption_says_what_it_claims_to_say() -> None:
    sampler, rng = Sampler(few_glyphs(), "train"), Random(0)
    subjects = {subject.name: subject for subject in few_glyphs().subjects}
    texts = set()
    for _ in range(1000):
        splash = sampler.splash(rng)
        text, splash = caption_splash(rng, splash, subjects[splash.emblem] if splash.emblem else None)
        texts.add(text)
        lower = text.lower()
        assert any(words.removeprefix("a ").removeprefix("an ") in lower for words in SCENE[splash.scene])
        assert ("palette" in splash.said) <= (splash.palette in lower)
        for field, words in (("copy_space", COPY_SPACE), ("horizon", HORIZON), ("celestial", CELESTIAL)):
            if field in splash.said:
                assert any(phrase in lower for phrase in words[getattr(splash, field)]), (text, splash)
        if "emblem" in splash.said and splash.emblem:
            assert any(word in lower for word in subjects[splash.emblem].words)
    assert len(texts) > 900
