"""What Icon and Splash measure of themselves."""

from deployments.engine.job import FinishedImage
from deployments.instruments import Instruments, Labels
from deployments.specs import Kind

IMAGE_BOUNDS_S = (0.01, 0.03, 0.1, 0.3, 1, 2, 5, 10, 20, 40, 80, 120)
ROW_BOUNDS = (1, 2, 4, 8, 16, 32, 64)


class ServiceMetrics:
    """Also the engine's watcher."""

    def __init__(self, kind: Kind, instruments: Instruments) -> None:
        self._kind: Labels = {"kind": kind}
        self._rows = instruments.histogram(
            "emblem_unet_call_rows", "Rows that shared a UNet call; their count is the number of calls.", ROW_BOUNDS,
            ("kind",),
        )  # fmt: skip
        self._device_s = instruments.counter(
            "emblem_device_seconds", "Time for which the engine kept its device.", ("kind",)
        )
        self._image_s = instruments.histogram(
            "emblem_image_seconds", "Time of an image in each phase: queue, denoise, decode, store.", IMAGE_BOUNDS_S,
            ("kind", "phase"),
        )  # fmt: skip
        self._prompts = instruments.counter(
            "emblem_prompt_encodings", "Prompts that were needed as tensors, by whether they still were.",
            ("kind", "is_cached"),
        )  # fmt: skip

    def called_unet(self, num_rows: int) -> None:
        self._rows.observe(num_rows, self._kind)

    def worked(self, seconds: float) -> None:
        self._device_s.inc(seconds, self._kind)

    def encoded_prompt(self, is_cached: bool) -> None:
        self._prompts.inc(1, self._kind | {"is_cached": "yes" if is_cached else "no"})

    def stored_image(self, image: FinishedImage, store_s: float) -> None:
        phases = {"queue": image.queue_s, "denoise": image.denoise_s, "decode": image.decode_s, "store": store_s}
        for phase, seconds in phases.items():
            self._image_s.observe(seconds, self._kind | {"phase": phase})
