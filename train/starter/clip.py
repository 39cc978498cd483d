"""The clip stage: both text encoders and the image encoder learn, by contrast, which caption belongs to which picture.

The image encoder is frozen after it, and the text encoders after the stage that follows (see `text`), so that later
stages read their outputs from a cache.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from accelerate import PartialState
from torch import nn
from torch.nn import functional as F
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from train.checkpoint import read_average
from train.loop import Batch, Outcome, train
from train.starter.architecture import Architecture, build_image_encoder, build_text_encoders
from train.starter.cache import Bucket, generator_on, open_buckets, pick_bucket, pick_rows
from train.starter.embeds import clip_pixels
from train.starter.recipes import Recipe
from train.starter.tokenizer import train_tokenizers
from train.tracker import Tracker

Tokenizers = tuple[CLIPTokenizer, CLIPTokenizer]
INITIAL_LOGIT_SCALE = 2.66  # log of 1 / 0.07, as CLIP's
MAX_LOGIT_SCALE = 4.6  # log of 100
TEXT_FOLDERS = ("text_encoder", "text_encoder_2")
TOKENIZER_FOLDERS = ("tokenizer", "tokenizer_2")


def train_clip(recipe: Recipe, work: Path, tracker: Tracker, should_stop: Callable[[], bool]) -> Outcome:
    """Leaves the encoders and tokenizers in `work`/clip, of the averaged weights so far."""
    torch.manual_seed(recipe.clip.seed)
    buckets, device = open_buckets(work / "examples"), PartialState().device
    size_px = recipe.architecture.vision_size_px
    for bucket in buckets:
        bucket.write_column(_seen(size_px), partial(clip_pixels, bucket.pixels(), size_px, device))
    captions = [caption for bucket in buckets for caption in bucket.captions]
    tokenizers = train_tokenizers(captions, recipe.architecture.vocabulary_size)
    draw = Captioned(buckets, tokenizers, _seen(size_px), device).draw
    objective = ClipObjective(recipe.architecture, tokenizers)
    checkpoint = work / "clip" / "checkpoint.safetensors"
    outcome = train(objective, draw, recipe.clip, checkpoint, tracker, should_stop)
    objective.load_state_dict(read_average(checkpoint), strict=False)  # strict knows the position indices too
    for part, folder in zip((*objective.text_encoders, *tokenizers), (*TEXT_FOLDERS, *TOKENIZER_FOLDERS), strict=True):
        part.save_pretrained(work / "clip" / folder)
    objective.image_encoder.save_pretrained(work / "clip" / "image_encoder")
    return outcome


class ClipObjective(nn.Module):
    def __init__(self, sizes: Architecture, tokenizers: Tokenizers) -> None:
        super().__init__()
        self.text_encoders = nn.ModuleList(build_text_encoders(sizes, tokenizers))
        self.image_encoder = build_image_encoder(sizes)
        self.head = nn.Linear(sizes.text_widths[0], sizes.embedding_width, bias=False)  # the first encoder has none
        self.logit_scale = initial_logit_scale()

    def forward(self, batch: Batch) -> Batch:
        images = self.image_encoder(batch["images_NCHW"]).image_embeds
        first, second = self.text_encoders
        texts = self.head(first(batch["ids_NL"]).pooler_output), second(batch["ids_2_NL"]).text_embeds
        (loss_1, _), (loss_2, accuracy) = (contrast(images, text, self.logit_scale) for text in texts)
        return {"loss": (loss_1 + loss_2) / 2, "accuracy": accuracy}


def initial_logit_scale() -> nn.Parameter:
    return nn.Parameter(torch.tensor(INITIAL_LOGIT_SCALE))


def contrast(
    images_NP: torch.Tensor, texts_NP: torch.Tensor, logit_scale: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """CLIP's loss (https://arxiv.org/abs/2103.00020), and the share of pictures whose own caption is the nearest."""
    scale = logit_scale.clamp(max=MAX_LOGIT_SCALE).exp()
    table_NN = scale * F.normalize(images_NP, dim=-1) @ F.normalize(texts_NP, dim=-1).T
    own_N = torch.arange(len(table_NN), device=table_NN.device)
    loss = (F.cross_entropy(table_NN, own_N) + F.cross_entropy(table_NN.T, own_N)) / 2
    return loss, (table_NN.argmax(1) == own_N).float().mean()


class Captioned:
    """Pictures as CLIP sees them, with their captions' tokens. What follows the end mark changes nothing before it."""

    def __init__(self, buckets: list[Bucket], tokenizers: Tokenizers, column: str, device: torch.device) -> None:
        self._buckets = buckets
        self._pixels = [bucket.column(column, device) for bucket in buckets]
        self._ids = [
            [token_ids(tokenizer, bucket.captions, device, "longest") for tokenizer in tokenizers] for bucket in buckets
        ]

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        which = pick_bucket(self._buckets, generator)
        pixels_N3SS, (ids_NL, ids_2_NL) = self._pixels[which], self._ids[which]
        rows_N = pick_rows(len(pixels_N3SS), batch_size, generator_on(pixels_N3SS.device, generator))
        return {"images_NCHW": pixels_N3SS[rows_N].float(), "ids_NL": ids_NL[rows_N], "ids_2_NL": ids_2_NL[rows_N]}


def token_ids(
    tokenizer: CLIPTokenizer, captions: Sequence[str], device: torch.device, padding: str = "max_length"
) -> torch.Tensor:
    """[N, L]; too long captions are cut."""
    ids: torch.Tensor = tokenizer([*captions], padding=padding, truncation=True, return_tensors="pt").input_ids
    return ids.to(device)


def open_text_encoders(folder: Path) -> tuple[CLIPTextModel, CLIPTextModelWithProjection]:
    return (
        CLIPTextModel.from_pretrained(folder / TEXT_FOLDERS[0], dtype=torch.float32),
        CLIPTextModelWithProjection.from_pretrained(folder / TEXT_FOLDERS[1], dtype=torch.float32),
    )


class TextCache:
    """Captions as the denoiser is told them: the same as `deployments.engine.text.PromptEncoder` gives, in batches."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._device = device
        self._tokenizers = [CLIPTokenizer.from_pretrained(folder / name) for name in TOKENIZER_FOLDERS]
        first, second = open_text_encoders(folder)
        self._encoders = (first.eval().to(device), second.eval().to(device))

    @torch.inference_mode()
    def encode(self, captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens [N, L, D] and pooled [N, P]."""
        hidden = []
        for tokenizer, encoder in zip(self._tokenizers, self._encoders, strict=True):
            output = encoder(token_ids(tokenizer, captions, self._device), output_hidden_states=True)
            hidden.append(output.hidden_states[-2])
        return torch.cat(hidden, dim=-1), output.text_embeds


def _seen(size_px: int) -> str:
    return f"seen-{size_px}"
