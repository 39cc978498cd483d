"""Optimizers by name: AdamW, or Prodigy, which finds its own learning rate (https://arxiv.org/abs/2306.06101)."""

import io
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from typing import Any

import torch
from prodigyopt import Prodigy

from deployments.training import OptimizerName

Options = Mapping[str, Any]  # by the names of the optimizer's own arguments

# For a schedule that rises and falls: its authors' advice (https://github.com/konstmish/prodigy#how-to-use).
PRODIGY_OPTIONS: Options = {"safeguard_warmup": True, "use_bias_correction": True}
PRODIGY_RATE = 1.0  # a factor on what it finds


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
