"""Looks at a data set and prints what a `DataSetReport` holds, as JSON; in a process that may be killed.

python -m train.data FOLDER_OR_ZIP TARGET_PX MEMORY_BYTES
"""

import resource
import sys
from pathlib import Path

from deployments.training import DataSetReport
from train.data.data_set import open_data_set
from train.data.limits import DataSetError
from train.data.lint import lint


def report(path: Path, target_px: int) -> DataSetReport:
    try:
        data = open_data_set(path)
        findings = tuple(map(str, lint(data, target_px)))
    except DataSetError as error:
        return DataSetReport(error=error.message)
    return DataSetReport(num_pictures=len(data.samples), digest=data.digest, findings=findings)


if __name__ == "__main__":
    memory_bytes = int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    sys.stdout.write(report(Path(sys.argv[1]), int(sys.argv[2])).model_dump_json())
