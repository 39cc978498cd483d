from pathlib import Path

import pytest
import torch

from tests.starter_glyphs import few_examples
from train.starter.architecture import MAX_TOKENS, build_text_encoders
from train.starter.cache import open_buckets, write_examples
from train.starter.corpus import ABSENT, LABELS, Corpus, read_corpus, write_corpus
from train.starter.recipes import TINY
from train.starter.text import CORPUS_FILE, TextObjective, Told
from train.starter.tokenizer import train_tokenizers

BATCH = 16
Part = tuple[Corpus, Told, TextObjective]


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Part:
    work = tmp_path_factory.mktemp("text")
    write_corpus(work / CORPUS_FILE, few_examples(), 400)
    corpus, buckets = read_corpus(work / CORPUS_FILE), _seen(work)
    torch.manual_seed(0)
    tokenizers = train_tokenizers(corpus.captions, TINY.architecture.vocabulary_size)
    told = Told(corpus, buckets, "embeds", [*tokenizers], torch.device("cpu"))
    return corpus, told, TextObjective(build_text_encoders(TINY.architecture, tokenizers), TINY.architecture, corpus)


def _seen(work: Path) -> list:  # type: ignore[type-arg]
    """Pictures whose embeddings are noise."""
    write_examples(work / "examples", few_examples(), 16, 4)
    buckets = open_buckets(work / "examples")
    for bucket in buckets:
        bucket.write_column(
            "embeds", lambda rows: torch.randn(rows.stop - rows.start, TINY.architecture.embedding_width)
        )
    return buckets


def test_later_positions_lie_behind_the_end_mark(part: Part) -> None:
    _, told, objective = part
    lengths = set()
    for seed in range(20):
        batch = told.draw(torch.Generator().manual_seed(seed), BATCH)
        rows_N, length = torch.arange(BATCH), batch["ids_NL"].shape[1]
        end = objective.text_encoders[0].config.eos_token_id
        assert (batch["ids_NL"][rows_N, batch["ends_N"]] == end).all()
        assert (batch["ids_NL"][rows_N, batch["ends_N"] - 1] != end).all()
        assert ((batch["later_N"] >= batch["ends_N"]) & (batch["later_N"] < length)).all()
        assert (batch["has_glyph_N"] == (batch["labels_NF"][:, 1] != ABSENT)).all()  # an icon has a foreground
        lengths.add(length)
    assert len(lengths) == 2 and max(lengths) == MAX_TOKENS


def test_encoders_learn_to_tell_subjects_and_shapes(part: Part) -> None:
    corpus, told, objective = part
    optimizer = torch.optim.AdamW(objective.parameters(), 5e-3)
    for step in range(200):
        optimizer.zero_grad()
        objective(told.draw(torch.Generator().manual_seed(step), BATCH))["loss"].backward()
        torch.nn.utils.clip_grad_norm_(objective.parameters(), 1.0)
        optimizer.step()
    batch = told.draw(torch.Generator().manual_seed(1000), 200)
    with torch.inference_mode():
        pooled_NP = objective.text_encoders[1](batch["ids_2_NL"]).text_embeds
        seen_N = objective.pooled_heads.labels[LABELS.index("subject")](pooled_NP).argmax(dim=1)
        off_NP = objective.pooled_heads.shape(pooled_NP) - batch["shapes_NSS"].flatten(1)
    subjects_N, has_glyph_N = batch["labels_NF"][:, LABELS.index("subject")], batch["has_glyph_N"]
    assert (seen_N == subjects_N)[has_glyph_N].float().mean() > 0.8  # of eight
    about_mean = (corpus.shapes_MSS - corpus.shapes_MSS.mean(dim=0)).square().mean()
    assert off_NP[has_glyph_N].square().mean() < 0.5 * about_mean
