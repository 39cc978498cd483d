"""What a job's recipe learns is learnt: the one function that every door leads to."""

from collections.abc import Callable

from train.finetune.reference import train_reference
from train.finetune.style import Keeper, StyleJob, train_style
from train.loop import Outcome
from train.tracker import Tracker


def learn(job: StyleJob, tracker: Tracker, should_stop: Callable[[], bool], keeper: Keeper) -> Outcome:
    """Raises as `train_style` and `train_reference` do."""
    teach = train_reference if job.complete_recipe().learns == "reference" else train_style
    return teach(job, tracker, should_stop, keeper)
