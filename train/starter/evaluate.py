"""Measures how well a model draws what held-out captions say.

Every figure is also taken of the generator's own pictures for the same captions: a ruler that fails those is no ruler.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from rich.progress import track

from deployments.engine.request import ImageRequest
from deployments.specs import KINDS, Kind
from train.starter.candidate import Candidate, request_for
from train.starter.examples import Example, Examples
from train.starter.gallery import Gallery, thumbnail
from train.starter.judge import ALL_FIVE, ALL_SAID, Judge
from train.starter.likeness import colour_distance, diversity, flat, novelty, psnr_db
from train.starter.scores import Score, Tally, share_score

GOALS: dict[Kind, dict[str, float | None]] = {
    "icon": {
        "background": 0.97, "container": 0.97, "foreground": 0.95, "position": 0.93, "subject": 0.85, "style": None,
        ALL_SAID: 0.75, ALL_FIVE: None,
    },
    "splash": {"palette": None, "horizon": 0.9, "copy space": 0.9},
}  # fmt: skip
PALETTE_GOAL, PSNR_GOAL_DB = 0.5, 30.0
REFERENCE_PALETTE, REFERENCE_SUBJECT = "reference: palette distance, of that without", "reference: subject kept"
NUM_SHOWN = {"icon": 24, "splash": 3}


@dataclass(frozen=True)
class Plan:
    num_examples: Mapping[Kind, int]
    num_pairs: int  # of reference and target
    num_seeds: int  # 2 or more

    @classmethod
    def of(cls, num_prompts: int, num_seeds: int) -> "Plan":
        return cls({"icon": num_prompts, "splash": max(3, num_prompts // 4)}, max(2, num_prompts // 5), num_seeds)


@dataclass
class Evaluation:
    candidate: Candidate
    judge: Judge
    held_out: Examples
    gallery: Gallery
    plan: Plan
    shown: dict[Kind, list[tuple[str, np.ndarray]]] = field(default_factory=dict)  # prompts and pictures, once run

    def run(self) -> list[Score]:
        examples = {kind: [*self._examples(kind)] for kind in KINDS}
        scores = []
        for kind in KINDS:
            shares, thumbnails_SNP = self._obedience(kind, examples[kind])
            scores += shares
            if kind == "icon":
                true_NP = flat([thumbnail(example.pixels_HWC) for example in examples[kind]])
                seen_MP = flat(self.gallery.thumbnails_NTT3)
                scores += [diversity(thumbnails_SNP), novelty(thumbnails_SNP[0], true_NP, seen_MP)]
        num_splashes = len(examples["splash"])
        return [*scores, *self._references(), self._autoencoder(examples["icon"][:num_splashes] + examples["splash"])]

    def _examples(self, kind: Kind) -> Iterator[Example]:
        draw = self.held_out.icon if kind == "icon" else self.held_out.splash
        return map(draw, range(self.plan.num_examples[kind]))

    def _obedience(self, kind: Kind, examples: list[Example]) -> tuple[list[Score], torch.Tensor]:
        """Shares, and the drawn pictures' thumbnails by seed and prompt, [S, N, P]."""
        drawn, true, num_seeds = Tally(), Tally(), self.plan.num_seeds
        asked = examples * num_seeds
        requests = [request_for(kind, example, seed) for seed, example in enumerate(asked)]
        thumbnails, shown = [], self.shown.setdefault(kind, [])
        for example, pixels in zip(asked, self._draw(requests, f"{kind}s"), strict=True):
            drawn.add(self.judge.verdict(pixels, example.attributes))
            thumbnails.append(thumbnail(pixels))
            if len(shown) < NUM_SHOWN[kind]:
                shown.append((example.caption, pixels))
        for example in examples:
            true.add(self.judge.verdict(example.pixels_HWC, example.attributes))
        scores = [share_score(kind, name, goal, drawn, true, num_seeds) for name, goal in GOALS[kind].items()]
        return scores, flat(thumbnails).unflatten(0, (num_seeds, len(examples)))

    def _references(self) -> list[Score]:
        if not self.candidate.has_adapter:
            return [
                Score(REFERENCE_PALETTE, "ratio", None, goal=PALETTE_GOAL, is_goal_upper=True, note="not trained"),
                Score(REFERENCE_SUBJECT, "share", None, note="not trained"),
            ]
        pairs = [self.held_out.pair(index) for index in range(self.plan.num_pairs)]
        with_ = [request_for("icon", target, seed, reference) for seed, (reference, target) in enumerate(pairs)]
        without = [request_for("icon", target, seed) for seed, (_, target) in enumerate(pairs)]
        guided = [*self._draw(with_, "icons with a reference")]
        palette = self._palette(pairs, guided, [*self._draw(without, "the same without")])
        drawn, true = Tally(), Tally()
        for (_, target), pixels in zip(pairs, guided, strict=True):
            for tally, picture in ((drawn, pixels), (true, target.pixels_HWC)):
                tally.add({"subject kept": self.judge.verdict(picture, target.attributes)["subject"]})
        return [palette, share_score("reference", "subject kept", None, drawn, true, num_seeds=1)]

    def _palette(
        self, pairs: list[tuple[Example, Example]], guided: list[np.ndarray], unguided: list[np.ndarray]
    ) -> Score:
        def mean_distance(pictures: Sequence[np.ndarray]) -> float:
            distances = [colour_distance(a, b.pixels_HWC) for a, (b, _) in zip(pictures, pairs, strict=True)]
            return float(np.mean(distances))

        without = mean_distance(unguided)
        return Score(
            name=REFERENCE_PALETTE,
            unit="ratio",
            value=mean_distance(guided) / without,
            truth=mean_distance([target.pixels_HWC for _, target in pairs]) / without,
            goal=PALETTE_GOAL,
            is_goal_upper=True,
            num_pictures=len(pairs),
            note=f"without a reference {without:.1f} levels",
        )

    def _autoencoder(self, examples: list[Example]) -> Score:
        values = [
            psnr_db(example.pixels_HWC, self.candidate.round_trip(example.pixels_HWC))
            for example in track(examples, "autoencoder")
        ]
        return Score(
            "autoencoder: PSNR", "dB", float(np.mean(values)), goal=PSNR_GOAL_DB, num_pictures=len(values),
            note=f"worst picture {min(values):.1f}",
        )  # fmt: skip

    def _draw(self, requests: list[ImageRequest], what: str) -> Iterator[np.ndarray]:
        yield from track(self.candidate.draw(requests), f"drawing {what}", len(requests))
