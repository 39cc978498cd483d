"""A command of the command line, carried out: trained here or on Ray, measured, published; returns what to say."""

import dataclasses
from pathlib import Path

from deployments.training import TRAINING_RECIPES
from train.finetune.examine import examine, publish_style
from train.finetune.on_ray import train_style_on_ray
from train.finetune.reference import ReferenceJob, train_reference
from train.finetune.style import KeptInPlace, StyleJob, train_style
from train.loop import Outcome, StopSignal
from train.tracker import WandbTracker

__all__ = ["ReferenceJob", "StyleJob", "teach_reference", "teach_style"]


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


def teach_reference(job: ReferenceJob, minutes: float) -> str:
    """Raises EmblemError."""
    tracker = WandbTracker(f"reference-{Path(job.out).stem}", Path(job.work))
    outcome = train_reference(job, tracker, _until(minutes))
    tracker.close()
    return _told(job.out, outcome)


def _train_here(job: StyleJob, minutes: float) -> Outcome:
    tracker = WandbTracker(f"style-{Path(job.out).stem}", Path(job.work))
    outcome = train_style(job, tracker, _until(minutes), KeptInPlace())
    tracker.close()
    return outcome


def _until(minutes: float) -> StopSignal:
    should_stop = StopSignal()
    should_stop.give(minutes)
    return should_stop


def _told(out: str, outcome: Outcome) -> str:
    return f"{out}: {dataclasses.asdict(outcome)}" if outcome.is_done else f"stopped at step {outcome.step}"
