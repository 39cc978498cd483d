"""Tells an icon's subject and style: a small convolutional network of its own, which shares nothing with the model.

Shapes: N views, 2 channels, S side.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from train.checkpoint import read_average
from train.loop import Batch, train
from train.starter.attributes import STYLES
from train.starter.gallery import VIEW_PX, Gallery
from train.starter.recipes import Recipe
from train.tracker import Tracker

INPUT_PX = 64
NORM_GROUPS = 8
LARGEST_NOISE = 0.15  # deviation, of -1..1


def train_classifier(
    recipe: Recipe, work: Path, gallery: Gallery, subjects: tuple[str, ...], tracker: Tracker
) -> "Classifier":
    """Goes on from the checkpoint in `work`; with one that is done, only loads it."""
    torch.manual_seed(recipe.classifier.seed)
    objective = ClassifierObjective(GlyphNet(recipe.classifier_widths, len(subjects)))
    checkpoint = work / "classifier" / "checkpoint.safetensors"
    train(objective, Views(gallery).draw, recipe.classifier, checkpoint, tracker, should_stop=lambda: False)
    objective.load_state_dict(read_average(checkpoint))
    return Classifier(objective.net.cpu().eval(), subjects)


class GlyphNet(nn.Module):
    """Halves the view once for each width; two heads on what is left, which still knows the four quarters."""

    def __init__(self, widths: tuple[int, ...], num_subjects: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width_in, width in pairwise((2, *widths)):
            for channels, stride in ((width_in, 2), (width, 1)):
                layers += [nn.Conv2d(channels, width, 3, stride, 1), nn.GroupNorm(NORM_GROUPS, width), nn.SiLU()]
        self.trunk = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.subject = nn.Linear(4 * widths[-1], num_subjects)
        self.style = nn.Linear(4 * widths[-1], len(STYLES))

    def forward(self, views_N2SS: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of subjects and of styles."""
        features = self.trunk(views_N2SS)
        return self.subject(features), self.style(features)


class ClassifierObjective(nn.Module):
    def __init__(self, net: GlyphNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, batch: Batch) -> Batch:
        subjects, styles = self.net(batch["views_N2SS"])
        loss = F.cross_entropy(subjects, batch["subjects_N"]) + F.cross_entropy(styles, batch["styles_N"])
        return {
            "loss": loss,
            "subject_accuracy": (subjects.argmax(1) == batch["subjects_N"]).float().mean(),
            "style_accuracy": (styles.argmax(1) == batch["styles_N"]).float().mean(),
        }


class Views:
    """Batches of the gallery's views: shifted, noisy, every other one blurred, as a model's pictures may be."""

    def __init__(self, gallery: Gallery) -> None:
        self._views = torch.from_numpy(gallery.views_N2VV)
        self._labels = {
            "subjects_N": torch.from_numpy(gallery.subjects_N),
            "styles_N": torch.from_numpy(gallery.styles_N),
        }

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        rows = torch.randint(len(self._views), (batch_size,), generator=generator)
        top, left = torch.randint(VIEW_PX - INPUT_PX + 1, (2,), generator=generator).tolist()
        views = _to_input(self._views[rows], top, left)
        views[::2] = F.avg_pool2d(views[::2], 3, 1, 1, count_include_pad=False)
        deviations = torch.rand(batch_size, 1, 1, 1, generator=generator) * LARGEST_NOISE
        views += deviations * torch.randn(views.shape, generator=generator)
        return {"views_N2SS": views, **{name: labels[rows] for name, labels in self._labels.items()}}


class Classifier:
    def __init__(self, net: GlyphNet, subjects: tuple[str, ...]) -> None:
        self._net = net
        self._subjects = subjects

    @torch.inference_mode()
    def read(self, view_2VV: np.ndarray) -> tuple[str, str]:
        """(subject, style)."""
        middle = (VIEW_PX - INPUT_PX) // 2
        subjects, styles = self._net(_to_input(torch.from_numpy(view_2VV)[None], middle, middle))
        return self._subjects[int(subjects.argmax())], STYLES[int(styles.argmax())]


def _to_input(views_N2VV: torch.Tensor, top: int, left: int) -> torch.Tensor:
    """[N, 2, INPUT_PX, INPUT_PX], -1 to 1."""
    return views_N2VV[:, :, top : top + INPUT_PX, left : left + INPUT_PX].float() / 127.5 - 1
