"""How far an object's adapter has moved its class: what it draws where nobody calls the object.

Shapes: N pictures, M pictures of the data set, E features, all of length 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from deployments.engine.engine import Engine
from deployments.engine.request import ImageRequest, LoraRequest
from train.finetune.features import Features
from train.finetune.served import draw_all


@dataclass(frozen=True)
class ClassPictures:
    """The same requests, with the adapter and without it."""

    with_NE: torch.Tensor
    without_NE: torch.Tensor

    @property
    def drift_N(self) -> torch.Tensor:
        """How unlike a picture is to the one without the adapter."""
        return 1 - (self.with_NE * self.without_NE).sum(1)

    def pull_N(self, known_ME: torch.Tensor) -> torch.Tensor:
        """By how much nearer it has come to the data set's pictures, on average."""
        return ((self.with_NE - self.without_NE) @ known_ME.T).mean(1)

    def metrics(self, known_ME: torch.Tensor) -> dict[str, float]:
        return {"class_drift": float(self.drift_N.mean()), "class_pull": float(self.pull_N(known_ME).mean())}


def draw_class(engine: Engine, adapter: str, requests: Sequence[ImageRequest], features: Features) -> ClassPictures:
    """`requests` are of the class, without the word that calls the object."""
    with_NE, without_NE = (
        features.of_pictures([*draw_all(engine, [replace(request, loras=loras) for request in requests])])
        for loras in ((LoraRequest(adapter),), ())
    )
    return ClassPictures(with_NE, without_NE)
