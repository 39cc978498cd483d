"""A decoding process, seen from the gateway: begun when needed, killed when it takes too long, begun again."""

import hashlib
import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from pydantic import TypeAdapter

from deployments.errors import InvalidRequest
from deployments.schemas import Record
from serve_app.intake.decode_worker import READY, limits_argument
from serve_app.intake.frames import read_frame, write_frame
from serve_app.intake.limits import ImageLimits

logger = logging.getLogger("ray.serve")

MAX_IMAGES = 200  # of one process; what a library leaks goes with it
_MAX_HEADER_BYTES = 4096
_PASSED_ON = ("LD_LIBRARY_PATH", "PATH", "PYTHONPATH")  # no secrets: this is where hostile files are opened


@dataclass(frozen=True)
class CleanImage:
    """A PNG, RGB or RGBA, upright, without metadata."""

    png: bytes
    width_px: int
    height_px: int
    has_alpha: bool  # some of it is not opaque

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.png).hexdigest()


class _Refused(Record):
    message: str
    code: str


class _Measured(Record):
    width_px: int
    height_px: int
    has_alpha: bool


_ANSWER: TypeAdapter[_Refused | _Measured] = TypeAdapter(_Refused | _Measured)


class DecodeProcess:
    """One at a time; all its methods block."""

    def __init__(self, limits: ImageLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._num_images = 0

    def decode(self, content: bytes) -> CleanImage:
        """Raises InvalidRequest."""
        process = self._running()
        self._num_images += 1
        try:
            answer, png = self._exchange(process, content)
        except (EOFError, BrokenPipeError) as error:
            self.close()
            logger.warning("a decoding process died, status %s", process.returncode)
            limits = f"{self._limits.decode_s:g} s and {self._limits.decode_memory_bytes} bytes of memory"
            raise InvalidRequest(f"it does not decode within {limits}", "image_processing_limit") from error
        except Exception:  # it speaks, but not as ours do: nothing more is asked of it
            self.close()
            raise
        if isinstance(answer, _Refused):
            raise InvalidRequest(answer.message, answer.code)
        return CleanImage(png, answer.width_px, answer.height_px, answer.has_alpha)

    def close(self) -> None:
        process, self._process = self._process, None
        if process:
            with suppress(BrokenPipeError), process:  # closes the pipes and waits
                process.kill()

    def _exchange(self, process: subprocess.Popen[bytes], content: bytes) -> tuple[_Refused | _Measured, bytes]:
        assert process.stdin and process.stdout
        timer = threading.Timer(self._limits.decode_s, process.kill)
        timer.start()
        try:
            write_frame(process.stdin, content)
            answer = _ANSWER.validate_json(read_frame(process.stdout, _MAX_HEADER_BYTES))
            return answer, read_frame(process.stdout, self._limits.max_png_bytes)
        finally:
            timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process and (self._num_images >= MAX_IMAGES or self._process.poll() is not None):
            self.close()
        return self._process or self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "serve_app.intake.decode_worker", limits_argument(self._limits)]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )  # fmt: skip
        self._process, self._num_images = process, 0
        assert process.stdout
        try:
            read_frame(process.stdout, len(READY))
        except EOFError as error:
            self.close()
            raise RuntimeError("the decoding process does not start; its log says why") from error
        return process
