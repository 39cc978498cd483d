"""What a process gives back to the system once it no longer needs it."""

import ctypes
import sys

LARGE_BYTES = 1 << 20
_M_MMAP_THRESHOLD = -3  # mallopt(3)


def return_large_blocks() -> None:
    """Blocks from `LARGE_BYTES` on go back as soon as they are free; for this whole process, from now on.

    Left alone, glibc moves that bound up to what has just been freed, as far as 32 MB: each thread that has held an
    upload then keeps as much for the next one. Does nothing where malloc is another's.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
