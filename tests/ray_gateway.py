"""The gateway's application without Serve, in a process that is part of a Ray cluster: its training runs there.

python -m tests.ray_gateway DATA_DIR MODELS_DIR PORT
"""

import sys
from pathlib import Path

import ray
import uvicorn

from serve_app.fine_tuning.ray_runs import RayRuns
from tests.door import build_door

if __name__ == "__main__":
    ray.init(log_to_driver=False)
    door = build_door(Path(sys.argv[1]), runs=RayRuns(), models_dir=Path(sys.argv[2]), training_poll_s=1.0)
    uvicorn.run(door.api, host="127.0.0.1", port=int(sys.argv[3]), log_level="warning")
