"""What a training loop and its optimizer are told: data, so that recipes are read without loading torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from deployments.training import OptimizerName

Options = Mapping[str, Any]  # by the names of the optimizer's own arguments

# For a schedule that rises and falls: its authors' advice (https://github.com/konstmish/prodigy#how-to-use).
PRODIGY_OPTIONS: Options = {"safeguard_warmup": True, "use_bias_correction": True}
PRODIGY_RATE = 1.0  # a factor on what it finds


@dataclass(frozen=True)
class LoopSettings:
    num_steps: int
    batch_size: int  # of each process
    learning_rate: float
    decay_share: float  # the last part of the steps, in which the rate falls to nothing (arXiv:2405.18392)
    seed: int = 0
    warmup_steps: int = 100
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    ema_decay: float = 0.999  # once warm; early weights are forgotten sooner
    mixed_precision: Literal["no", "bf16"] = "no"
    is_compiled: bool = False  # pays where thousands of steps follow
    log_every_steps: int = 20
    checkpoint_every_steps: int = 200
    optimizer: OptimizerName = "adamw"
    optimizer_options: Options = field(default_factory=dict)
