from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.starter_glyphs import few_examples, few_glyphs
from train.starter.attributes import IconAttributes, SplashAttributes
from train.starter.corpus import ABSENT, LABELS, SHAPE_PX, Corpus, read_corpus, write_corpus

NUMBER = 60


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("corpus") / "captions.npz"
    write_corpus(path, few_examples(), NUMBER)
    return read_corpus(path)


def test_captions_are_the_sources_and_every_fourth_tells_a_splash(corpus: Corpus) -> None:
    told = [few_examples().caption(index) for index in range(NUMBER)]
    assert corpus.captions == tuple(caption for caption, _ in told)
    assert [isinstance(shown, SplashAttributes) for _, shown in told] == [index % 4 == 3 for index in range(NUMBER)]
    assert (corpus.glyphs_N == ABSENT).tolist() == [index % 4 == 3 for index in range(NUMBER)]


def test_a_label_is_one_number_for_one_value(corpus: Corpus) -> None:
    told = [few_examples().caption(index)[1] for index in range(NUMBER)]
    for column, name in enumerate(LABELS):
        values = [getattr(shown, name, None) for shown in told]
        if name == "subject":
            values = [shown.subject if isinstance(shown, IconAttributes) else shown.emblem for shown in told]
        numbers = corpus.labels_NF[:, column].tolist()
        pairs = {*zip(values, numbers, strict=True)}
        assert len(pairs) == len({*values}) == len({*numbers}), name
        assert all((value is None) == (number == ABSENT) for value, number in pairs), name


def test_a_glyph_is_the_one_that_is_drawn(corpus: Corpus) -> None:
    for index in (0, 1, 2):
        shown = few_examples().caption(index)[1]
        assert isinstance(shown, IconAttributes)
        mask = Image.fromarray(few_glyphs().masks[shown.subject, shown.variant])
        small = np.asarray(mask.resize((SHAPE_PX, SHAPE_PX), Image.Resampling.BOX), np.float32).ravel()
        shapes_MP = corpus.shapes_MSS.flatten(1).numpy()
        alike = [np.corrcoef(small - small.mean(), shape)[0, 1] for shape in shapes_MP]
        assert int(np.argmax(alike)) == corpus.glyphs_N[index], shown.subject
    assert abs(float(corpus.shapes_MSS.mean())) < 1e-4
    assert abs(float(corpus.shapes_MSS.square().mean()) - 1) < 1e-4


def test_a_corpus_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "captions.npz"
    write_corpus(path, few_examples(), 4)
    write_corpus(path, few_examples(), 8)
    assert len(read_corpus(path).captions) == 4
