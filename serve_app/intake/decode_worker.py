"""The process that decodes: a frame with a file in, two out, what came of it and the clean PNG. Ends with its parent.

python -P -m serve_app.intake.decode_worker LIMITS
"""

import json
import resource
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import IO

from deployments.errors import InvalidRequest
from serve_app.intake.decode import decode, prepare_pillow, to_png
from serve_app.intake.frames import read_frame, write_frame
from serve_app.intake.limits import ImageLimits

READY = b"ready"


def limits_argument(limits: ImageLimits) -> str:
    return json.dumps(asdict(limits))


def serve(source: IO[bytes], sink: IO[bytes], limits: ImageLimits) -> None:
    write_frame(sink, READY)
    while True:
        content = read_frame(source, limits.max_bytes)
        _allow_cpu(limits.decode_s)
        header, png = _answer(content, limits)
        write_frame(sink, json.dumps(header).encode())
        write_frame(sink, png)


def _answer(content: bytes, limits: ImageLimits) -> tuple[dict[str, object], bytes]:
    try:
        image = decode(content, limits)
        return {"width_px": image.width, "height_px": image.height, "has_alpha": image.mode == "RGBA"}, to_png(image)
    except InvalidRequest as error:
        return {"message": error.message, "code": error.code}, b""


def _confine(limits: ImageLimits) -> None:
    """Its memory bounded, no files written, no dump left. What Python loads by and by is loaded before."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.decode_memory_bytes, limits.decode_memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_cpu(more_s: float) -> None:
    """From now on; the system counts from the process's beginning, in whole seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit_s = int(used.ru_utime + used.ru_stime + more_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.RLIM_INFINITY))


if __name__ == "__main__":
    given = ImageLimits(**json.loads(sys.argv[1]))
    prepare_pillow(given)
    _confine(given)
    with suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer, given)
