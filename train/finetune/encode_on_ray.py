"""The same encoding, ahead of training and spread over the cluster by Ray Data: pictures stream through, files stay."""

from pathlib import Path
from typing import Any

import ray.data
import torch

from deployments.engine.load import load_model
from deployments.model_folder import read_manifest
from train.data.data_set import DataSet, open_data_set
from train.finetune.encode import SampleEncoder
from train.finetune.style import StyleJob

BATCH_SIZE = 16  # samples that a worker takes at once


def encode_on_ray(job: StyleJob) -> int:
    """The number of samples whose files are now there, made by as many workers as will train.

    Raises DataSetError before anything is started.
    """
    data = open_data_set(Path(job.data))
    encoded = ray.data.range(len(data.samples)).map_batches(
        KeepSamples,
        fn_constructor_args=(job, data),
        batch_size=BATCH_SIZE,
        concurrency=job.num_workers,
        num_cpus=1,
        num_gpus=int(job.complete_recipe().needs_gpu),
    )
    num_samples: int = encoded.count()
    return num_samples


class KeepSamples:
    """Takes and gives numbers of samples, `id` [N]."""

    def __init__(self, job: StyleJob, data: DataSet) -> None:
        recipe, self._data = job.complete_recipe(), data
        torch.set_num_threads(recipe.num_threads)
        model = load_model(Path(job.model), "cuda" if recipe.needs_gpu else "cpu", getattr(torch, recipe.dtype))
        version = read_manifest(Path(job.model)).version
        self._encoder = SampleEncoder(model, version, recipe, job.wording, Path(job.work))

    def __call__(self, numbers: dict[str, Any]) -> dict[str, Any]:
        samples = [self._data.samples[number] for number in numbers["id"]]
        for sample, picture in self._data.pictures(samples):
            self._encoder.keep(sample, picture)
        return numbers
