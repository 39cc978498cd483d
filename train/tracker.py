"""Where a run's figures go."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import wandb
from PIL import Image


class Tracker(Protocol):
    def log(self, step: int, metrics: Mapping[str, float]) -> None: ...


class WandbTracker:
    """Curves in `folder`/wandb. Offline nothing leaves the machine; `wandb sync` may send it later."""

    def __init__(self, name: str, folder: Path, is_online: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project="emblem", name=name, dir=folder, mode="online" if is_online else "offline",
            settings=wandb.Settings(silent=True, console="off"),
        )  # fmt: skip

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self._run.log(dict(metrics), step=step)

    def show(self, step: int, name: str, picture: Image.Image) -> None:
        self._run.log({name: wandb.Image(picture)}, step=step)

    def close(self) -> None:
        self._run.finish()


class ProgressFile:
    """One line of JSON for each entry, at once on disk: for who watches a run from outside its process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps({"step": step, **metrics}) + "\n")
