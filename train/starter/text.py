"""The text stage: both text encoders learn to tell from a caption what its picture shows, the glyph's shape included.

Colours and grounds alone tell the pictures of a batch apart, so contrast leaves subjects unlearnt, and a denoiser has
to find out by itself which words mean which of many shapes. Here linear heads, thrown away afterwards, read off the
encoders' outputs every attribute (as classes) and the glyph's mask (as an image): what a denoiser needs lies open then,
and alike for all subjects. Captions beside pictures keep the second encoder in the space of the image encoder, which
stays as it is (https://arxiv.org/abs/2111.07991).

Shapes: N captions, L positions, D widths of both encoders together, P pooled width.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import PartialState
from torch import nn
from torch.nn import functional as F
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from train.checkpoint import read_average
from train.loop import Batch, Outcome, train
from train.starter.architecture import MAX_TOKENS, Architecture
from train.starter.cache import Bucket, generator_on, open_buckets, pick_bucket, pick_rows
from train.starter.clip import (
    TEXT_FOLDERS,
    TOKENIZER_FOLDERS,
    contrast,
    initial_logit_scale,
    open_text_encoders,
    token_ids,
)
from train.starter.corpus import ABSENT, SHAPE_PX, Corpus, read_corpus
from train.starter.embeds import write_embeds
from train.starter.recipes import Recipe
from train.tracker import Tracker

CORPUS_FILE = "captions.npz"
SHAPE_WEIGHT = 10.0  # beside the labels, whose losses are summed
FULL_LENGTH_SHARE = 1 / 6  # of the steps: serving pads all captions to the end, which most steps are spared
Encoders = tuple[CLIPTextModel, CLIPTextModelWithProjection]


def train_text(recipe: Recipe, work: Path, tracker: Tracker, should_stop: Callable[[], bool]) -> Outcome:
    """Goes on from `work`/clip and leaves both text encoders in `work`/text, of the averaged weights so far."""
    torch.manual_seed(recipe.text.seed)
    clip, device, corpus = work / "clip", PartialState().device, read_corpus(work / CORPUS_FILE)
    buckets = open_buckets(work / "examples")
    column = write_embeds(buckets, clip / "image_encoder", device)
    tokenizers = [CLIPTokenizer.from_pretrained(clip / name) for name in TOKENIZER_FOLDERS]
    encoders = open_text_encoders(clip)
    objective = TextObjective(encoders, recipe.architecture, corpus)
    draw = Told(corpus, buckets, column, tokenizers, device).draw
    checkpoint = work / "text" / "checkpoint.safetensors"
    outcome = train(objective, draw, recipe.text, checkpoint, tracker, should_stop)
    objective.load_state_dict(read_average(checkpoint), strict=False)  # strict knows the position indices too
    for part, folder in zip((*encoders, *tokenizers), (*TEXT_FOLDERS, *TOKENIZER_FOLDERS), strict=True):
        part.save_pretrained(work / "text" / folder)
    return outcome


class Heads(nn.Module):
    """What one output tells: a class of each label, and the glyph's mask."""

    def __init__(self, width: int, num_values: list[int]) -> None:
        super().__init__()
        self.labels = nn.ModuleList(nn.Linear(width, number) for number in num_values)
        self.shape = nn.Linear(width, SHAPE_PX**2)

    def forward(self, output_ND: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses of the labels, summed, and of the shape."""
        labels = [
            _cross_entropy(head(output_ND), labels_N)
            for head, labels_N in zip(self.labels, batch["labels_NF"].T, strict=True)
        ]
        has_glyph_N = batch["has_glyph_N"]
        off_NP = self.shape(output_ND) - batch["shapes_NSS"].flatten(1)
        return torch.stack(labels).sum(), (off_NP.square().mean(1) * has_glyph_N).sum() / has_glyph_N.sum().clamp(min=1)


def _cross_entropy(logits_NK: torch.Tensor, labels_N: torch.Tensor) -> torch.Tensor:
    """Nothing of those that are ABSENT."""
    summed = F.cross_entropy(logits_NK, labels_N, ignore_index=ABSENT, reduction="sum")
    return summed / (labels_N != ABSENT).sum().clamp(min=1)


class TextObjective(nn.Module):
    def __init__(self, encoders: Encoders, sizes: Architecture, corpus: Corpus) -> None:
        super().__init__()
        self.text_encoders = nn.ModuleList(encoders)
        self.pooled_heads = Heads(sizes.embedding_width, corpus.num_values)
        self.token_heads = Heads(sizes.text_width, corpus.num_values)
        self.logit_scale = initial_logit_scale()

    def forward(self, batch: Batch) -> Batch:
        """Any position from a caption's end mark on has heard all of it."""
        first, second = (
            encoder(batch[ids], output_hidden_states=True)
            for encoder, ids in zip(self.text_encoders, ("ids_NL", "ids_2_NL"), strict=True)
        )
        tokens_NLD = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1)
        rows_N = torch.arange(len(tokens_NLD), device=tokens_NLD.device)
        told = [
            self.pooled_heads(second.text_embeds, batch),
            self.token_heads(tokens_NLD[rows_N, batch["ends_N"]], batch),
            self.token_heads(tokens_NLD[rows_N, batch["later_N"]], batch),
        ]
        labels, shape = (pooled + (end + later) / 2 for pooled, end, later in zip(*told, strict=True))
        seen = self.text_encoders[1](batch["seen_ids_2_NL"]).text_embeds
        matching, accuracy = contrast(batch["embeds_NP"], seen, self.logit_scale)
        return {
            "loss": labels + SHAPE_WEIGHT * shape + matching,
            "labels": labels, "shape": shape, "matching": matching, "accuracy": accuracy,
        }  # fmt: skip


class Told:
    """Captions with what they tell, and beside them captions of pictures with the pictures' embeddings."""

    def __init__(
        self, corpus: Corpus, buckets: list[Bucket], column: str, tokenizers: list[CLIPTokenizer], device: torch.device
    ) -> None:
        self._corpus = corpus
        self._device = device
        self._ids = [token_ids(tokenizer, corpus.captions, device) for tokenizer in tokenizers]
        self._ends_N = _ends(self._ids[0], tokenizers[0])
        self._buckets = buckets
        self._embeds = [bucket.column(column, device) for bucket in buckets]
        self._seen_ids = [token_ids(tokenizers[1], bucket.captions, device) for bucket in buckets]
        longest = max(int(_ends(ids, tokenizers[1]).max()) for ids in (self._ids[1], *self._seen_ids))
        self._length = min(MAX_TOKENS, longest + 2)

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        """Half as many beside pictures as told."""
        which = pick_bucket(self._buckets, generator)
        is_full = bool(torch.rand((), generator=generator) < FULL_LENGTH_SHARE)
        generator = generator_on(self._device, generator)
        rows_N = pick_rows(len(self._corpus.captions), batch_size, generator)
        seen_N = pick_rows(len(self._buckets[which]), batch_size // 2, generator)
        ends_N = self._ends_N[rows_N]
        length = MAX_TOKENS if is_full else self._length
        later = torch.rand(batch_size, generator=generator, device=self._device) * (length - ends_N)
        glyphs_N = self._corpus.glyphs_N[rows_N.cpu()]
        return {
            "ids_NL": self._ids[0][rows_N, :length],
            "ids_2_NL": self._ids[1][rows_N, :length],
            "ends_N": ends_N,
            "later_N": ends_N + later.long(),
            "labels_NF": self._corpus.labels_NF[rows_N.cpu()],
            "shapes_NSS": self._corpus.shapes_MSS[glyphs_N],
            "has_glyph_N": glyphs_N != ABSENT,
            "seen_ids_2_NL": self._seen_ids[which][seen_N, :length],
            "embeds_NP": self._embeds[which][seen_N].float(),
        }


def _ends(ids_NL: torch.Tensor, tokenizer: CLIPTokenizer) -> torch.Tensor:
    """Where each caption's end mark is, [N]: the first one, where it pads too."""
    ends_N: torch.Tensor = (ids_NL == tokenizer.eos_token_id).int().argmax(dim=1)
    return ends_N
