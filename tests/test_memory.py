"""What stays of large blocks, in a process of its own."""

import subprocess
import sys

HOLD_UPLOADS = """
from threading import Thread
import psutil
from serve_app.memory import return_large_blocks

def hold():
    for size_mb in (20, 19, 18, 20):
        bytearray(size_mb << 20)

return_large_blocks()
process = psutil.Process()
before = process.memory_full_info().uss
for _ in range(4):
    thread = Thread(target=hold)
    thread.start()
    thread.join()
hold()
print(process.memory_full_info().uss - before)
"""


def test_no_thread_keeps_what_an_upload_has_taken() -> None:
    grown = subprocess.run([sys.executable, "-c", HOLD_UPLOADS], capture_output=True, text=True, check=True).stdout
    assert int(grown) < 5_000_000
