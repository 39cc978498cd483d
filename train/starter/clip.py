"""The clip stage: both text encoders and the image encoder learn, by contrast, which caption belongs to which picture.

Colours and shapes alone tell most pictures of a batch apart, so contrast by itself leaves subjects unlearnt: pictures
and captions also learn which of all subjects' names is theirs (as classes in https://arxiv.org/abs/2204.03610).

They are frozen after it, so that later stages read their outputs from a cache.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from torch import nn
from torch.nn import functional as F
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from train.checkpoint import read_average
from train.loop import Batch, Outcome, train
from train.starter.architecture import Architecture, build_image_encoder, build_text_encoders
from train.starter.cache import Bucket, generator_on, open_buckets, pick_bucket, pick_rows
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
    names = sorted({subject for bucket in buckets for subject in bucket.subjects} - {""})
    draw = Captioned(buckets, tokenizers, names, _seen(size_px), device).draw
    objective = ClipObjective(recipe.architecture, tokenizers, names)
    checkpoint = work / "clip" / "checkpoint.safetensors"
    outcome = train(objective, draw, recipe.clip, checkpoint, tracker, should_stop)
    objective.load_state_dict(read_average(checkpoint), strict=False)  # strict knows the position indices too
    for part, folder in zip((*objective.text_encoders, *tokenizers), (*TEXT_FOLDERS, *TOKENIZER_FOLDERS), strict=True):
        part.save_pretrained(work / "clip" / folder)
    objective.image_encoder.save_pretrained(work / "clip" / "image_encoder")
    return outcome


class ClipObjective(nn.Module):
    names_SL: torch.Tensor  # all subjects' names, as tokens
    names_2_SL: torch.Tensor

    def __init__(self, sizes: Architecture, tokenizers: Tokenizers, names: Sequence[str]) -> None:
        super().__init__()
        self.text_encoders = nn.ModuleList(build_text_encoders(sizes, tokenizers))
        self.image_encoder = build_image_encoder(sizes)
        self.head = nn.Linear(sizes.text_widths[0], sizes.embedding_width, bias=False)  # the first encoder has none
        self.logit_scale = nn.Parameter(torch.tensor(INITIAL_LOGIT_SCALE))
        for buffer, tokenizer in zip(("names_SL", "names_2_SL"), tokenizers, strict=True):
            self.register_buffer(buffer, _ids(tokenizer, names, torch.device("cpu")), persistent=False)

    def forward(self, batch: Batch) -> Batch:
        images = F.normalize(self.image_encoder(batch["images_NCHW"]).image_embeds, dim=-1)
        texts = self._embed(batch["ids_NL"], batch["ids_2_NL"])
        names = self._embed(self.names_SL, self.names_2_SL)
        scale = self.logit_scale.clamp(max=MAX_LOGIT_SCALE).exp()
        own_N, subjects_N = torch.arange(len(images), device=images.device), batch["subjects_N"]
        losses = []
        for text, name in zip(texts, names, strict=True):
            table = scale * images @ text.T
            losses.append((F.cross_entropy(table, own_N) + F.cross_entropy(table.T, own_N)) / 2)
            losses.append(
                (_name_loss(scale * images @ name.T, subjects_N) + _name_loss(scale * text @ name.T, subjects_N)) / 2
            )
        is_own_N = (images @ texts[1].T).argmax(1) == own_N
        is_named_N = ((images @ names[1].T).argmax(1) == subjects_N)[subjects_N >= 0]
        return {
            "loss": torch.stack(losses).mean(),
            "accuracy": is_own_N.float().mean(),
            "subject_accuracy": is_named_N.float().sum() / max(len(is_named_N), 1),
        }

    def _embed(self, ids_NL: torch.Tensor, ids_2_NL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first, second = self.text_encoders
        embeds = self.head(first(ids_NL).pooler_output), second(ids_2_NL).text_embeds
        return F.normalize(embeds[0], dim=-1), F.normalize(embeds[1], dim=-1)


def _name_loss(logits_NS: torch.Tensor, subjects_N: torch.Tensor) -> torch.Tensor:
    """Nothing for those without a subject, -1."""
    summed = F.cross_entropy(logits_NS, subjects_N, ignore_index=-1, reduction="sum")
    return summed / (subjects_N >= 0).sum().clamp(min=1)


class Captioned:
    """Pictures as CLIP sees them, with their captions' tokens. What follows the end mark changes nothing before it."""

    def __init__(
        self, buckets: list[Bucket], tokenizers: Tokenizers, names: Sequence[str], column: str, device: torch.device
    ) -> None:
        self._buckets = buckets
        places = {name: place for place, name in enumerate(names)} | {"": -1}
        self._subjects = [torch.tensor([places[name] for name in bucket.subjects], device=device) for bucket in buckets]
        self._pixels = [bucket.column(column, device) for bucket in buckets]
        self._ids = [[_ids(tokenizer, bucket.captions, device) for tokenizer in tokenizers] for bucket in buckets]

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        which = pick_bucket(self._buckets, generator)
        pixels_N3SS, (ids_NL, ids_2_NL) = self._pixels[which], self._ids[which]
        rows_N = pick_rows(len(pixels_N3SS), batch_size, generator_on(pixels_N3SS.device, generator))
        return {
            "images_NCHW": pixels_N3SS[rows_N].float(),
            "ids_NL": ids_NL[rows_N],
            "ids_2_NL": ids_2_NL[rows_N],
            "subjects_N": self._subjects[which][rows_N],
        }


def _ids(tokenizer: CLIPTokenizer, captions: Sequence[str], device: torch.device) -> torch.Tensor:
    ids: torch.Tensor = tokenizer([*captions], padding="longest", truncation=True, return_tensors="pt").input_ids
    return ids.to(device)


class TextCache:
    """Captions as the denoiser is told them: the same as `deployments.engine.text.PromptEncoder` gives, in batches."""

    def __init__(self, clip: Path, device: torch.device) -> None:
        self._device = device
        self._tokenizers = [CLIPTokenizer.from_pretrained(clip / name) for name in TOKENIZER_FOLDERS]
        self._encoders = (
            CLIPTextModel.from_pretrained(clip / TEXT_FOLDERS[0], dtype=torch.float32).eval().to(device),
            CLIPTextModelWithProjection.from_pretrained(clip / TEXT_FOLDERS[1], dtype=torch.float32).eval().to(device),
        )

    @torch.inference_mode()
    def encode(self, captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens [N, L, D] and pooled [N, P]."""
        hidden = []
        for tokenizer, encoder in zip(self._tokenizers, self._encoders, strict=True):
            ids = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
            output = encoder(ids.to(self._device), output_hidden_states=True)
            hidden.append(output.hidden_states[-2])
        return torch.cat(hidden, dim=-1), output.text_embeds


def clip_pixels(pictures_NHWC: np.ndarray, size_px: int, device: torch.device, rows: slice) -> torch.Tensor:
    """[N, 3, S, S] of some rows: `deployments.engine.references.to_clip_pixels` to within a rounding, all at once."""
    pixels_NCHW = torch.from_numpy(pictures_NHWC[rows]).to(device).permute(0, 3, 1, 2).float()
    height, width = pixels_NCHW.shape[2:]
    scale = size_px / min(height, width)
    size = (int(scale * height), int(scale * width))
    resized_NCHW = F.interpolate(pixels_NCHW, size, mode="bicubic", antialias=True).round().clamp(0, 255)
    top, left = (size[0] - size_px) // 2, (size[1] - size_px) // 2
    square_N3SS = resized_NCHW[:, :, top : top + size_px, left : left + size_px] / 255
    mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    return (square_N3SS - mean) / std


def _seen(size_px: int) -> str:
    return f"seen-{size_px}"
