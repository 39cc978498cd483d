"""Optimizers by name: AdamW, or Prodigy, which finds its own learning rate (https://arxiv.org/abs/2306.06101)."""

import io
from collections.abc import Iterable
from contextlib import redirect_stdout

import torch
from prodigyopt import Prodigy

from deployments.training import OptimizerName
from train.settings import Options


def make_optimizer(
    name: OptimizerName, weights: Iterable[torch.nn.Parameter], learning_rate: float, weight_decay: float,
    options: Options,
) -> torch.optim.Optimizer:  # fmt: skip
    """Raises TypeError for an option that the optimizer does not have."""
    if name == "adamw":
        return torch.optim.AdamW(weights, lr=learning_rate, weight_decay=weight_decay, fused=True, **options)
    with redirect_stdout(io.StringIO()):  # it prints that weight decay is decoupled
        made: torch.optim.Optimizer = Prodigy(weights, lr=learning_rate, weight_decay=weight_decay, **options)
    return made
