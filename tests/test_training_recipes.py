"""What the gateway knows of training's recipes, which it does not import, is what they are."""

import pytest

from deployments.errors import InvalidRequest
from deployments.specs import PROFILES
from deployments.training import TRAINING_RECIPES
from train.finetune.recipes import RECIPES
from train.finetune.style import StyleJob


def test_gateway_knows_every_recipe_as_it_is() -> None:
    assert TRAINING_RECIPES.keys() == RECIPES.keys()
    for name, known in TRAINING_RECIPES.items():
        recipe = RECIPES[name]
        assert known.learns == recipe.learns
        assert (known.needs_gpu, known.num_steps) == (recipe.needs_gpu, recipe.loop.num_steps)
        assert known.has_class == (recipe.num_priors > 0)
        assert recipe.rank <= PROFILES[known.profile].max_adapter_rank


def test_prodigy_takes_the_recipes_steps_and_finds_its_own_rate() -> None:
    job = StyleJob("", "", "", "", "starter", "a", "{trigger} {caption}", "", "", optimizer="prodigy")
    loop, own = job.complete_recipe().loop, RECIPES["starter"].loop
    assert (loop.optimizer, loop.learning_rate, loop.num_steps) == ("prodigy", 1.0, own.num_steps)
    assert (own.optimizer, own.optimizer_options) == ("adamw", {})


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_chosen_replaces_the_recipes_own_and_nothing_else(name: str) -> None:
    job = StyleJob("", "", "", "", name, "a", "{trigger} {caption}", "", "")
    assert job.complete_recipe() == RECIPES[name]
    own = RECIPES[name]
    rank = 2 if own.learns == "lora" else None
    chosen = StyleJob("", "", "", "", name, "a", "", "", "", num_steps=3, rank=rank, learning_rate=0.5, seed=9)
    recipe = chosen.complete_recipe()
    assert (recipe.loop.num_steps, recipe.rank, recipe.loop.learning_rate, recipe.loop.seed) == (3, rank or 0, 0.5, 9)
    assert recipe.alpha * own.rank == own.alpha * recipe.rank
    assert (recipe.targets, recipe.loop.batch_size, recipe.buckets_px) == (
        own.targets,
        own.loop.batch_size,
        own.buckets_px,
    )


@pytest.mark.parametrize("name", ["tiny-full", "tiny-reference"])
def test_parts_of_the_model_have_no_rank_to_choose(name: str) -> None:
    with pytest.raises(InvalidRequest, match="has no rank"):
        StyleJob("", "", "", "", name, "a", "", "", "", rank=2).complete_recipe()
