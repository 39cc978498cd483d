"""Who is told what the engine does."""

from typing import Protocol


class Watcher(Protocol):
    """Told on the engine's thread: each must return at once."""

    def called_unet(self, num_rows: int) -> None: ...
    def worked(self, seconds: float) -> None: ...  # the device was kept: encoding, steps, decoding
    def encoded_prompt(self, is_cached: bool) -> None: ...


class Nobody:
    def called_unet(self, num_rows: int) -> None:
        pass

    def worked(self, seconds: float) -> None:
        pass

    def encoded_prompt(self, is_cached: bool) -> None:
        pass


NOBODY: Watcher = Nobody()
