"""How well a style is learnt, in a space of features: what was drawn with the adapter beside what was drawn without.

Shapes: P prompts, S seeds of each, N = P·S pictures drawn, M pictures of the data set, E features, all of length 1;
B resamplings. Intervals are bootstrap ones of 95 %, over prompts, whose seeds stay together; what is compared was drawn
from the same prompts and seeds, and is resampled together (B. Efron, 1979).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

NUM_RESAMPLINGS = 2_000
BOUNDS = torch.tensor([0.025, 0.975])
Metrics = dict[str, float]


@dataclass(frozen=True)
class Drawn:
    """Pictures of one adapter, or of none."""

    features_PSE: torch.Tensor
    texts_PE: torch.Tensor | None  # of the prompts, without the word that calls the style

    @property
    def features_NE(self) -> torch.Tensor:
        return self.features_PSE.flatten(0, 1)

    def prompt_fit_P(self) -> torch.Tensor | None:
        """CLIP-T: how near a picture is to its words."""
        if self.texts_PE is None:
            return None
        return (self.features_PSE @ self.texts_PE[:, :, None]).flatten(1).mean(1)

    def likeness_P(self, known_ME: torch.Tensor) -> torch.Tensor:
        """CLIP-I: how near it is to the data set's pictures, on average."""
        return (self.features_PSE @ known_ME.T).mean((1, 2))


def score(drawn: Drawn, known_ME: torch.Tensor) -> Metrics:
    low, high = _interval(_distance_of(drawn, known_ME), len(drawn.features_PSE))
    nearest_N = (drawn.features_NE @ known_ME.T).amax(1)
    fit_P = drawn.prompt_fit_P()
    return {
        **({} if fit_P is None else {"clip_t": float(fit_P.mean())}),
        "clip_i": float(drawn.likeness_P(known_ME).mean()),
        "kid": _distance_of(drawn, known_ME)(torch.ones(len(drawn.features_PSE))),
        "kid_low": low,
        "kid_high": high,
        "nearest": float(nearest_N.mean()),
        "copies": float((nearest_N > _nearest_pair(known_ME)).float().mean()),
    }


def compare(drawn: Drawn, other: Drawn, known_ME: torch.Tensor) -> Metrics:
    """By how much it is better, with an interval; above 0 is better for all three."""
    kid, kid_of_other = (_distance_of(one, known_ME) for one in (drawn, other))
    gains: dict[str, Callable[[torch.Tensor], float]] = {
        "clip_i": _mean_of(drawn.likeness_P(known_ME) - other.likeness_P(known_ME)),
        "kid": lambda weights_P: kid_of_other(weights_P) - kid(weights_P),
    }
    fit_P, fit_of_other_P = drawn.prompt_fit_P(), other.prompt_fit_P()
    if fit_P is not None and fit_of_other_P is not None:
        gains["clip_t"] = _mean_of(fit_P - fit_of_other_P)
    num_prompts, metrics = len(drawn.features_PSE), Metrics()
    for name, gain in gains.items():
        low, high = _interval(gain, num_prompts)
        metrics |= {f"{name}_gain": gain(torch.ones(num_prompts)), f"{name}_gain_low": low, f"{name}_gain_high": high}
    return metrics


def _nearest_pair(known_ME: torch.Tensor) -> float:
    """How near two different pictures of the data set come: what is nearer to one than that is a copy of it."""
    similar_MM = (known_ME @ known_ME.T).fill_diagonal_(-1)
    return float(similar_MM.max())


def _distance_of(drawn: Drawn, known_ME: torch.Tensor) -> Callable[[torch.Tensor], float]:
    """KID (https://arxiv.org/abs/1801.01401), unbiased, from the data set, of prompts by weight."""
    num_seeds = drawn.features_PSE.shape[1]
    drawn_NN, between_NM, known_MM = (
        _kernel(drawn.features_NE, drawn.features_NE), _kernel(drawn.features_NE, known_ME), _kernel(known_ME, known_ME)
    )  # fmt: skip
    known = _off_diagonal_mean(known_MM, torch.ones(len(known_ME)))

    def distance(weights_P: torch.Tensor) -> float:
        weights_N = weights_P.repeat_interleave(num_seeds)
        between = float(weights_N @ between_NM.mean(1) / weights_N.sum())
        return _off_diagonal_mean(drawn_NN, weights_N) + known - 2 * between

    return distance


def _kernel(one_NE: torch.Tensor, other_ME: torch.Tensor) -> torch.Tensor:
    """Of features scaled to a mean square of 1, so that one width of space is like another."""
    return (one_NE @ other_ME.T + 1) ** 3


def _off_diagonal_mean(kernel_NN: torch.Tensor, weights_N: torch.Tensor) -> float:
    """A picture that was drawn twice by a resampling is no pair with itself."""
    weights_NN = torch.outer(weights_N, weights_N).fill_diagonal_(0)
    return float((weights_NN * kernel_NN).sum() / weights_NN.sum())


def _mean_of(values_P: torch.Tensor) -> Callable[[torch.Tensor], float]:
    return lambda weights_P: float(weights_P @ values_P / weights_P.sum())


def _interval(statistic: Callable[[torch.Tensor], float], num_prompts: int) -> tuple[float, float]:
    generator = torch.Generator().manual_seed(0)
    chosen_BP = torch.randint(num_prompts, (NUM_RESAMPLINGS, num_prompts), generator=generator)
    counts_BP = torch.zeros(NUM_RESAMPLINGS, num_prompts).scatter_add_(1, chosen_BP, torch.ones(chosen_BP.shape))
    values_B = torch.tensor([statistic(counts_P) for counts_P in counts_BP])
    low, high = values_B.quantile(BOUNDS).tolist()
    return low, high
