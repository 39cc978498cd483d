import pytest

from train.starter import attributes, containers, phrases


def test_every_value_has_words() -> None:
    assert set(phrases.STYLE_ADJECTIVE) == set(phrases.STYLE_TAG) == set(attributes.STYLES)
    assert set(phrases.CONTAINER) == set(containers.CONTAINERS) - {"none"}
    assert set(phrases.POSITION) == set(attributes.POSITIONS)
    assert set(phrases.SIZE) == set(attributes.SIZES)
    assert set(phrases.SCENE) == set(attributes.SCENES)
    assert set(phrases.HORIZON) == set(attributes.HORIZONS)
    assert set(phrases.COPY_SPACE) == set(attributes.COPY_SPACES)
    assert set(phrases.ASPECT) == set(attributes.SPLASH_SIZES_PX)


@pytest.mark.parametrize(
    ("phrase", "noun", "expected"),
    [
        ("white rocket", "rocket", "a white rocket"),
        ("orange leaf", "leaf", "an orange leaf"),
        ("red scissors", "scissors", "red scissors"),
        ("compass", "compass", "a compass"),
        ("user", "user", "a user"),
        ("green cash", "cash", "green cash"),
    ],
)
def test_articles(phrase: str, noun: str, expected: str) -> None:
    assert phrases.with_article(phrase, noun) == expected
