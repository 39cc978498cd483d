"""A fine-tuning request's defaults filled in, and its limits checked: after this it can be trained as it is."""

from deployments.errors import InvalidRequest
from deployments.specs import ProfileSpec
from deployments.training import TRAINING_RECIPES, Hyperparameters
from serve_app.fine_tuning.job import TrainingRequest
from serve_app.fine_tuning.schemas import FineTuningBody


def plan_training(body: FineTuningBody, profile: ProfileSpec) -> TrainingRequest:
    """Raises InvalidRequest."""
    if body.model not in (None, profile.name):
        raise InvalidRequest(f"model: {body.model!r} is not served here, {profile.name!r} is", "invalid_value", "model")
    recipe = body.recipe or profile.name
    known = TRAINING_RECIPES.get(recipe)
    if known is None or known.profile != profile.name:
        names = ", ".join(name for name, one in TRAINING_RECIPES.items() if one.profile == profile.name)
        raise InvalidRequest(f"recipe: {recipe!r} is none of {names}", "invalid_value", "recipe")
    if body.class_prompt and not known.has_class:
        raise InvalidRequest(f"class_prompt: {recipe!r} learns no object of a class", "invalid_value", "class_prompt")
    chosen = body.hyperparameters
    if chosen.rank is not None and known.learns != "lora":
        reason = f"hyperparameters.rank: what {recipe} trains has none"
        raise InvalidRequest(reason, "invalid_value", "hyperparameters.rank")
    if chosen.rank is not None and chosen.rank > profile.max_adapter_rank:
        reason = (
            f"hyperparameters.rank: {chosen.rank} is over {profile.max_adapter_rank}, what {profile.name} can serve"
        )
        raise InvalidRequest(reason, "invalid_value", "hyperparameters.rank")
    if chosen.optimizer == "prodigy" and chosen.learning_rate is not None:
        reason = "hyperparameters.learning_rate: prodigy finds its own"
        raise InvalidRequest(reason, "invalid_value", "hyperparameters.learning_rate")
    return TrainingRequest(
        suffix=body.suffix, trigger=body.trigger, class_prompt=body.class_prompt, recipe=recipe,
        license=body.license, promote=body.promote,
        hyperparameters=Hyperparameters(
            num_steps=chosen.steps, rank=chosen.rank, learning_rate=chosen.learning_rate,
            optimizer=chosen.optimizer, seed=body.seed,
        ),
    )  # fmt: skip
