"""Batches of an object's pictures and of its class's, of one size each.

Shapes: N of a batch, H×W latents.
"""

import torch

from train.finetune.objective import StyleBatches
from train.finetune.recipes import StyleRecipe
from train.loop import Batch


class MixedBatches:
    """A row is a picture of the class with the recipe's chance; `weights_N` is what each weighs in the loss.

    Pictures of the class are there in all sizes of the object's.
    """

    def __init__(self, own: StyleBatches, of_class: StyleBatches, recipe: StyleRecipe) -> None:
        self._own, self._of_class, self._recipe = own, of_class, recipe

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        bucket = self._own.choose(generator)
        num_priors = int((torch.rand(batch_size, generator=generator) < self._recipe.prior_share).sum())
        own = self._own.draw_from(bucket, generator, batch_size - num_priors)
        priors = self._of_class.draw_from(self._of_class.find(bucket.latents_HW), generator, num_priors)
        weights_N = torch.ones(batch_size)
        weights_N[batch_size - num_priors :] = self._recipe.prior_weight
        return {name: torch.cat([rows, priors[name]]) for name, rows in own.items()} | {"weights_N": weights_N}
