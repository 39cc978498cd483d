"""`emblem eval`, which hands over to the training package in a process of its own."""

import subprocess
from pathlib import Path

from tests.graph import BIN, environment


def test_missing_model_ends_in_one_line_and_the_status_is_passed_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [BIN / "emblem", "eval", "starter"], env=environment(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert str(tmp_path / "models" / "starter") in done.stderr and "Traceback" not in done.stderr
