"""A command of the command line, carried out: trained here or on Ray, measured, published; returns what to say."""

import dataclasses
from pathlib import Path

from deployments.training import TRAINING_RECIPES
from train.finetune.examine import examine, publish_style
from train.finetune.learn import learn
from train.finetune.on_ray import train_style_on_ray
from train.finetune.style import KeptInPlace, StyleJob
from train.loop import Outcome, StopSignal
from train.tracker import WandbTracker

__all__ = ["StyleJob", "teach_style"]


def teach_style(job: StyleJob, registry: Path, publish: str, minutes: float, is_on_ray: bool) -> str:
    """Raises EmblemError."""
    plan, name = TRAINING_RECIPES[job.recipe].evaluation, publish or job.title
    told = []
    if is_on_ray:
        train_style_on_ray(job, plan, registry, name)
    else:
        outcome = _train_here(job, minutes)
        told.append(_told(job.out, outcome))
        if not outcome.is_done:
            return told[0]
        examine(job, plan, registry, name)
    if publish:
        told.append(f"published as {publish_style(job, registry, publish)}")
    return "\n".join(told)


def _train_here(job: StyleJob, minutes: float) -> Outcome:
    tracker = WandbTracker(f"style-{Path(job.out).stem}", Path(job.work))
    outcome = learn(job, tracker, _until(minutes), KeptInPlace())
    tracker.close()
    return outcome


def _until(minutes: float) -> StopSignal:
    should_stop = StopSignal()
    should_stop.give(minutes)
    return should_stop


def _told(out: str, outcome: Outcome) -> str:
    return f"{out}: {dataclasses.asdict(outcome)}" if outcome.is_done else f"stopped at step {outcome.step}"
